"""Sounds of Freesound as clips: searched for, downloaded and taken in page by page.

A sound becomes a clip of the same number, with its name, tags, description, licence, address and
the name of its maker. The recording goes the way of every other: the worker listens to it and says
what it is, whatever Freesound says. What was taken in or refused once is not asked for again.

Where a search was left is kept in the var folder, below ``freesound/COLLECTION``; so an interrupted
one, or one that met the limit of a day, goes on when it is run again.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import CharField, F, Q
from django.db.models.functions import Cast

from datasets_app.clips.models import Clip, Collection
from datasets_app.clips.table import ClipRow, Refusal
from datasets_app.importers.freesound_api import FileMissing, Freesound, SoundPage
from datasets_app.importers.freesound_sounds import FreesoundSound, read_sound, read_sound_id
from datasets_app.jobs.ingest import ingest_rows

LICENSES: Mapping[str, str] = {
    "cc0": "Creative Commons 0",
    "by": "Attribution",
    "by-nc": "Attribution Noncommercial",
}
"""What a search calls the licences, by their usual names."""
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for. Durations are in seconds, inclusive; no licence means any."""

    query: str = ""
    licenses: tuple[str, ...] = ()
    shortest_s: float | None = None
    longest_s: float | None = None
    extra: str = ""

    def filters(self) -> str:
        """Return the search as Freesound's filter.

        >>> Search(licenses=("cc0", "by"), longest_s=30).filters()
        'license:("Creative Commons 0" OR "Attribution") duration:[* TO 30]'
        """
        parts = []
        if self.licenses:
            names = " OR ".join(f'"{LICENSES[name]}"' for name in self.licenses)
            parts.append(f"license:({names})")
        if self.shortest_s is not None or self.longest_s is not None:
            parts.append(f"duration:[{_bound(self.shortest_s)} TO {_bound(self.longest_s)}]")
        return " ".join([*parts, self.extra]).strip()

    def key(self) -> str:
        """Return a name for the search, the same for the same search."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(slots=True)
class FreesoundSummary:
    """What came of a search: sounds found in all, clips added, known before, and refused."""

    n_found: int = 0
    n_added: int = 0
    n_known: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def import_sounds(
    *,
    collection: Collection,
    search: Search,
    api: Freesound,
    is_original: bool = False,
    limit: int | None = None,
    on_progress: OnProgress = lambda done, total: None,
    on_untaken: Callable[[], None] = lambda: None,
) -> FreesoundSummary:
    """Take in what a search finds, at most ``limit`` new sounds; again, it goes on.

    Raises
    ------
    FreesoundRefused
        Freesound does not accept the key, the search, or any more requests today.
    FreesoundSilent
        Freesound cannot be reached; what was taken in stays, the search goes on from there.
    JobFailed
        A worker could not analyse a page at all.

    Notes
    -----
    Cost: one request for each 150 sounds found and one download for each new one; memory is that of
    one page.
    """
    place = _Place.of(collection, search)
    summary = FreesoundSummary()
    n_left = limit
    while n_left is None or n_left > 0:
        page = api.search(query=search.query, filters=search.filters(), page=place.page)
        wanted, whole = _wanted(collection, page, place, summary, n_left)
        rows = _download(wanted, api, place, summary, is_original=is_original)
        _ingest(collection, rows, place, summary, on_untaken)
        summary.n_found = max(summary.n_found, page.n_found)
        on_progress(min(place.page * len(page.results), page.n_found), page.n_found)
        n_left = None if n_left is None else n_left - len(wanted)
        if not whole:
            break
        place.turn(page.has_next)
        if not page.has_next:
            break
    return summary


def _bound(value: float | None) -> str:
    return "*" if value is None else f"{value:g}"


@dataclass(slots=True)
class _Place:
    """Where a search stands, what was refused in its collection, and where recordings lie."""

    folder: Path
    key: str
    page: int = 1
    refused: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, collection: Collection, search: Search) -> "_Place":
        """Return the place; one page back, for sounds taken away there move the others up."""
        folder = Path(settings.VAR_DIR) / "freesound" / collection.name
        (folder / "recordings").mkdir(parents=True, exist_ok=True)
        place = cls(folder, search.key(), refused=_read(folder / "refused.json"))
        page = _read(place.state).get("page")
        place.page = max(1, page - 1) if isinstance(page, int) else 1
        return place

    @property
    def state(self) -> Path:
        return self.folder / f"search-{self.key}.json"

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    def turn(self, has_next: bool) -> None:
        """Go to the next page, or forget the place of a search that is through."""
        self.page += 1
        if has_next:
            _write(self.state, {"page": self.page})
        else:
            self.state.unlink(missing_ok=True)

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        """Remember sounds that cannot become clips, so that they are not downloaded again."""
        new = {refusal.clip_id: refusal.reason for refusal in refusals}
        if new:
            self.refused |= new
            _write(self.folder / "refused.json", self.refused)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{path} is broken; delete it to begin anew.") from error
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(content), encoding="utf-8")
    partial.replace(path)


def _wanted(
    collection: Collection,
    page: SoundPage,
    place: _Place,
    summary: FreesoundSummary,
    n_left: int | None,
) -> tuple[list[FreesoundSound], bool]:
    """Return the page's sounds to take in, and whether they are all that it has."""
    by_id: dict[int, Mapping[str, Any]] = {}
    for raw in page.results:
        try:
            by_id[read_sound_id(raw)] = raw
        except ValueError as error:
            summary.refusals.append(Refusal("a sound", f"{error}."))
    known = _known(collection, list(by_id)) | {int(number) for number in place.refused}
    new = [number for number in by_id if number not in known]
    summary.n_known += len(by_id) - len(new)
    taken = new if n_left is None else new[:n_left]
    sounds, refusals = [], []
    for number in taken:
        try:
            sounds.append(read_sound(by_id[number]))
        except ValueError as error:
            refusals.append(Refusal(str(number), f"{error}."))
    summary.refusals += refusals
    place.refuse(refusals)
    return sounds, len(taken) == len(new)


