"""FSD50K (Fonseca et al. 2021), as published or as one flat folder, as a metadata-only collection.

What becomes what
-----------------
- A clip of ``dev.csv`` or ``eval.csv`` becomes a clip; its ``fname`` is its Freesound id.
- A rated label becomes a nomination of origin import, its ratings (1 PP, 0.5 PNP, 0 U, -1 NP) the
  votes of anonymous annotators named by position: "rating 1", "rating 2", … FSD50K publishes the
  ratings of a label sorted and without annotators, so **figures per annotator mean nothing here**:
  "rating 1" is whoever answered most positively. Figures per label, class and collection hold.
- A label of the *collection format* that nobody rated (labels that curators added) becomes a
  nomination with its evidence alone. No answer is invented for it.
- The published train, val and eval become a split, the classes of the ground truth its vocabulary.
- What ``class_info`` says of a class goes to those of the ontology that have no FAQ yet.

Uploaders
---------
They come from the clips info, or from ``uploaders_dev.csv`` where only that is had. A clip whose
uploader is not known gets an uploader of its own, "unknown uploader of 64760". One common
"unknown" would be indivisible: it would hold most clips, and no split could divide them. The price
is said in a warning: a split made *here* may put two clips of an uploader whom nobody could name on
both sides. The published split, which is imported, knew all uploaders and divides none.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from datasets_app.clips.table import AUDIO_SUFFIXES
from datasets_app.domain.votes.answers import Answer
from datasets_app.importers.fsd50k_classes import describe_classes
from datasets_app.importers.records import (
    LONGEST,
    UNKNOWN_LICENSE,
    ImportedClip,
    ImportedNomination,
    ImportSummary,
    import_records,
)
from datasets_app.importers.spool import Spool, open_spool
from datasets_app.importers.tables import (
    SourceError,
    checked_text,
    count_lines,
    read_json_object,
    read_rows,
    read_table,
)
from datasets_app.ontology.models import Edge, Ontology
from datasets_app.people.models import User

PLACES = {
    "dev": ("FSD50K.ground_truth/dev.csv", "dev.csv"),
    "eval": ("FSD50K.ground_truth/eval.csv", "eval.csv"),
    "vocabulary": ("FSD50K.ground_truth/vocabulary.csv", "vocabulary.csv"),
    "ratings": (
        "FSD50K.metadata/pp_pnp_ratings_FSD50K.json",
        "pp_pnp_ratings_FSD50K.json",
        "pp_pnp_ratings_dev.json",
    ),
    "class_info": ("FSD50K.metadata/class_info_FSD50K.json", "class_info_FSD50K.json"),
    "collection_dev": ("FSD50K.metadata/collection/collection_dev.csv", "collection_dev.csv"),
    "collection_eval": ("FSD50K.metadata/collection/collection_eval.csv", "collection_eval.csv"),
    "info_dev": ("FSD50K.metadata/dev_clips_info_FSD50K.json", "dev_clips_info_FSD50K.json"),
    "info_eval": ("FSD50K.metadata/eval_clips_info_FSD50K.json", "eval_clips_info_FSD50K.json"),
    "uploaders": ("uploaders_dev.csv",),
    "edges": ("propagation_edges.csv",),
}
"""Where each file may lie below the folder: the release's own layout first, then the flat one."""
AUDIO_FOLDERS = (
    "FSD50K.dev_audio",
    "FSD50K.eval_audio",
    "dev_audio",
    "eval_audio",
    "audio_sample",
)
ANSWER_OF_RATING = {
    1: Answer.PP.value,
    0.5: Answer.PNP.value,
    0: Answer.U.value,
    -1: Answer.NP.value,
}
MOST_RATINGS = 50
"""Ratings of one label (inclusive); FSD50K has at most 8."""
_FNAME = re.compile(r"[0-9]{1,15}")
_ROWS_AT_ONCE = 1000
_WITHOUT = {
    "vocabulary": "the vocabulary is taken from the ground truth alone",
    "ratings": "no votes are imported",
    "class_info": "the classes get no FAQ",
}


