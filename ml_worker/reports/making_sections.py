"""The parts of a run's report that say what it heard and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml_worker.evaluation.stored_run import RunFacts
from ml_worker.reports.clip_media import BITRATE, EXCERPT_S, ClipMedia
from ml_worker.reports.markup import Html, join, tag, void
from ml_worker.reports.page import protocol_line
from ml_worker.reports.release_details import ReleaseDetails
from ml_worker.reports.words import decimals, seconds, size

Row = Mapping[str, Any]


def clips_section(
    clips: Row, media: Mapping[str, ClipMedia], release: ReleaseDetails, protocol: str
) -> Html:
    """Return the best and the worst clips as players, with what was labelled and what was heard."""
    if not clips["best"]:
        return Html()
    lead = join(
        "Clips by how well their labels rank among the scores (label-ranking average precision), "
        "then by cross-entropy. Bars are scores: ",
        tag("span", class_="key is-label"),
        "labelled by people, ",
        tag("span", class_="key"),
        f"not. Embedded are the first {EXCERPT_S:g} s of each, mono, MP3 {BITRATE}; the recordings "
        "themselves are in the release.",
    )
    return join(
        tag("p", lead),
        tag("h3", "Understood worst"),
        _cards(clips["worst"], media, release),
        tag("h3", "Understood best"),
        _cards(clips["best"], media, release),
        protocol_line(protocol),
    )


def making_section(facts: RunFacts, document: Row) -> Html:
    """Return recipe, versions, seed, device, time, memory and protocol."""
    protocol = document["protocol"]
    run = [
        ("Trained on", facts.trained_on or "unknown"),
        ("Seed", "unknown" if facts.seed is None else str(facts.seed)),
        *_machine(facts),
    ]
    data = [
        ("Release", f"{protocol['release']} {protocol['version']}".strip()),
        ("sha256", protocol["data_sha256"]),
        ("Split", protocol["split"]),
        ("Front-end", protocol["front_end"]),
        ("Aggregation", protocol["aggregation"]),
        ("Protocol", protocol["id"]),
    ]
    groups = [
        ("The run", run),
        ("Recipe", [(k, str(v)) for k, v in facts.recipe.items()]),
        ("Protocol of the figures", data),
        ("Versions", sorted(facts.made_by.items())),
    ]
    parts = [tag("div", tag("h3", title), _pairs(pairs)) for title, pairs in groups if pairs]
    return tag("div", parts, class_="settings")


def _machine(facts: RunFacts) -> list[tuple[str, str]]:
    summary, used = facts.summary, facts.used
    found = [("Device", summary.get("device")), ("Parameters", _count(summary.get("n_parameters")))]
    if "flag_use" in summary:
        n_used = f"{summary['flag_use']}, {_count(summary.get('n_flags_used'))} used"
        found.append(("Suspected labels", n_used))
    found.append(("Training time", _in(seconds, summary.get("seconds"))))
    found.append(("Whole job", _in(seconds, used.get("seconds"))))
    found.append(("Peak memory", _in(size, used.get("peak_memory_bytes"))))
    found.append(("Peak GPU memory", _in(size, used.get("peak_gpu_memory_bytes"))))
    return [(name, str(value)) for name, value in found if value]


def _count(value: Any) -> str | None:
    return f"{value:,}" if isinstance(value, int) else None


def _in(words: Any, value: Any) -> str | None:
    return words(value) if isinstance(value, int | float) else None


def _pairs(rows: Sequence[tuple[str, str]]) -> Html:
    cells = [join(tag("dt", name), tag("dd", value)) for name, value in rows]
    return tag("dl", cells, class_="pairs")


def _cards(rows: Sequence[Row], media: Mapping[str, ClipMedia], release: ReleaseDetails) -> Html:
    return tag("div", [_card(row, media.get(row["fname"]), release) for row in rows],
               class_="clips")  # fmt: skip


def _card(row: Row, media: ClipMedia | None, release: ReleaseDetails) -> Html:
    clip = release.clips.get(row["fname"])
    title = (clip and clip.title) or row["fname"]
    credit = [row["fname"], clip and clip.uploader, clip and clip.license]
    ranking = f"ranking {decimals(row['ranking'], 2)}"
    shown = {score["mid"]: score for score in (*row["labels"], *row["top"])}
    scores = sorted(shown.values(), key=lambda s: (s["rank"], s["mid"]))
    return tag(
        "article",
        tag("h4", title),
        tag("p", " · ".join(filter(None, [*credit, ranking])), class_="source"),
        _player(title, media),
        tag("ul", [_score(s, release) for s in scores], class_="scores"),
        class_="clip",
    )


def _player(title: str, media: ClipMedia | None) -> Html:
    if media is None:
        return Html()
    if media.problem:
        return tag("p", media.problem, class_="source")
    words = f"Spectrogram of {title}, {media.excerpt_s:.1f} of {media.duration_s:.1f} s"
    return join(
        void("img", src=media.picture, alt=words),
        tag("audio", controls=True, preload="metadata", src=media.audio, aria_label=title),
    )


def _score(score: Row, release: ReleaseDetails) -> Html:
    share = f"width: {score['score'] * 100:.1f}%"
    kind = "labelled" if score["is_label"] else "not labelled"
    return tag(
        "li",
        tag("span", release.name(score["mid"], score["name"]), class_="name"),
        tag("span", tag("span", style=share), class_="bar"),
        tag("span", decimals(score["score"], 2), class_="score"),
        class_="is-label" if score["is_label"] else None,
        title=f"{kind}, rank {score['rank']}",
    )
