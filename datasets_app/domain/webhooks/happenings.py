"""What a webhook can be told: names for receivers, made of the audit trail's verbs.

An audit event says everything to those who may read it; a receiver is told only what is listed
here. Free text, paths and names of people are never among it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PING = "ping"
LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Happening:
    """What verbs of the audit trail are called outside, and which of their details are told."""

    name: str
    verbs: tuple[str, ...]
    details: tuple[str, ...] = ()


HAPPENINGS = (
    Happening("release.built", ("build_release",), ("version", "manifest_sha256")),
    Happening("release.published", ("publish_release",), ("is_public",)),
    Happening("release.unpublished", ("withdraw_publication",), ("is_public",)),
    Happening("job.finished", ("finish_job",), ("kind", "state")),
    Happening("job.failed", ("fail_job",), ("kind", "state")),
    Happening("job.cancelled", ("cancel_job",), ("kind",)),
    Happening(
        "split.made",
        ("assign_splits", "continue_split"),
        ("strategy", "seed", "eval_share", "val_share"),
    ),
    Happening(
        "labels.inferred",
        ("infer_labels",),
        ("method", "n_changed", "decided", "conflicted", "incomplete"),
    ),
    Happening("conflict.settled", ("adjudicate",), ("answer",)),
    Happening("clips.added", ("ingest_clips", "import_dataset"), ("n_added", "n_clips")),
    Happening("clip.withdrawn", ("withdraw_clip",)),
    Happening("clip.restored", ("restore_clip",)),
    Happening(
        "nominations.added",
        ("nominate_labels", "add_flags"),
        ("n_added", "n_new_nominations", "n_flags"),
    ),
    Happening("campaign.opened", ("open_campaign",), ("name",)),
    Happening("campaign.closed", ("close_campaign",)),
)
NAMES = tuple(happening.name for happening in HAPPENINGS)
BY_VERB: Mapping[str, Happening] = {
    verb: happening for happening in HAPPENINGS for verb in happening.verbs
}


def told_details(verb: str, after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a receiver is told of an event's details: short texts and plain numbers.

    Examples
    --------
    >>> told_details("build_release", {"version": "1.0", "path": "/srv/releases/1.0"})
    {'version': '1.0'}
    """
    told: dict[str, Any] = {}
    for name in BY_VERB[verb].details:
        value = after.get(name)
        if isinstance(value, str):
            told[name] = value[:LONGEST_TEXT]
        elif isinstance(value, bool | int | float):
            told[name] = value
    return told
