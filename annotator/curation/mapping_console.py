"""What the mapping console shows of a class, and of a trial of its rules."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from datasets_app.clips.models import Collection
from datasets_app.domain.nominations.mapping_precision import Precision
from datasets_app.nominations.mapping_trial import MappingTrial
from datasets_app.nominations.rule_changes import rules_fingerprint
from datasets_app.nominations.rule_models import RuleRevision
from datasets_app.ontology.models import SoundClass

REVISIONS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class MappingConsole:
    """One class's rules on the page; ``elsewhere`` are the collections that share them."""

    collection: Collection
    sound_class: SoundClass
    revisions: list[RuleRevision]
    elsewhere: list[str]

    @property
    def open_revision(self) -> RuleRevision | None:
        """The latest change, while its nominations have not all followed."""
        latest = self.revisions[0] if self.revisions else None
        is_open = latest is not None and latest.finished_at is None
        return latest if is_open else None

    @property
    def may_nominate(self) -> bool:
        """Whether rules of this class nominate at all."""
        return not (self.sound_class.is_abstract or self.sound_class.is_omitted)

    def as_json(self) -> dict[str, Any]:
        """Return what the page's script begins from."""
        name, mid = self.collection.name, self.sound_class.mid
        held = (self.sound_class.keywords, self.sound_class.omit_keywords)
        going = self.open_revision
        return {
            "keywords": held[0],
            "vetoes": held[1],
            "known": rules_fingerprint(held),
            "urls": {
                part: reverse(f"mapping-{part}", args=[name, mid])
                for part in ("trial", "rating", "apply")
            },
            "follow": None if going is None else follow_url(going),
        }


def mapping_console(
    collection: Collection, sound_class: SoundClass, seen: QuerySet[Collection]
) -> MappingConsole:
    """Gather the page: a fixed number of queries; ``seen`` is what its reader may see."""
    changes = RuleRevision.objects.filter(sound_class=sound_class, collection=collection)
    others = seen.filter(ontology=collection.ontology).exclude(pk=collection.pk)
    return MappingConsole(
        collection=collection,
        sound_class=sound_class,
        revisions=list(changes.select_related("made_by").order_by("-pk")[:REVISIONS_SHOWN]),
        elsewhere=list(others.order_by("name").values_list("name", flat=True)[:10]),
    )


def trial_as_json(trial: MappingTrial) -> dict[str, Any]:
    """Return the figures of a trial."""
    counts = ("clips", "added", "withdrawn", "kept", "held_anyway", "implied", "vetoed", "unsure")
    return {
        **{f"n_{name}": getattr(trial, f"n_{name}") for name in counts},
        "n_indexed": trial.n_indexed,
        "precision": _precision_json(trial.precision),
        "alternatives": [
            {
                "n_clips": alternative.n_clips,
                "n_matched": alternative.n_matched,
                "precision": _precision_json(alternative.precision),
            }
            for alternative in trial.alternatives
        ],
    }


def revision_as_json(revision: RuleRevision) -> dict[str, Any]:
    """Return how far the nominations follow a change."""
    return {
        "follow": follow_url(revision),
        "is_finished": revision.finished_at is not None,
        "n_clips": revision.n_clips,
        "n_done": revision.n_done,
        "n_added": revision.n_added,
        "n_withdrawn": revision.n_withdrawn,
    }


def follow_url(revision: RuleRevision) -> str:
    """Return the address that takes the next clips of a change along."""
    return reverse("mapping-follow", args=[revision.collection.name, revision.uuid])


def _precision_json(precision: Precision) -> dict[str, Any]:
    return {
        "share": precision.share if precision.n_rated else None,
        "low": precision.low,
        "high": precision.high,
        "n_rated": precision.n_rated,
    }
