"""The classes a sound can have, and how they stand to each other."""

import uuid

from django.db import models


class Ontology(models.Model):
    """A directed acyclic graph of sound classes, as loaded from one file."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=128, unique=True)
    source_sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "ontologies"

    def __str__(self) -> str:
        return self.name


class SoundClass(models.Model):
    """One class. ``mid`` is AudioSet's identifier, or the curator's own in the same place.

    ``keywords`` is a list of alternatives, each a list of words that must all be there;
    ``omit_keywords`` are words whose presence vetoes the class.
    """

    ontology = models.ForeignKey(Ontology, on_delete=models.PROTECT, related_name="classes")
    mid = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    citation_uri = models.CharField(max_length=500, blank=True)
    is_abstract = models.BooleanField(default=False)
    is_omitted = models.BooleanField(default=False)
    keywords = models.JSONField(default=list, blank=True)
    omit_keywords = models.JSONField(default=list, blank=True)
    faq = models.TextField(blank=True)
    positive_examples = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name_plural = "sound classes"
        constraints = [
            models.UniqueConstraint(fields=["ontology", "mid"], name="class_once_per_ontology")
        ]

    def __str__(self) -> str:
        return self.name


class Edge(models.Model):
    """A child and one of its parents; ``propagates`` says whether a label goes up this edge."""

    parent = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="child_edges")
    child = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="parent_edges")
    propagates = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="edge_once"),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("child")), name="edge_is_no_loop"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} → {self.parent_id}"


class Closure(models.Model):
    """Every ancestor of every class, so that ancestors are one query.

    ``depth`` is the length of the shortest path; ``propagates`` is true when some path consists of
    propagating edges only.
    """

    ancestor = models.ForeignKey(
        SoundClass, on_delete=models.CASCADE, related_name="descendant_rows"
    )
    descendant = models.ForeignKey(
        SoundClass, on_delete=models.CASCADE, related_name="ancestor_rows"
    )
    depth = models.PositiveSmallIntegerField()
    propagates = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ancestor", "descendant"], name="closure_once")
        ]

    def __str__(self) -> str:
        return f"{self.descendant_id} ⇒ {self.ancestor_id}"
