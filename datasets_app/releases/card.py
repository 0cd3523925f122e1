"""README.md of a release: what it is, in one page."""

import re
from pathlib import Path

from datasets_app.releases.layout import CARD
from datasets_app.releases.plan import ReleasePlan
from datasets_app.releases.tally import ReleaseTally

_CARD = """\
# {collection} {version}

{origin}

## What is in it

| part | clips | hours |
|---|---:|---:|
{parts}

{n_classes} classes; {n_uploaders} uploaders and {n_duplicates} groups of near-duplicates, none of \
them both in dev (train, val) and in eval (`metadata/splits.csv`, `metadata/duplicate_groups.csv`).

| label state | (clip, class) pairs |
|---|---:|
{states}

Every (clip, class) that `ground_truth/labels.csv` does not list is an *implicit negative*: \
nobody was asked.

## How the labels came to be

People answered for each nominated (clip, class): present and predominant (PP), present but not \
predominant (PNP), not present (NP), unsure (U). {decision} {propagation} Of the positive labels \
{origins}. The answers themselves are in `metadata/pp_pnp_ratings.json` (1.0 PP, 0.5 PNP, 0 U, \
-1 NP), the labels before propagation in `metadata/collection/`, all settings in \
`metadata/settings.json`.

## Licences

Each recording has its own licence and maker: `LICENSES.csv` has the line to credit for each clip.

| licence | clips |
|---|---:|
{licenses}

## How to verify

    python manage.py verify_release DIR

re-computes the sha256 of every file in `MANIFEST.json`, and checks that no uploader and no group \
of near-duplicates is on both sides, that labels are closed under propagation, and that the files \
agree with each other. \
Without Harken: the manifest is plain JSON, any sha256 tool will do.
"""
_SIMULATED = (
    "**This collection is a synthesised stand-in**: its sounds, uploaders and annotators were made "
    "by a program, to show the platform at work. Nothing can be learnt from it about real sounds."
)


def write_card(
    folder: Path, plan: ReleasePlan, tally: ReleaseTally, rules: tuple[str, str]
) -> None:
    """Write the card; ``rules`` are the sentences on decision and propagation."""
    text = _CARD.format(
        collection=plan.collection.name,
        version=plan.version,
        origin=_SIMULATED if plan.collection.is_simulated else _lineage(plan),
        parts="\n".join(
            f"| {part} | {tally.n_clips[part]:,} | {tally.duration_s[part] / 3_600_000:.2f} |"
            for part in ("train", "val", "eval")
        ),
        n_classes=len(plan.vocabulary),
        n_uploaders=len(tally.uploaders),
        n_duplicates=len({group for group, _, _ in tally.duplicates}),
        states="\n".join(
            f"| {state} | {tally.n_states[state]:,} |"
            for state in ("positive", "negative", "undecided")
        ),
        decision=rules[0],
        propagation=rules[1],
        origins=", ".join(f"{n:,} are {origin}" for origin, n in sorted(tally.n_origins.items()))
        or "there are none",
        licenses="\n".join(
            f"| {plain(name)} | {n:,} |" for name, n in sorted(tally.licenses.items())
        ),
    )
    (folder / CARD).write_text(text, encoding="utf-8", newline="\n")


def _lineage(plan: ReleasePlan) -> str:
    if plan.parent is None:
        return "The first release of its collection."
    return f"It follows release {plan.parent.version} of the same collection."


def plain(text: str) -> str:
    r"""Return text that Markdown shows as it stands, on one line.

    Examples
    --------
    >>> print(plain("CC-BY | x"))
    CC-BY \| x
    """
    return re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", " ".join(text.split()))