def _known(collection: Collection, numbers: Sequence[int]) -> set[int]:
    """Return the sounds that are clips already; those without a recording still want theirs."""
    clips = collection.clips.annotate(number=Cast(F("freesound_id"), CharField()))
    done = Q(sha256__isnull=False) | Q(state=Clip.State.WITHDRAWN) | ~Q(external_id=F("number"))
    by_number = clips.filter(done, freesound_id__in=numbers).values_list("freesound_id", flat=True)
    by_name = clips.filter(
        Q(sha256__isnull=False) | Q(state=Clip.State.WITHDRAWN),
        external_id__in=[str(number) for number in numbers],
    ).values_list("external_id", flat=True)
    return set(by_number) | {int(name) for name in by_name}


def _download(
    sounds: Sequence[FreesoundSound],
    api: Freesound,
    place: _Place,
    summary: FreesoundSummary,
    *,
    is_original: bool,
) -> list[ClipRow]:
    rows: list[ClipRow] = []
    refusals: list[Refusal] = []
    for sound in sounds:
        try:
            name = sound.file_name(is_original=is_original)
        except ValueError as error:
            refusals.append(Refusal(str(sound.freesound_id), f"{error}."))
            continue
        target = place.recordings / name
        try:
            if not target.exists():  # else left by a run that was interrupted
                _fetch(sound, api, target, is_original=is_original)
        except FileMissing as error:
            summary.refusals.append(Refusal(str(sound.freesound_id), f"{error}."))
        else:
            rows.append(sound.row(name))
    summary.refusals += refusals
    place.refuse(refusals)
    return rows


def _fetch(sound: FreesoundSound, api: Freesound, target: Path, *, is_original: bool) -> None:
    if is_original:
        api.fetch_original(sound.freesound_id, target)
    elif sound.preview:
        api.fetch_preview(sound.preview, target)
    else:
        raise FileMissing("it has no preview")


def _ingest(
    collection: Collection,
    rows: Sequence[ClipRow],
    place: _Place,
    summary: FreesoundSummary,
    on_untaken: Callable[[], None],
) -> None:
    """Take downloaded recordings in as any others; the downloads are then no longer needed."""
    if rows:
        found = ingest_rows(
            collection=collection, folder=place.recordings, rows=rows, on_untaken=on_untaken
        )
        summary.n_added += found.n_added
        summary.refusals += found.refusals
        place.refuse(found.refusals)
        for row in rows:
            (place.recordings / row.file).unlink(missing_ok=True)
