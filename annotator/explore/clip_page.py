"""A clip: its sound, what it is said to hold, where it comes from, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise

from annotator.explore.access import Onlooker
from annotator.explore.clip_labels import ClipLabels, clip_labels
from annotator.explore.words import PARTS
from datasets_app.audit.models import AuditEvent
from datasets_app.clips.class_models import ClassExample
from datasets_app.clips.models import Clip
from datasets_app.domain.clips.licenses import (
    attribution_line,
    license_address,
    license_name,
    safe_address,
)
from datasets_app.releases.models import Release
from datasets_app.splits.models import SplitAssignment
from datasets_app.votes.models import VoteRevision
from datasets_app.votes.verification import VerificationAnswer

MOST_EVENTS = 50


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to the clip: when, to whom it is due ("" unknown), and what."""

    at: datetime
    who: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PlacedRelease:
    """A release that holds the clip, and on which side."""

    release: Release
    part: str

    @property
    def side(self) -> Promise | str:
        """The side in words."""
        return PARTS.get(self.part, self.part)


@dataclass(frozen=True, slots=True)
class ClipPage:
    """The page from top to bottom."""

    clip: Clip
    person: Onlooker
    labels: ClipLabels
    releases: list[PlacedRelease]
    examples: list[ClassExample]
    history: list[Happening]

    @property
    def license_name(self) -> str:
        """The licence in few letters."""
        return license_name(self.clip.license)

    @property
    def license_address(self) -> str | None:
        """Where its text is."""
        return license_address(self.clip.license)

    @property
    def source_address(self) -> str | None:
        """Where the recording comes from, if a page may link to it."""
        return safe_address(self.clip.source_url)

    @property
    def attribution(self) -> str:
        """The line that credits its maker."""
        clip = self.clip
        return attribution_line(
            title=clip.title or clip.external_id,
            uploader=clip.uploader.name,
            license_text=clip.license,
            source_url=clip.source_url,
        )

    @property
    def can_be_heard(self) -> bool:
        """Say whether the page has sound to play."""
        return self.clip.has_recording and self.clip.state == Clip.State.AVAILABLE

    def as_json(self) -> dict[str, Any]:
        """Return what the page's script needs to play it."""
        return clip_json(self.clip)


def clip_json(clip: Clip) -> dict[str, Any]:
    """Return a clip as the players take it."""
    media = {
        name: reverse("clip-media", args=[clip.uuid, file])
        for name, file in (
            ("preview", "preview.mp3"),
            ("spectrogram", "spectrogram.png"),
            ("peaks", "peaks.json"),
        )
    }
    return {
        "uuid": str(clip.uuid),
        "duration_s": clip.duration_s,
        "loudness_lufs": clip.loudness_lufs,
        **media,
    }


def clip_page(clip: Clip, person: Onlooker) -> ClipPage:
    """Gather the page; the number of queries does not grow with the clip's history."""
    labels = clip_labels(clip, person)
    return ClipPage(
        clip=clip,
        person=person,
        labels=labels,
        releases=_releases(clip),
        examples=_examples(clip, person),
        history=_history(clip, person, labels),
    )


def _releases(clip: Clip) -> list[PlacedRelease]:
    """Return the releases whose split has the clip, newest first: two queries."""
    parts = dict(
        SplitAssignment.objects.filter(clip=clip, split__collection=clip.collection_id).values_list(
            "split_id", "part"
        )
    )
    releases = Release.objects.filter(split__in=parts).order_by("-created_at")
    return [PlacedRelease(release, parts[release.split_id]) for release in releases]


def _examples(clip: Clip, person: Onlooker) -> list[ClassExample]:
    if not person.is_curator:
        return []
    return list(clip.example_of.select_related("sound_class").order_by("pk"))


def _history(clip: Clip, person: Onlooker, labels: ClipLabels) -> list[Happening]:
    """Return what happened, newest first; of what is withheld only one's own part: three queries.

    Former answers to verification clips are among one's own like all others.
    """
    found = [Happening(clip.added_at, "", "added")]
    found += [_of_revision(r) for r in _revisions(person, labels)]
    found += _former_verifications(person, labels)
    if person.sees_all_votes:
        found += [_of_event(event) for event in _events(clip, person, labels)]
    return sorted(found, key=lambda h: h.at, reverse=True)[:MOST_EVENTS]


def _revisions(person: Onlooker, labels: ClipLabels) -> list[VoteRevision]:
    ids = [shown.nomination.pk for shown in labels.nominations]
    visible = Q(pk__in=[])
    if person.annotator is not None:
        visible |= Q(annotator=person.annotator)
    if person.sees_all_votes:
        visible |= Q(nomination__in=labels.visible_ids)
    rows = VoteRevision.objects.filter(visible, nomination__in=ids)
    return list(
        rows.select_related("annotator", "nomination__sound_class").order_by("-pk")[:MOST_EVENTS]
    )


def _former_verifications(person: Onlooker, labels: ClipLabels) -> list[Happening]:
    if person.annotator is None:
        return []
    names = {s.nomination.pk: s.nomination.sound_class.name for s in labels.nominations}
    rows = VerificationAnswer.objects.filter(annotator=person.annotator, nomination__in=names)
    return [
        Happening(
            datetime.fromisoformat(former["cast_at"]),
            str(person.annotator),
            "answer",
            f"{names[row.nomination_id]}: {former['answer']}",
        )
        for row in rows
        for former in row.former
        if former["cast_at"]
    ]


def _events(clip: Clip, person: Onlooker, labels: ClipLabels) -> list[AuditEvent]:
    """Find the audited events; those of the clip itself may tell of any class: for curators."""
    of_clip = Q(record_type="clip", record_id=str(clip.pk)) if person.is_curator else Q(pk__in=[])
    of_nominations = Q(
        record_type="nomination", record_id__in=[str(pk) for pk in labels.visible_ids]
    )
    rows = AuditEvent.objects.filter(of_clip | of_nominations)
    return list(rows.select_related("actor").order_by("-pk")[:MOST_EVENTS])


def _of_revision(revision: VoteRevision) -> Happening:
    name = revision.nomination.sound_class.name
    return Happening(
        revision.cast_at, str(revision.annotator), "answer", f"{name}: {revision.answer}"
    )


def _of_event(event: AuditEvent) -> Happening:
    who = event.actor.get_username() if event.actor else ""
    words = {**event.before, **event.after}
    detail = ", ".join(
        f"{name} {value}" for name, value in words.items() if value not in ("", None)
    )
    return Happening(event.at, who, event.verb.replace("_", " "), detail[:200])