def import_fsd50k(
    *,
    source: Path,
    collection: str,
    ontology: Ontology,
    actor: User | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportSummary:
    """Import FSD50K from the folder ``source``; a second time adds nothing.

    Raises
    ------
    SourceError
        There is no ground truth, or a file is faulty; nothing was written.
    """
    files = {name: path for name in PLACES if (path := _find(source, name))}
    if not {"dev", "eval"} & files.keys():
        raise SourceError(
            f"{source} holds no ground truth of FSD50K: neither {' nor '.join(PLACES['dev'])} is "
            "there."
        )
    total = sum(count_lines(files[side]) - 1 for side in ("dev", "eval") if side in files)
    with open_spool() as spool, transaction.atomic():
        reader = _Reader(files, ontology, spool)
        summary = import_records(
            collection=collection,
            ontology=ontology,
            source="FSD50K",
            clips=reader.clips(),
            actor=actor,
            on_progress=lambda done: on_progress(done, max(done, total)),
        )
        if "class_info" in files:
            describe_classes(ontology=ontology, path=files["class_info"], actor=actor)
    summary.warnings = [
        *_absent(files, source),
        *reader.warnings(),
        *_differing_edges(files, ontology),
    ]
    return summary


def list_recordings(source: Path) -> Iterator[tuple[str, str]]:
    """Yield clip id and path below ``source`` of the recordings that are there."""
    for folder in AUDIO_FOLDERS:
        if not (source / folder).is_dir():
            continue
        with os.scandir(source / folder) as entries:
            for name in sorted(entry.name for entry in entries):
                path = Path(name)
                if _FNAME.fullmatch(path.stem) and path.suffix.lower() in AUDIO_SUFFIXES:
                    yield path.stem, f"{folder}/{name}"


def _find(source: Path, name: str) -> Path | None:
    return next((source / place for place in PLACES[name] if (source / place).is_file()), None)


def _absent(files: Mapping[str, Path], source: Path) -> Iterator[str]:
    for name, consequence in _WITHOUT.items():
        if name not in files:
            yield f"{PLACES[name][0]} is not there: {consequence}."
    for side in ("dev", "eval"):
        if side not in files:
            yield f"{PLACES[side][0]} is not there: the {side} part is left out."
            continue
        if f"collection_{side}" not in files:
            yield (
                f"{PLACES[f'collection_{side}'][0]} is not there: labels of {side} that nobody "
                "rated are left out."
            )
        if f"info_{side}" not in files:
            yield (
                f"{PLACES[f'info_{side}'][0]} is not there: clips of {side} have no tags and no "
                "description."
            )
    if next(list_recordings(source), None) is None:
        yield "No audio folder is there: the clips are metadata alone."


@dataclass(slots=True)
class _Reader:
    """Joins the files clip by clip; all but the ground truth wait in the spool."""

    files: Mapping[str, Path]
    ontology: Ontology
    spool: Spool
    n_unknown_uploaders: int = 0
    n_clips: int = 0
    n_rated_clips: int = 0
    n_rating_entries: int = 0
    _class_ids: dict[str, int] = field(default_factory=dict)

    def clips(self) -> Iterator[ImportedClip]:
        self._class_ids = dict(self.ontology.classes.values_list("mid", "pk"))
        vocabulary = self._vocabulary()
        self._put_aside()
        for side in ("dev", "eval"):
            if side in self.files:
                rows = self._truth_rows(side)
                while chunk := list(islice(rows, _ROWS_AT_ONCE)):
                    yield from self._join(side, chunk, vocabulary)

    def warnings(self) -> Iterator[str]:
        if self.n_unknown_uploaders:
            yield (
                f"The uploaders of {self.n_unknown_uploaders:,} of {self.n_clips:,} clips are not "
                "known: each such clip stands alone, so a split made here cannot promise that no "
                "uploader is on both sides. The published split, which was imported, does."
            )
        if unused := self.n_rating_entries - self.n_rated_clips:
            yield f"{self.files['ratings'].name} rates {unused:,} clips that no part lists."

    def _vocabulary(self) -> set[str] | None:
        if "vocabulary" not in self.files:
            return None
        path, mids = self.files["vocabulary"], set()
        for line, cells in read_rows(path):
            if len(cells) != 3:
                raise SourceError(f"{path} line {line} has {len(cells)} cells, not index,name,mid.")
            self._class_id(cells[2], f"{path} line {line}")
            mids.add(cells[2])
        return mids

    def _put_aside(self) -> None:
        add = self.spool.add
        if path := self.files.get("ratings"):
            self.n_rating_entries = add("ratings", read_json_object(path), file=path)
        for side in ("dev", "eval"):
            if path := self.files.get(f"info_{side}"):
                add(f"info_{side}", read_json_object(path), file=path)
            if path := self.files.get(f"collection_{side}"):
                rows = read_table(path, required=("fname", "mids"))
                add(
                    f"collection_{side}", ((r["fname"], (n, r["mids"])) for n, r in rows), file=path
                )
        if path := self.files.get("uploaders"):
            columns = ("freesound_id", "title", "uploader", "license")
            rows = read_table(path, required=columns)
            add("uploaders", ((row["freesound_id"], row) for _, row in rows), file=path)

    def _truth_rows(self, side: str) -> Iterator[tuple[str, dict[str, str]]]:
        path = self.files[side]
        required = ("fname", "labels", "mids", *(("split",) if side == "dev" else ()))
        for line, row in read_table(path, required=required):
            where = f"{path} line {line}"
            if not _FNAME.fullmatch(row["fname"]):
                raise SourceError(f"{where}: fname {row['fname'][:40]!r} is no Freesound id.")
            part = row["split"] if side == "dev" else "eval"
            if part not in (("train", "val") if side == "dev" else ("eval",)):
                raise SourceError(f"{where}: split is {part[:40]!r}; allowed are train and val.")
            yield where, {"fname": row["fname"], "mids": row["mids"], "part": part}

    def _join(
        self,
        side: str,
        chunk: Sequence[tuple[str, dict[str, str]]],
        vocabulary: set[str] | None,
    ) -> Iterator[ImportedClip]:
        fnames = [row["fname"] for _, row in chunk]
        ratings = self.spool.find("ratings", fnames)
        infos = self.spool.find("uploaders", fnames) if side == "dev" else {}
        infos |= self.spool.find(f"info_{side}", fnames)
        collected = self.spool.find(f"collection_{side}", fnames)
        self.n_rated_clips += len(ratings)
        for where, row in chunk:
            fname = row["fname"]
            nominations = self._rated(fname, ratings.get(fname, {}))
            nominations += self._unrated(side, collected.get(fname), nominations)
            yield ImportedClip(
                where=where,
                clip_id=fname,
                freesound_id=int(fname),
                source_url=f"https://freesound.org/s/{fname}/",
                nominations=nominations,
                part=row["part"],
                truth=self._truth(row["mids"], vocabulary, where),
                **self._described(where, fname, infos.get(fname)),
            )

    def _truth(self, mids: str, vocabulary: set[str] | None, where: str) -> list[int]:
        listed = _mids(mids)
        if vocabulary is not None and (strange := set(listed) - vocabulary):
            raise SourceError(f"{where}: {sorted(strange)[0][:40]!r} is not in vocabulary.csv.")
        return [self._class_id(mid, where) for mid in listed]

    def _rated(self, fname: str, rated: object) -> list[ImportedNomination]:
        where = f"{self.files.get('ratings')} entry {fname}"
        if not isinstance(rated, dict):
            raise SourceError(f"{where} is no object from mid to ratings.")
        return [
            ImportedNomination(self._class_id(mid, where), _RATED, _answers(ratings, mid, where))
            for mid, ratings in rated.items()
        ]

    def _unrated(
        self, side: str, listed: Sequence[Any] | None, rated: Iterable[ImportedNomination]
    ) -> list[ImportedNomination]:
        if listed is None:
            return []
        line, mids = listed
        where = f"{self.files[f'collection_{side}']} line {line}"
        known = {nomination.class_id for nomination in rated}
        ids = dict.fromkeys(self._class_id(mid, where) for mid in _mids(mids))
        return [ImportedNomination(pk, _COLLECTED) for pk in ids if pk not in known]

    def _described(self, where: str, fname: str, info: object) -> dict[str, Any]:
        self.n_clips += 1
        if info is not None and not isinstance(info, dict):
            raise SourceError(f"{where}: the clips info of {fname} is no object.")
        told = info or {}
        try:
            texts = {
                name: checked_text(told.get(name), what=name, longest=LONGEST.get(name))
                for name in ("title", "description", "license", "uploader")
            }
            tags = [checked_text(tag, what="a tag", longest=200) for tag in told.get("tags") or ()]
        except (ValueError, TypeError) as error:
            raise SourceError(f"{where}: of clip {fname}, {error}.") from error
        if not texts["uploader"]:
            self.n_unknown_uploaders += 1
            texts["uploader"] = f"unknown uploader of {fname}"
        texts["license"] = texts["license"] or UNKNOWN_LICENSE
        return {**texts, "tags": [tag for tag in tags if tag]}

    def _class_id(self, mid: str, where: str) -> int:
        pk = self._class_ids.get(mid)
        if pk is None:
            raise SourceError(
                f"{where}: the ontology {self.ontology} has no class {mid[:64]!r}; load AudioSet's "
                "ontology and name it with --ontology."
            )
        return pk


_RATED = {"source": "FSD50K", "how": "validated"}
_COLLECTED = {"source": "FSD50K", "how": "collected"}


def _mids(cell: str) -> list[str]:
    return [mid for mid in cell.replace(" ", "").split(",") if mid]


def _answers(ratings: object, mid: str, where: str) -> tuple[str, ...]:
    if not isinstance(ratings, list) or not 1 <= len(ratings) <= MOST_RATINGS:
        raise SourceError(f"{where}: {mid[:64]!r} has no list of 1 to {MOST_RATINGS} ratings.")
    try:
        return tuple([ANSWER_OF_RATING[rating] for rating in ratings])
    except (KeyError, TypeError) as error:
        raise SourceError(
            f"{where}: {mid[:64]!r} has the ratings {str(ratings)[:60]}; a rating is 1 (PP), 0.5 "
            "(PNP), 0 (U) or -1 (NP)."
        ) from error


def _differing_edges(files: Mapping[str, Path], ontology: Ontology) -> Iterator[str]:
    if "edges" not in files:
        return
    rows = Edge.objects.filter(child__ontology=ontology)
    ours = {(c, p): up for c, p, up in rows.values_list("child__mid", "parent__mid", "propagates")}
    path = files["edges"]
    table = read_table(path, required=("child_mid", "parent_mid", "propagates"))
    n_differing = sum(
        ours.get((row["child_mid"], row["parent_mid"])) != (row["propagates"] == "1")
        for _, row in table
    )
    if n_differing:
        yield (
            f"The ontology {ontology} differs from {path.name} in {n_differing} edges: labels "
            "propagate here where they do not in FSD50K, or the other way round."
        )
