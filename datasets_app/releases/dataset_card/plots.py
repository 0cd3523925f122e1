"""The five pictures of a dataset card, each drawn from the card's numbers at a given width."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from datasets_app.releases.dataset_card.drawing import WIDE, Picture, round_ticks, short

ROW_PX, TOP_PX, BOTTOM_PX, PLOT_PX = 22, 26, 34, 220
MOST_NAMED = 60
"""Above so many classes they stand by rank, without names: the card's file has them all."""
DEV_EVAL = (("a", "n_dev", "dev"), ("b", "n_eval", "eval"))
STATES = (
    ("a", "positive", "present"),
    ("b", "negative", "not present"),
    ("c", "undecided", "open"),
)

Facts = Mapping[str, Any]
Row = tuple[str, Sequence[int]]


def classes_plot(facts: Facts, width: int = WIDE) -> Picture:
    """Draw the clips of each class in dev and eval, the most frequent first."""
    rows = [(c["name"], (c["n_dev"], c["n_eval"])) for c in facts["classes"]]
    rows.sort(key=lambda row: (-sum(row[1]), row[0]))
    title = f"Clips of each of {len(rows)} classes, in dev and in eval"
    return _stacks(title, rows, [(look, name) for look, _, name in DEV_EVAL], "clips", width)


def states_plot(facts: Facts, width: int = WIDE) -> Picture:
    """Draw what was decided of each class: present, not present, open."""
    rows = [
        (c["name"], (c["n_dev"] + c["n_eval"], c["n_negative"], c["n_undecided"]))
        for c in facts["classes"]
    ]
    rows.sort(key=lambda row: (-sum(row[1]), row[0]))
    title = f"What was decided of the clips asked about, for each of {len(rows)} classes"
    return _stacks(title, rows, [(look, name) for look, _, name in STATES], "clips", width)


def durations_plot(facts: Facts, width: int = WIDE) -> Picture:
    """Draw how many clips have which length."""
    found = facts["durations"]
    step = found["width_s"]
    columns = [
        (f"{step * i:g} to {step * (i + 1):g} s", counts)
        for i, counts in enumerate(
            zip(found["counts"]["dev"], found["counts"]["eval"], strict=True)
        )
    ]
    edges = [f"{step * i:g}" for i in range(len(columns) + 1)]
    return _columns("Clips by length, in dev and in eval", columns, edges, ("clips", "s"), width)


def uploaders_plot(facts: Facts, width: int = WIDE) -> Picture:
    """Draw how many uploaders have how many clips, in bins that double."""
    columns = [(f"{_span(b)} clips", (b["dev"], b["eval"])) for b in facts["uploaders"]["bins"]]
    names = [_span(b) for b in facts["uploaders"]["bins"]]
    title = "Uploaders by how many clips they have, in dev and in eval"
    return _columns(title, columns, names, ("uploaders", "clips each"), width)


