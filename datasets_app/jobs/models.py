"""Work that a worker does for the site, and what a model suspects."""

import uuid

from django.db import models

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind


class Job(models.Model):
    """One job folder and what became of it. ``n_sent`` counts how often it was handed out.

    ``source`` is the job whose result this one reads: the run that is measured or scores, the flags
    that a student leaves out. Of a flag job that is its ``teacher``: a run, or the embeddings of a
    cold start. ``asked`` are the settings it was started with, ``started_by`` whoever did.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in JobKind])
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="jobs")
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs"
    )
    teacher = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="flag_jobs"
    )
    source = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by"
    )
    started_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    asked = models.JSONField(default=dict, blank=True)
    recipe = models.CharField(max_length=64, blank=True)
    seed = models.BigIntegerField(default=0)
    state = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in JobState], default=JobState.QUEUED.value
    )
    job_dir = models.CharField(max_length=1000)
    out_dir = models.CharField(max_length=1000)
    n_sent = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    summary = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class Flag(models.Model):
    """A suspected missing label: the teacher heard a class that nobody was asked about."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="flags", db_index=False)
    clip = models.ForeignKey(Clip, on_delete=models.CASCADE, related_name="flags")
    sound_class = models.ForeignKey(SoundClass, on_delete=models.PROTECT, related_name="+")
    nomination = models.ForeignKey(
        Nomination, null=True, blank=True, on_delete=models.SET_NULL, related_name="flags"
    )
    score = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "clip", "sound_class"], name="flag_once")
        ]

    def __str__(self) -> str:
        return f"{self.sound_class_id} in {self.clip_id} at {self.score:.2f}"
