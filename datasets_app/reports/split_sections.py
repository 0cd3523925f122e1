"""What a split did: contamination of the strategies, and where each uploader went."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from datasets_app.reports.counts import uploader_sizes
from datasets_app.reports.exhibits import Exhibit, Section, counted, listed
from datasets_app.reports.figures import uploader_sizes_figure
from datasets_app.reports.figures_in_words import percent
from datasets_app.reports.label_figures import contamination_figure
from datasets_app.splits.models import Split
from datasets_app.splits.selectors import contamination_rows

NO_SPLIT = "There is no split yet; assign_splits makes one."
_IN_A_SENTENCE = {
    "contamination": "with least contamination",
    "random": "at random",
    "iterative": "by iterative stratification",
}
_NAMES = {
    "contamination": "least contamination",
    "random": "at random",
    "iterative": "iterative stratification",
}


def contamination_section(*, split: Split | None) -> Section:
    """Return how many validation labels each strategy would share with training."""
    title = "Contamination of validation"
    rows = _strategies(split)
    if not rows:
        return Section(
            "contamination",
            title,
            "This split came with its dataset, or is older than the comparison of strategies: none "
            "were compared."
            if split
            else NO_SPLIT,
        )
    return Section(
        "contamination",
        title,
        "Where an uploader is both in training and in validation, a model is rewarded for knowing "
        "the microphone: scores on validation come out too good.",
        exhibits=[_strategies_exhibit(rows)],
    )


def _strategies(split: Split | None) -> list[dict[str, Any]]:
    if split is None or str(split.contamination.get("chosen")) not in split.contamination:
        return []
    return [
        {
            **row,
            "label": _NAMES.get(row["name"], row["name"]) + (" ✓" if row["is_chosen"] else ""),
        }
        for row in contamination_rows(split=split)
    ]


def _strategies_exhibit(rows: Sequence[Mapping[str, Any]]) -> Exhibit:
    chosen = next((row for row in rows if row["is_chosen"]), rows[0])
    others = [row for row in rows if row is not chosen]
    compared = " and ".join(
        f"{percent(row['within_class'])} {_IN_A_SENTENCE.get(row['name'], row['name'])}"
        for row in others
    )
    finding = (
        f"In the chosen division {percent(chosen['within_class'])} of the validation labels share "
        "uploader and class with training"
    )
    return Exhibit(
        "contamination",
        "Three ways to divide dev",
        f"{finding}; it would be {compared}." if compared else f"{finding}.",
        "Share of validation labels whose uploader is in training with the same class (WC) or "
        "with another one (BC). Lower is better; ✓ is the division that was made.",
        contamination_figure(rows),
        ("Strategy", "same class (WC)", "another class (BC)", "uploaders divided",
         "validation share of a class"),
        [
            (
                row["label"],
                percent(row["within_class"], 1),
                percent(row["between_class"], 1),
                f"{row['n_contaminated_groups']:,}",
                _shares(row["val_share_per_class"]),
            )
            for row in rows
        ],
    )  # fmt: skip


def _shares(shares: Mapping[str, float | None]) -> str:
    if shares["mean"] is None:
        return "–"
    return f"{percent(shares['min'], 1)} to {percent(shares['max'], 1)}"


def uploaders_section(*, split: Split | None) -> Section:
    """Return how many clips each uploader has in dev and in eval."""
    title = "Uploaders"
    rows = uploader_sizes(split=split) if split else []
    if not rows:
        return Section("uploaders", title, NO_SPLIT)
    n_clips = {side: [r["n_clips"] for r in rows if r["side"] == side] for side in ("dev", "eval")}
    ordered = sorted(rows, key=lambda r: (-r["n_clips"], r["uploader"]))
    total, n_tenth = sum(map(sum, n_clips.values())), -(-len(rows) // 10)
    tenth = sum(row["n_clips"] for row in ordered[:n_tenth])
    return Section(
        "uploaders",
        title,
        f"Dev has {counted(sum(n_clips['dev']), 'clip')} by "
        f"{counted(len(n_clips['dev']), 'uploader')}, eval {counted(sum(n_clips['eval']), 'clip')} "
        f"by {counted(len(n_clips['eval']), 'uploader')}. {_divided(rows)}",
        exhibits=[
            Exhibit(
                "uploaders",
                "By size",
                f"The largest {counted(n_tenth, 'uploader')} made {percent(tenth / total)} of the "
                "clips.",
                "Clips of each uploader, the largest first; each colour is one side.",
                uploader_sizes_figure(rows),
                ("Uploader", "side", "clips"),
                [(row["uploader"], row["side"], f"{row['n_clips']:,}") for row in ordered],
            )
        ],
    )


def _divided(rows: Sequence[Mapping[str, Any]]) -> str:
    if len({row["side"] for row in rows}) < 2:
        return "There is only one side, so there is nobody to divide."
    sides = Counter(row["uploader"] for row in rows)
    divided = sorted(name for name, n in sides.items() if n > 1)
    if divided:
        return (
            f"{counted(len(divided), 'uploader')} {'is' if len(divided) == 1 else 'are'} in both: "
            f"{listed(divided)}."
        )
    return "Nobody is divided between them; small and diverse uploaders go to eval first."
