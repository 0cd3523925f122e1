"""What the validation page shows, and no more: nothing that would give an answer away."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.queue import open_nominations
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator

PAGE_SIZE = 12


@dataclass(frozen=True, slots=True)
class AnswerChoice:
    """An answer as a button: its key, its name and its definition in one line."""

    key: str
    answer: Answer
    name: str
    definition: str


ANSWER_CHOICES = (
    AnswerChoice(
        "1", Answer.PP, "Present, predominant", "It is there, alone or over faint background."
    ),
    AnswerChoice(
        "2", Answer.PNP, "Present, not alone", "It is there, beside sounds as loud or louder."
    ),
    AnswerChoice("3", Answer.NP, "Not present", "It is not in this recording."),
    AnswerChoice("4", Answer.U, "Unsure", "I cannot tell, even after listening again."),
)


@dataclass(frozen=True, slots=True)
class ValidationPage:
    """Up to twelve recordings to judge for one class."""

    collection: Collection
    sound_class: SoundClass
    nominations: list[Nomination]
    n_open: int

    @property
    def n_after(self) -> int:
        """How many are left for the pages after this one."""
        return self.n_open - len(self.nominations)

    def as_json(self, user_key: str) -> dict[str, Any]:
        """Return what the page's script needs: addresses, lengths and loudness."""
        return {
            "user": user_key,
            "answers_url": reverse("answers", args=[self.collection.name]),
            "sign_in_url": reverse("sign-in"),
            "clips": [_clip_json(nomination) for nomination in self.nominations],
        }


def validation_page(
    *, collection: Collection, sound_class: SoundClass, annotator: Annotator
) -> ValidationPage:
    """Return the next page of the queue: two queries, whatever its length."""
    queue = open_nominations(collection=collection, sound_class=sound_class, annotator=annotator)
    nominations = list(queue[:PAGE_SIZE])
    return ValidationPage(collection, sound_class, nominations, queue.count())


def _clip_json(nomination: Nomination) -> dict[str, Any]:
    clip = nomination.clip
    return {
        "nomination": str(nomination.uuid),
        "duration_s": clip.duration_s,
        "loudness_lufs": clip.loudness_lufs,
        "preview": reverse("clip-media", args=[clip.uuid, "preview.mp3"]),
        "spectrogram": reverse("clip-media", args=[clip.uuid, "spectrogram.png"]),
        "peaks": reverse("clip-media", args=[clip.uuid, "peaks.json"]),
    }
