"""The sections of README.md, each written from the card's numbers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from datasets_app.releases.dataset_card.citation import cite_release

Facts = Mapping[str, Any]
LOW_ALPHA = 0.4
"""Below this (exclusive) a class is named among the limits: people agree poorly on it."""
NAMED = 8
_SIMULATED = (
    "**This collection is a synthesised stand-in**: its sounds, uploaders and annotators were made "
    "by a program, to show the platform at work. Nothing can be learnt from it about real sounds."
)
_STRATEGIES = {
    "contamination": "least contamination",
    "random": "at random",
    "iterative": "iterative stratification",
}


def head(facts: Facts) -> str:
    """Say what the release is."""
    parent = facts["parent"]
    origin = (
        f"It follows release {plain(parent)} of the same collection."
        if parent
        else "The first release of its collection."
    )
    seconds = sum(part["duration_s"] for part in facts["parts"].values())
    n_clips = sum(part["n_clips"] for part in facts["parts"].values())
    lines = [
        f"# {plain(facts['collection'])} {plain(facts['version'])}",
        _SIMULATED if facts["is_simulated"] else origin,
        f"A dataset of sound events: {n_clips:,} clips ({seconds / 3600:,.2f} hours) with "
        f"{len(facts['classes']):,} classes, by {_n_uploaders(facts):,} uploaders. Every number "
        "and plot below is of this release; `metadata/card.json` has the numbers.",
    ]
    return "\n\n".join(lines)


def contents(facts: Facts) -> str:
    """Say how much there is of what."""
    parts = [
        (part, f"{found['n_clips']:,}", f"{found['duration_s'] / 3600:.2f}")
        for part, found in facts["parts"].items()
    ]
    states = [(state, f"{n:,}") for state, n in facts["states"].items()]
    lengths = facts["durations"]
    return "\n\n".join(
        [
            "## What is in it",
            table(("part", "clips", "hours"), parts),
            "![Clips of each class in dev and in eval](card/classes.svg)",
            f"Clips are {lengths['shortest_s']:g} to {lengths['longest_s']:g} s long, half of them "
            f"at most {lengths['median_s']:g} s.",
            "![Clips by length](card/durations.svg)",
            table(("label state", "(clip, class) pairs"), states),
            "Every (clip, class) that `ground_truth/labels.csv` does not list is an *implicit "
            "negative*: nobody was asked.",
            "![What was decided of each class](card/states.svg)",
        ]
    )


def labels(facts: Facts, rules: tuple[str, str]) -> str:
    """Say how labels came to be and how far people agreed."""
    origins = ", ".join(f"{n:,} are {origin}" for origin, n in facts["origins"].items())
    return "\n\n".join(
        [
            "## How the labels came to be",
            "People answered for each nominated (clip, class): present and predominant (PP), "
            "present but not predominant (PNP), not present (NP), unsure (U). "
            f"{rules[0]} {rules[1]} Of the positive labels {origins or 'there are none'}. The "
            "answers themselves are in `metadata/pp_pnp_ratings.json` (1.0 PP, 0.5 PNP, 0 U, "
            "-1 NP), the labels before propagation in `metadata/collection/`, all settings in "
            "`metadata/settings.json`.",
            "### Agreement",
            _agreement(facts["agreement"]),
            "![Agreement of each class](card/agreement.svg)",
            "### Noise",
            _noise(facts["noise"]),
        ]
    )


def splits(facts: Facts) -> str:
    """Say how clips were divided, with what proves it."""
    split, uploaders = facts["split"], facts["uploaders"]
    text = [
        "## Splits and their proof",
        f"{uploaders['n']['dev']:,} uploaders are in dev (train, val) and "
        f"{uploaders['n']['eval']:,} in eval; {split['n_uploaders_on_both_sides']:,} are in both. "
        f"Of {facts['n_duplicate_groups']:,} groups of near-duplicates "
        f"{split['n_duplicate_groups_on_both_sides']:,} are on both sides. "
        "`metadata/splits.csv` and `metadata/duplicate_groups.csv` list each with its side, and "
        "verification checks both again from the files alone.",
        "![Uploaders by how many clips they have](card/uploaders.svg)",
    ]
    if split["strategies"]:
        rows = [
            (
                _STRATEGIES.get(row["name"], row["name"]) + (" (used)" if row["is_chosen"] else ""),
                f"{row['within_class']:.1%}",
                f"{row['between_class']:.1%}",
            )
            for row in split["strategies"]
        ]
        text += [
            "Dev was divided into train and val so that few validation labels share their uploader "
            "with training: in the same class (WC) or in another one (BC). High shares make "
            "validation scores too good.",
            table(("division of dev", "WC", "BC"), rows),
        ]
    else:
        text.append("The division of dev came with the dataset, or was never compared with others.")
    return "\n\n".join(text)


def licenses(facts: Facts) -> str:
    """Say under which licences the recordings are, and what became of withdrawn clips."""
    rows = [
        (
            f"[{plain(row['name'])}]({row['address']})" if row["address"] else plain(row["name"]),
            f"{row['n_clips']:,}",
        )
        for row in facts["licenses"]
    ]
    n = facts["n_withdrawn"]
    return "\n\n".join(
        [
            "## Licences",
            "Each recording has its own licence and maker: `LICENSES.csv` has the line to credit "
            "for each clip.",
            table(("licence", "clips"), rows),
            f"{n:,} clip{' was' if n == 1 else 's were'} withdrawn from the collection before this "
            "release and left out of it. A clip that is withdrawn later stays in the releases that "
            "have it, for they never change, and is missing from the next one; whoever uses this "
            "release should then leave it out too.",
        ]
    )


def limits(facts: Facts) -> str:
    """Say what the release cannot tell, from its own numbers."""
    sizes = sorted((c["n_dev"] + c["n_eval"], c["name"]) for c in facts["classes"])
    (least, rarest), (most, commonest) = sizes[0], sizes[-1]
    n_pairs = sum(facts["states"].values())
    n_all = sum(p["n_clips"] for p in facts["parts"].values()) * len(sizes)
    low = [
        c["name"]
        for c in facts["classes"]
        if c["agreement"] and (c["agreement"]["alpha"] or 0.0) < LOW_ALPHA
        and c["agreement"]["alpha"] is not None
    ]  # fmt: skip
    points = [
        f"Labels are **incomplete**: something is said of {n_pairs / max(n_all, 1):.1%} of all "
        "(clip, class) pairs. The others are not known to be absent; train and score with that in "
        "mind.",
        f"Classes are **uneven**: {plain(commonest)} has {most:,} clips, {plain(rarest)} "
        f"{least:,}. {facts['n_merged']:,} classes had too few clips and were merged "
        "into wider ones or left out (`metadata/vocabulary_merges.csv`).",
        f"Clips come from **few people**: the largest uploader made "
        f"{facts['uploaders']['largest_share']:.1%} of them. Microphones, places and habits of "
        f"{_n_uploaders(facts):,} uploaders stand for the world here.",
        "Labels are **weak**: they say that a sound occurs in a clip, not when.",
    ]
    if facts["states"]["undecided"]:
        points.append(
            f"{facts['states']['undecided']:,} pairs are **undecided**: people differed, or too "
            "few answered. Losses should leave them out."
        )
    if low:
        points.append(
            f"People **agree little** (α below {LOW_ALPHA}) on {len(low)} classes: "
            f"{_listed(low)}. Their labels are less sure than their number suggests."
        )
    return "## Limits and biases\n\n" + "\n".join(f"- {point}" for point in points)


def citing(facts: Facts) -> str:
    """Say how to cite."""
    found = cite_release(
        collection=facts["collection"],
        version=facts["version"],
        n_clips=sum(part["n_clips"] for part in facts["parts"].values()),
        n_classes=len(facts["classes"]),
    )
    return (
        f"## How to cite\n\n{plain(found.plain)}\n\n```bibtex\n{found.bibtex}\n```\n\n"
        "Add the year and the address you have it from; the sha256 of `MANIFEST.json` names these "
        "very files. Where a licence asks for it, credit the makers of the recordings too."
    )


VERIFYING = """\
## How to verify

    python manage.py verify_release DIR

