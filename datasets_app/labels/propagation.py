"""What rated labels imply upwards, and what goes with one of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from datasets_app.clips.models import Clip
from datasets_app.domain.label_matrix import LabelMatrix, label_matrix
from datasets_app.domain.labels.decision import LabelValue
from datasets_app.domain.labels.provenance import labels_lost_by_removing, propagation_provenance
from datasets_app.domain.ontology.propagation import ancestor_matrix
from datasets_app.labels.models import Label
from datasets_app.nominations.selectors import PRESENT_VALUES
from datasets_app.ontology.models import Ontology, SoundClass
from datasets_app.ontology.selectors import propagating_ancestors


@dataclass(frozen=True, slots=True)
class PropagatedLabel:
    """A class that no one decided of a clip, and the rated classes that imply it, by mid."""

    sound_class: SoundClass
    implied_by: tuple[SoundClass, ...]


def propagated_labels(*, clip: Clip) -> list[PropagatedLabel]:
    """Return the labels that a clip's rated ones imply, by mid.

    A class that people decided is not present is not implied; what lies above it is.
    """
    rated = _RatedLabels(clip)
    found = propagation_provenance(rated.present, rated.ancestors, blocked=rated.refused)
    sources: dict[int, list[SoundClass]] = {}
    for implied, source in zip(found.class_index.tolist(), found.source.tolist(), strict=True):
        sources.setdefault(implied, []).append(rated.classes[source])
    return [PropagatedLabel(rated.classes[j], tuple(by)) for j, by in sources.items()]


def classes_lost_without(*, label: Label) -> list[SoundClass]:
    """Return the classes a clip loses, by mid, when this rated label is removed.

    They are the label's own class and what it alone implies. The own class is not among them if
    another rated label implies it: then it stays, as a propagated label.

    Raises
    ------
    ValueError
        The label is not decided present.
    """
    if label.value not in PRESENT_VALUES:
        raise ValueError(
            f"The label {label.nomination} is {label}; only one decided present can be removed."
        )
    rated = _RatedLabels(label.nomination.clip)
    removed = rated.matrix([label.nomination.sound_class_id])
    lost = labels_lost_by_removing(rated.present, rated.ancestors, removed, blocked=rated.refused)
    return [rated.classes[j] for j in lost.indices.tolist()]


class _RatedLabels:
    """A clip's decisions as matrices of one row; columns are the classes by mid."""

    def __init__(self, clip: Clip) -> None:
        ontology = clip.collection.ontology
        self.classes = sorted(ontology.classes.all(), key=lambda c: c.mid)
        self._column = {c.pk: j for j, c in enumerate(self.classes)}
        rows = Label.objects.filter(nomination__clip=clip)
        values = dict(rows.values_list("nomination__sound_class_id", "value"))
        self.present = self.matrix(pk for pk, value in values.items() if value in PRESENT_VALUES)
        self.refused = self.matrix(pk for pk, value in values.items() if value == LabelValue.NP)
        self.ancestors = self._ancestors(ontology)

    def matrix(self, class_ids: Iterable[int]) -> LabelMatrix:
        """Return (1, n_classes) with those classes."""
        columns = sorted(self._column[pk] for pk in class_ids)
        return label_matrix(np.zeros(len(columns)), columns, (1, len(self._column)))

    def _ancestors(self, ontology: Ontology) -> LabelMatrix:
        above = propagating_ancestors(ontology=ontology)
        pairs = ((child, up) for child, ups in above.items() for up in ups)
        return ancestor_matrix(
            len(self._column), ((self._column[child], self._column[up]) for child, up in pairs)
        )