def agreement_plot(facts: Facts, width: int = WIDE) -> Picture:
    """Draw Krippendorff's α of each class with its interval, the least first."""
    rows = [
        (c["name"], c["agreement"])
        for c in facts["classes"]
        if c["agreement"] and c["agreement"]["alpha"] is not None
    ]
    rows.sort(key=lambda row: (row[1]["alpha"], row[0]))
    is_named = len(rows) <= MOST_NAMED
    row_px = ROW_PX if is_named else max(2.0, PLOT_PX * 2 / len(rows))
    left = _room(width) if is_named else 12
    height = int(TOP_PX + row_px * len(rows) + BOTTOM_PX)
    picture = Picture(f"Krippendorff’s α of {len(rows)} classes with 95 % intervals", width, height)
    lows = [row["low"] for _, row in rows if row["low"] is not None]
    least = min([0.0, *lows, *(row["alpha"] for _, row in rows)])
    least = max(-1.0, -0.25 * -(least // 0.25))
    scale = (width - left - 16) / (1 - least)

    def x(value: float) -> float:
        return left + (max(value, least) - least) * scale

    for tick in (least + 0.25 * i for i in range(round((1 - least) / 0.25) + 1)):
        picture.line(x(tick), TOP_PX - 6, x(tick), height - BOTTOM_PX, look="grid")
        picture.text(x(tick), height - 14, f"{tick:g}", anchor="middle", look="soft")
    start = left if width >= WIDE else 4
    picture.text(start, 12, "α: 1 is perfect, 0 is what chance gives", look="soft")
    for i, (name, found) in enumerate(rows):
        y = TOP_PX + row_px * (i + 0.5)
        if is_named:
            picture.text(left - 10, y + 4, short(name, left - 10), anchor="end")
        if found["low"] is not None:
            picture.line(x(found["low"]), y, x(found["high"]), y, look="band", width=3)
        hint = f"{name}: α {found['alpha']:.2f}{_interval(found)}, {found['n_ratings']:,} answers"
        picture.dot(x(found["alpha"]), y, 4.5 if is_named else 2.5, look="a", hint=hint)
    return picture


PLOTS: dict[str, Callable[..., Picture]] = {
    "classes": classes_plot,
    "states": states_plot,
    "durations": durations_plot,
    "uploaders": uploaders_plot,
    "agreement": agreement_plot,
}


def _stacks(
    title: str, rows: Sequence[Row], kinds: Sequence[tuple[str, str]], unit: str, width: int
) -> Picture:
    """Draw counts one after the other, a row for each class; by rank where there are many."""
    if len(rows) > MOST_NAMED:
        return _ranks(title, rows, kinds, unit, width)
    left, height = _room(width), TOP_PX + ROW_PX * len(rows) + BOTTOM_PX
    picture = Picture(title, width, height)
    largest = max((sum(counts) for _, counts in rows), default=0)
    scale = (width - left - 48) / max(largest, 1)
    picture.legend(kinds, x=left if width >= WIDE else 4, y=12)
    for tick in round_ticks(largest, 5 if width >= WIDE else 3):
        x = left + tick * scale
        picture.line(x, TOP_PX - 4, x, height - BOTTOM_PX, look="grid")
        picture.text(x, height - 14, f"{tick:,}", anchor="middle", look="soft")
    for i, (name, counts) in enumerate(rows):
        y = TOP_PX + ROW_PX * i
        picture.text(left - 10, y + 15, short(name, left - 10), anchor="end")
        x = float(left)
        for (look, kind), n in zip(kinds, counts, strict=True):
            picture.bar(x, y + 4, n * scale, ROW_PX - 8, look=look, hint=f"{name}: {n:,} {kind}")
            x += n * scale
        picture.text(x + 6, y + 15, f"{sum(counts):,}", look="soft")
    picture.text(width - 4, 12, unit, anchor="end", look="soft")
    return picture


def _ranks(
    title: str, rows: Sequence[Row], kinds: Sequence[tuple[str, str]], unit: str, width: int
) -> Picture:
    """Draw a thin column for each class, the largest first; only the ends are named."""
    picture, base, scale, left = _upright(title, [sum(c) for _, c in rows], width)
    picture.legend(kinds, x=left, y=12)
    picture.text(width - 4, 12, f"{unit}, by rank of class", anchor="end", look="soft")
    step = (width - left - 8) / len(rows)
    for i, (name, counts) in enumerate(rows):
        y = float(base)
        for (look, kind), n in zip(kinds, counts, strict=True):
            y -= n * scale
            hint = f"{i + 1}. {name}: {n:,} {kind}"
            picture.bar(left + i * step, y, max(step - 0.5, 0.5), n * scale, look=look, hint=hint)
    picture.text(left, base + 16, short(f"1. {rows[0][0]}", width / 2 - left), look="soft")
    last = short(f"{len(rows)}. {rows[-1][0]}", width / 2)
    picture.text(width - 8, base + 16, last, anchor="end", look="soft")
    return picture


def _columns(
    title: str, columns: Sequence[Row], names: Sequence[str], units: tuple[str, str], width: int
) -> Picture:
    """Draw upright stacks; one name for each, or, with one name more, names at their edges."""
    picture, base, scale, left = _upright(title, [sum(c) for _, c in columns], width)
    picture.legend([(look, name) for look, _, name in DEV_EVAL], x=left, y=12)
    picture.text(width - 4, 12, units[0], anchor="end", look="soft")
    step = (width - left - 24) / len(columns)
    for i, (span, counts) in enumerate(columns):
        y = float(base)
        for (look, _, side), n in zip(DEV_EVAL, counts, strict=True):
            y -= n * scale
            hint = f"{span}: {n:,} in {side}"
            picture.bar(left + i * step + 1, y, step - 2, n * scale, look=look, hint=hint)
    shift = 0.0 if len(names) > len(columns) else 0.5
    every = -(-len(names) * 44 // (width - left))
    for i, name in list(enumerate(names))[::every]:
        picture.text(left + (i + shift) * step, base + 16, name, anchor="middle", look="soft")
    picture.text(width - 4, base + 30, units[1], anchor="end", look="soft")
    return picture


def _upright(title: str, heights: Sequence[int], width: int) -> tuple[Picture, int, float, int]:
    """Return a picture with a scale on its left: it, its base line, px for one, and its left."""
    picture = Picture(title, width, TOP_PX + PLOT_PX + BOTTOM_PX)
    base, largest = TOP_PX + PLOT_PX, max(heights, default=0)
    left = 16 + 7 * len(f"{largest:,}")
    scale = PLOT_PX / max(largest, 1)
    for tick in round_ticks(largest, 4):
        y = base - tick * scale
        picture.line(left, y, width - 8, y, look="grid" if tick else "axis")
        picture.text(left - 6, y + 4, f"{tick:,}", anchor="end", look="soft")
    return picture, base, scale, left


def _room(width: int) -> int:
    """Return how much of a width is for the names of rows."""
    return 200 if width >= WIDE else 118


def _span(found: Mapping[str, int]) -> str:
    low, high = found["from"], found["to"]
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _interval(found: Mapping[str, float | None]) -> str:
    return "" if found["low"] is None else f" [{found['low']:.2f}, {found['high']:.2f}]"
