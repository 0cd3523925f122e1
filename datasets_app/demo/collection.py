"""Writes the bundled demo collection in the documented folder layout.

The layout is the one a real collection comes in (``ontology.json``, ``clips.csv``, ``clips/``,
``validation_votes.csv``), with two files more: ``truth.csv``, what each clip really holds, and
``annotators.csv``, the error rates of the simulated annotators. Both are used only to simulate
people's answers; ``made_with.json`` marks a complete folder and says how it was made.
"""

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from pathlib import Path

from datasets_app.demo.annotators import DEMO_ANNOTATORS, Truth, VoteRow
from datasets_app.demo.audio_files import write_audio
from datasets_app.demo.planning import ClipPlan, plan_clips
from datasets_app.demo.rendering import render_clip
from datasets_app.demo.seeding import named_generator
from datasets_app.demo.simulated_votes import simulate_first_votes
from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.uploaders import draw_uploaders
from datasets_app.demo.vocabulary import BUILTIN_ONTOLOGY, load_builtin_classes
from datasets_app.demo.wording import ClipWords, write_words

RECIPE_VERSION = 1
N_UPLOADERS = 44
STAMP = "made_with.json"
CLIP_COLUMNS = (
    "clip_id", "file", "freesound_id", "title", "uploader", "license", "source_url", "tags",
    "description",
)  # fmt: skip
LICENSES = ("CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "CC-BY-NC-4.0")
LICENSE_SHARES = (0.5, 0.25, 0.15, 0.1)

Progress = Callable[[int, int], None]


def write_bundled_collection(
    folder: Path, *, seed: int = 7, n_clips: int = 240, progress: Progress | None = None
) -> None:
    """Synthesise the demo collection into ``folder``, whole or not at all.

    A folder that was made with the same settings is left as it is; one made with other
    settings is replaced. The same seed gives the same bytes of every file.

    Parameters
    ----------
    folder
        Where the collection goes; its parent is created.
    seed
        The only source of chance.
    n_clips
        How many clips, at least 44 (one for each uploader).
    progress
        Called with (clips done, clips in all) after every clip.

    Raises
    ------
    FileExistsError
        If the folder holds something else than a demo collection.
    ValueError
        If there are fewer clips than uploaders.
    """
    settings = {"recipe": RECIPE_VERSION, "seed": seed, "n_clips": n_clips}
    if _made_with(folder) == settings:
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        _write_collection(fresh, seed, n_clips, progress)
        (fresh / STAMP).write_text(json.dumps(settings) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rename(Path(scratch) / "stale")
        fresh.rename(folder)


def _made_with(folder: Path) -> dict[str, int] | None:
    """Settings of an existing demo collection; None if there is nothing yet."""
    if not folder.exists() or not any(folder.iterdir()):
        return None
    if not (folder / STAMP).is_file():
        raise FileExistsError(
            f"{folder} holds files that are not a demo collection; name an empty or a new folder."
        )
    settings: dict[str, int] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    return settings


def _write_collection(folder: Path, seed: int, n_clips: int, progress: Progress | None) -> None:
    (folder / "clips").mkdir(parents=True)
    shutil.copyfile(BUILTIN_ONTOLOGY, folder / "ontology.json")
    uploaders = draw_uploaders(
        named_generator(seed, "uploaders"),
        n_clips=n_clips,
        n_uploaders=N_UPLOADERS,
        mids=list(SOUND_KINDS),
    )
    plans = plan_clips(seed, uploaders)
    words = {
        plan.clip_id: write_words(
            named_generator(seed, "words", plan.clip_id), plan.mid, plan.second_mid
        )
        for plan in plans
    }
    _write_csv(
        folder / "clips.csv",
        CLIP_COLUMNS,
        (_clip_row(seed, plan, words[plan.clip_id]) for plan in plans),
    )
    truth = {plan.clip_id: content_of(plan) for plan in plans}
    _write_truth(folder / "truth.csv", truth)
    _write_annotators(folder / "annotators.csv")
    votes = simulate_first_votes(words, truth, load_builtin_classes(), seed=seed)
    _write_csv(folder / "validation_votes.csv", VoteRow._fields, votes)
    _write_audio(folder, seed, plans, progress)


def file_of(plan: ClipPlan) -> str:
    """Path of the clip's recording inside the collection."""
    return f"clips/{plan.clip_id}.{plan.extension}"


def _clip_row(seed: int, plan: ClipPlan, words: ClipWords) -> tuple[str, ...]:
    rng = named_generator(seed, "license", plan.clip_id)
    uploader = plan.uploader.name
    return (
        plan.clip_id,
        file_of(plan),
        "",
        words.title,
        uploader,
        str(rng.choice(LICENSES, p=LICENSE_SHARES)),
        f"https://example.org/people/{uploader}/sounds/{plan.clip_id}/",
        ";".join(words.tags),
        words.description,
    )


def content_of(plan: ClipPlan) -> dict[str, bool]:
    """What the clip really holds: class id -> whether it is predominant."""
    second = {plan.second_mid: False} if plan.second_mid is not None else {}
    return {plan.mid: True, **second}


def _write_truth(path: Path, truth: Truth) -> None:
    rows = [
        (clip_id, mid, int(predominant))
        for clip_id, content in truth.items()
        for mid, predominant in content.items()
    ]
    _write_csv(path, ("clip_id", "mid", "predominant"), rows)


def _write_annotators(path: Path) -> None:
    header = (
        "annotator", "kind", "p_confuse_predominance", "p_miss", "p_false_alarm", "p_unsure",
    )  # fmt: skip
    rows = [
        (each.annotator, each.kind.value, *astuple(each.reliability)) for each in DEMO_ANNOTATORS
    ]
    _write_csv(path, header, rows)


def _write_audio(
    folder: Path, seed: int, plans: Sequence[ClipPlan], progress: Progress | None
) -> None:
    by_id = {plan.clip_id: plan for plan in plans}
    for n_done, plan in enumerate(plans, start=1):
        samples = render_clip(seed, plan, by_id)
        write_audio(folder / file_of(plan), samples, plan.uploader.chain.rate_hz)
        if progress is not None:
            progress(n_done, len(plans))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
