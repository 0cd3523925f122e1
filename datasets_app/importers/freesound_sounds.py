"""What Freesound says of a sound, checked field by field, and as the row that ingest takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasets_app.clips.table import AUDIO_SUFFIXES, ClipRow
from datasets_app.importers.records import LONGEST
from datasets_app.importers.tables import checked_text

PREVIEW, PREVIEW_SUFFIX = "preview-hq-ogg", ".ogg"
LONGEST_DESCRIPTION = 20_000
MOST_TAGS = 200
LONGEST_TAG = 200
_SAFE_TYPE = re.compile(r"[a-z0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class FreesoundSound:
    """A sound with what is needed to credit its maker."""

    freesound_id: int
    name: str
    username: str
    license: str
    url: str
    description: str
    tags: tuple[str, ...]
    suffix: str
    preview: str

    def row(self, file: str) -> ClipRow:
        """Return the row of the clip whose recording lies in ``file``."""
        return ClipRow(
            clip_id=str(self.freesound_id),
            file=file,
            uploader=self.username,
            license=self.license,
            title=self.name,
            freesound_id=self.freesound_id,
            source_url=self.url,
            description=self.description,
            tags=list(self.tags),
        )

    def file_name(self, *, is_original: bool) -> str:
        """Return the name of the sound's file here, of nothing but its number and suffix.

        Raises
        ------
        ValueError
            The original is of a kind that is not read here.
        """
        suffix = self.suffix if is_original else PREVIEW_SUFFIX
        if suffix not in AUDIO_SUFFIXES:
            raise ValueError(
                f"its original is {suffix or 'of no known kind'}, none of "
                f"{', '.join(sorted(AUDIO_SUFFIXES))}; take its preview instead"
            )
        return f"{self.freesound_id}{suffix}"


def read_sound_id(raw: Any) -> int:
    """Return the number of a sound.

    Raises
    ------
    ValueError
        There is none.
    """
    number = raw.get("id") if isinstance(raw, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 10**15:
        raise ValueError("a sound has no number")
    return number


def read_sound(raw: Mapping[str, Any]) -> FreesoundSound:
    """Return a checked sound.

    Raises
    ------
    ValueError
        A field is missing, of another type or too long; the message says which.
    """
    texts = {
        field: checked_text(raw.get(field), what=field, longest=longest)
        for field, longest in (
            ("name", LONGEST["title"]),
            ("username", LONGEST["uploader"]),
            ("license", LONGEST["license"]),
            ("url", LONGEST["source_url"]),
            ("description", LONGEST_DESCRIPTION),
        )
    }
    for field in ("username", "license"):  # without these nobody can be credited
        if not texts[field]:
            raise ValueError(f"{field} is empty")
    previews = raw.get("previews")
    preview = previews.get(PREVIEW) if isinstance(previews, Mapping) else None
    kind = str(raw.get("type") or "").lower()
    return FreesoundSound(
        freesound_id=read_sound_id(raw),
        tags=_tags(raw.get("tags")),
        suffix=f".{kind}" if _SAFE_TYPE.fullmatch(kind) else "",
        preview=preview if isinstance(preview, str) else "",
        **texts,
    )


def _tags(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("tags is no list")
    texts = (checked_text(tag, what="a tag", longest=LONGEST_TAG) for tag in value[:MOST_TAGS])
    return tuple(text for text in texts if text)
