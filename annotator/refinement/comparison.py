"""A class beside those it could be mistaken for, each with a recording to compare by ear."""

from collections.abc import Iterable
from dataclasses import dataclass

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.ontology.class_paths import paths_from_roots
from datasets_app.labels.refinement.selectors import example_clips
from datasets_app.ontology.models import Edge, SoundClass

MOST = 12
"""Relatives shown of a kind; the tree has all of them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A class and a recording of it, if there is one."""

    sound_class: SoundClass
    clip: Clip | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A class, its paths from the roots (without itself), its siblings and children."""

    sound_class: SoundClass
    example: Clip | None
    paths: list[list[SoundClass]]
    siblings: list[Heard]
    children: list[Heard]
    n_more: int


def compare_class(*, collection: Collection, sound_class: SoundClass) -> Comparison:
    """Gather the class: four queries, whatever the ontology's size."""
    classes = {c.pk: c for c in collection.ontology.classes.all()}
    parents: dict[int, list[int]] = {}
    children: dict[int, list[int]] = {}
    edges = Edge.objects.filter(child__ontology=collection.ontology).order_by("pk")
    for parent, child in edges.values_list("parent_id", "child_id"):
        parents.setdefault(child, []).append(parent)
        children.setdefault(parent, []).append(child)
    beside = {pk for up in parents.get(sound_class.pk, []) for pk in children[up]}
    siblings = _by_name(classes, beside - {sound_class.pk})
    below = _by_name(classes, children.get(sound_class.pk, []))
    shown = [sound_class, *siblings[:MOST], *below[:MOST]]
    clips = example_clips(collection=collection, class_ids=[c.pk for c in shown])
    return Comparison(
        sound_class=sound_class,
        example=clips.get(sound_class.pk),
        paths=[
            [classes[pk] for pk in path[:-1]] for path in paths_from_roots(parents, sound_class.pk)
        ],
        siblings=[Heard(c, clips.get(c.pk)) for c in siblings[:MOST]],
        children=[Heard(c, clips.get(c.pk)) for c in below[:MOST]],
        n_more=max(0, len(siblings) - MOST) + max(0, len(below) - MOST),
    )


def _by_name(classes: dict[int, SoundClass], ids: Iterable[int]) -> list[SoundClass]:
    return sorted((classes[pk] for pk in ids), key=lambda c: (c.name.casefold(), c.pk))