re-computes the sha256 of every file in `MANIFEST.json`, and checks that no uploader and no group \
of near-duplicates is on both sides, that labels are closed under propagation, and that the files \
agree with each other. Without Harken: the manifest is plain JSON, any sha256 tool will do."""


def _agreement(found: Mapping[str, Any]) -> str:
    if found["alpha"] is None:
        return "Agreement is not defined here: nobody answered twice, or all answers are alike."
    between = "" if found["low"] is None else f" [{found['low']:.3f}, {found['high']:.3f}]"
    return (
        f"Krippendorff's α is **{found['alpha']:.3f}**{between} (95 % bootstrap interval over "
        f"nominations) and raw agreement {found['raw']:.1%}, of {found['n_ratings']:,} answers to "
        f"{found['n_units']:,} nominations. α is 1 where all agree and 0 where they agree as often "
        "as by chance."
    )


def _noise(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return (
            "There was no noise audit: no expert has labelled clips of this collection anew and "
            "exhaustively, so the share of wrong and of missing labels is not known."
        )
    return (
        f"Experts labelled {found['n_clips']:,} clips anew and exhaustively "
        f"({found['n_complete']:,} are certified complete). Of the labels decided before them they "
        f"confirmed {_share(found['confirmed'])}; {_share(found['added'])} of the labels now "
        f"present had been missing, and {_share(found['clips_gained'])} of the clips gained one. "
        f"In FSD50K's evaluation set {found['fsd50k']['confirmed']:.1%} were confirmed and "
        f"{found['fsd50k']['clips_gained']:.1%} of the clips gained a label."
    )


def _share(share: Mapping[str, Any]) -> str:
    if share["share"] is None:
        return "none to judge"
    return f"{share['share']:.1%} [{share['low']:.1%}, {share['high']:.1%}]"


def _n_uploaders(facts: Facts) -> int:
    n = facts["uploaders"]["n"]
    return n["dev"] + n["eval"] - facts["split"]["n_uploaders_on_both_sides"]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return "; ".join(plain(name) for name in names[:NAMED]) + more


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table: the first column left, the others right."""
    rule = "|".join(["---", *("---:" for _ in columns[1:])])
    lines = [" | ".join(columns), *(" | ".join(row) for row in rows)]
    return "\n".join([f"| {lines[0]} |", f"|{rule}|", *(f"| {line} |" for line in lines[1:])])


def plain(text: str) -> str:
    r"""Return text that Markdown shows as it stands, on one line.

    Examples
    --------
    >>> print(plain("CC-BY | x"))
    CC-BY \| x
    """
    return re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", " ".join(text.split()))
