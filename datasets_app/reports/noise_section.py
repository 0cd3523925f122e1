"""How many labels were wrong and how many were missing."""

from collections.abc import Mapping
from typing import Any

from datasets_app.reports.exhibits import Exhibit, Section, counted
from datasets_app.reports.figures_in_words import percent
from datasets_app.reports.label_figures import noise_figure

FEW = 10
"""Below so many decided proposals (exclusive) no class is named as the noisiest."""


def noise_section(*, noise: Mapping[str, Any]) -> Section:
    """Return an audit by ``labels.noise.audit_labels``."""
    title = "Noise of the proposed labels"
    overall = noise["overall"]
    if not noise["classes"]:
        return Section(
            "noise", title, "No proposed label is decided yet, so its noise is not known."
        )
    fsd50k = noise["fsd50k"]
    return Section(
        "noise",
        title,
        f"People confirmed {_told(overall['confirmed'])} of the decided proposals and rejected "
        f"{percent(overall['rejected']['share'])}; {_told(overall['added'])} of the labels present "
        f"had been missing. {_told(noise['clips_gained'])} of the clips gained a label. "
        f"{counted(noise['n_undecided'], 'proposal')} came to no decision.",
        exhibits=[_by_class(noise)],
        notes=[
            f"{noise['compared']} FSD50K has {percent(fsd50k['confirmed'], 1)} confirmed and "
            f"{percent(fsd50k['clips_gained'], 1)} of clips that gained a label. {fsd50k['note']}"
        ],
    )


def _told(share: Mapping[str, Any]) -> str:
    if share["share"] is None:
        return "none"
    return f"{percent(share['share'])} ({_interval(share)})"


def _interval(share: Mapping[str, Any]) -> str:
    return f"{percent(share['low'])} to {percent(share['high'])}"


def _by_class(noise: Mapping[str, Any]) -> Exhibit:
    rows = sorted(
        noise["classes"],
        key=lambda row: (
            1.0 if row["confirmed"]["share"] is None else row["confirmed"]["share"],
            row["name"],
        ),
    )
    noisiest = next((row for row in rows if row["confirmed"]["total"] >= FEW), None)
    finding = f"No class has {FEW} decided proposals yet."
    if noisiest:
        found = noisiest["confirmed"]
        finding = (
            f"“{noisiest['name']}” is proposed wrongly most often: {found['n']:,} of "
            f"{found['total']:,} were confirmed."
        )
    return Exhibit(
        "noise",
        "By class",
        finding,
        "Share of the decided proposals that people confirmed (the rest they rejected), and share "
        "of the labels present that nobody had proposed, with 95 % Wilson intervals.",
        noise_figure(rows),
        ("Class", "confirmed", "95 % interval", "rejected", "decided", "added", "95 % interval",
         "labels present"),
        [
            (
                row["name"],
                percent(row["confirmed"]["share"]),
                _interval(row["confirmed"]) if row["confirmed"]["total"] else "–",
                percent(row["rejected"]["share"]),
                f"{row['confirmed']['total']:,}",
                percent(row["added"]["share"]),
                _interval(row["added"]) if row["added"]["total"] else "–",
                f"{row['added']['total']:,}",
            )
            for row in rows
        ],
    )  # fmt: skip
