"""What the validation page shows, and no more: nothing that would give an answer away."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.pages import OpenPage, PageItem, open_page
from datasets_app.labels.queue import count_open
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator


@dataclass(frozen=True, slots=True)
class AnswerChoice:
    """An answer as a button: its key, its name and its definition in one line."""

    key: str
    answer: Answer
    name: str | Promise
    definition: str | Promise


ANSWER_CHOICES = (
    AnswerChoice(
        "1", Answer.PP, _("Present, predominant"), _("It is there, alone or over faint background.")
    ),
    AnswerChoice(
        "2", Answer.PNP, _("Present, not alone"), _("It is there, beside sounds as loud or louder.")
    ),
    AnswerChoice("3", Answer.NP, _("Not present"), _("It is not in this recording.")),
    AnswerChoice("4", Answer.U, _("Unsure"), _("I cannot tell, even after listening again.")),
)


@dataclass(frozen=True, slots=True)
class ValidationPage:
    """Up to twelve recordings to judge for one class; ``opened`` is None where nothing is left.

    ``n_open`` are those of the class that want somebody's answer, this page's included.
    """

    collection: Collection
    sound_class: SoundClass
    opened: OpenPage | None
    n_open: int

    @property
    def nominations(self) -> list[Nomination]:
        """What stands on the page, in its order."""
        return [item.nomination for item in self.opened.items] if self.opened else []

    @property
    def n_after(self) -> int:
        """How many are left for the pages after this one, whoever they are for."""
        return max(self.n_open - len(self.nominations), 0)

    def as_json(self, user_key: str) -> dict[str, Any] | None:
        """Return what the page's script needs; see ``annotator.tasks.views``."""
        if self.opened is None:
            return None
        page, name = self.opened.page, self.collection.name
        return {
            "page": str(page.uuid),
            "user": user_key,
            "expires_at": page.expires_at.isoformat(),
            "lease_s": self.collection.lease_s,
            "answers_url": reverse("answers", args=[name]),
            "withdraw_url": reverse("withdraw-answer", args=[name]),
            "comment_url": reverse("comment-answer", args=[name]),
            "report_url": reverse("report-clip", args=[name]),
            "renew_url": reverse("renew-page", args=[name, page.uuid]),
            "release_url": reverse("release-page", args=[name, page.uuid]),
            "next_url": reverse("next-page", args=[name, self.sound_class.mid]),
            "sign_in_url": reverse("sign-in"),
            "clips": [_clip_json(item) for item in self.opened.items],
        }


def validation_page(
    *,
    collection: Collection,
    sound_class: SoundClass,
    annotator: Annotator,
    is_expert: bool = False,
    after: uuid.UUID | None = None,
) -> ValidationPage:
    """Return the present page of the queue, or the one behind ``after``; opened where needed."""
    opened = open_page(
        collection=collection,
        sound_class=sound_class,
        annotator=annotator,
        is_expert=is_expert,
        after=after,
    )
    n_open = count_open(collection=collection, sound_class=sound_class)
    return ValidationPage(collection, sound_class, opened, n_open)


def _clip_json(item: PageItem) -> dict[str, Any]:
    clip = item.nomination.clip
    return {
        "nomination": str(item.nomination.uuid),
        "duration_s": clip.duration_s,
        "loudness_lufs": clip.loudness_lufs,
        "preview": reverse("clip-media", args=[clip.uuid, "preview.mp3"]),
        "spectrogram": reverse("clip-media", args=[clip.uuid, "spectrogram.png"]),
        "peaks": reverse("clip-media", args=[clip.uuid, "peaks.json"]),
        "answer": item.answer,
        "comment": item.comment,
    }
