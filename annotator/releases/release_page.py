"""Everything the page of a release shows."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from annotator.curation.runs import RunRow, run_rows
from annotator.releases.card_facts import card_facts, card_plots
from annotator.releases.ready_difference import DifferenceCounts, difference_counts
from annotator.releases.release_files import ReleaseFiles, release_files
from annotator.releases.words import FORMATS, STRATEGIES
from datasets_app.domain.clips.licenses import license_address, license_name
from datasets_app.releases.dataset_card.citation import Citation, cite_release
from datasets_app.releases.dataset_card.facts import PARTS
from datasets_app.releases.models import Release

RUNS_SHOWN = 12
LOW_ALPHA = 0.4
LOW_NAMED = 6


@dataclass(frozen=True, slots=True)
class LicenseLine:
    """A licence, where its text is, and how many clips have it."""

    name: str
    address: str | None
    n_clips: int


@dataclass(frozen=True, slots=True)
class FormatLine:
    """One of the formats side by side, with its files."""

    name: Promise | str
    n_files: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class StrategyLine:
    """A way to divide dev, with what validation shares with training, in percent."""

    name: Promise | str
    is_chosen: bool
    within_percent: float
    between_percent: float


@dataclass(frozen=True, slots=True)
class PartLine:
    """Clips and hours of train, val or eval."""

    n_clips: int
    hours: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What the release cannot tell, in numbers for sentences."""

    asked_percent: float
    largest: dict[str, Any]
    smallest: dict[str, Any]
    largest_uploader_percent: float
    low_classes: list[str]
    n_low: int


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """The page from top to bottom; ``facts`` is None where the release has no numbers of a card."""

    release: Release
    parent: Release | None
    facts: dict[str, Any] | None
    plots: dict[str, Any]
    limits: Limits | None
    strategies: list[StrategyLine]
    licenses: list[LicenseLine]
    formats: list[FormatLine]
    files: ReleaseFiles | None
    changed: DifferenceCounts | None
    runs: list[RunRow]
    citation: Citation
    address: str

    low_alpha = LOW_ALPHA

    @property
    def parts(self) -> list[tuple[str, PartLine]]:
        """The parts of the split, in the order of their use."""
        found = self.facts["parts"] if self.facts else {}
        return [
            (part, PartLine(found[part]["n_clips"], found[part]["duration_s"] / 3600))
            for part in PARTS
            if part in found
        ]

    @property
    def n_clips(self) -> int:
        """How many clips it holds."""
        return sum(self.release.summary.get("n_clips", {}).values())

    @property
    def n_uploaders(self) -> int:
        """How many people made them; a release has none on both sides."""
        return sum(self.release.summary.get("n_uploaders", {}).values())

    @property
    def hours(self) -> float:
        """How long they are together."""
        return self.release.summary.get("duration_s", 0.0) / 3600


def release_page(release: Release, origin: str, *, parent: Release | None) -> ReleasePage:
    """Gather the page; the number of queries does not grow with release or collection.

    ``origin`` is the site's own address (scheme and host), for what is copied; ``parent`` the
    release before, where the reader may see it.
    """
    facts = card_facts(release)
    summary = release.summary
    name, version = release.collection.name, release.version
    address = origin + reverse("release", args=[name, version])
    return ReleasePage(
        release=release,
        parent=parent,
        facts=facts,
        plots=card_plots(release, facts) if facts else {},
        limits=_limits(facts) if facts else None,
        strategies=_strategies(facts) if facts else [],
        licenses=_licenses(summary.get("n_by_license", {})),
        formats=_formats(summary.get("formats", {})),
        files=release_files(release),
        changed=difference_counts(parent, release) if parent else None,
        runs=_runs(release),
        citation=cite_release(
            collection=name,
            version=version,
            n_clips=sum(summary.get("n_clips", {}).values()),
            n_classes=summary.get("n_classes", 0),
            year=release.created_at.year,
            manifest_sha256=release.manifest_sha256,
            address=address,
        ),
        address=address,
    )


def _runs(release: Release) -> list[RunRow]:
    jobs = release.jobs.select_related("release", "teacher__release")
    return run_rows(list(jobs.order_by("-created_at", "-pk")[:RUNS_SHOWN]))


def _licenses(counts: dict[str, int]) -> list[LicenseLine]:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return [LicenseLine(license_name(text), license_address(text), n) for text, n in rows]


def _formats(found: dict[str, dict[str, int]]) -> list[FormatLine]:
    ordered = sorted(found, key=lambda name: (name != "fsd50k", name))
    return [
        FormatLine(FORMATS.get(name, name), found[name]["files"], found[name]["bytes"])
        for name in ordered
    ]


def _strategies(facts: dict[str, Any]) -> list[StrategyLine]:
    return [
        StrategyLine(
            STRATEGIES.get(row["name"], row["name"]),
            row["is_chosen"],
            100 * row["within_class"],
            100 * row["between_class"],
        )
        for row in facts["split"]["strategies"]
    ]


def _limits(facts: dict[str, Any]) -> Limits:
    classes = [{"name": c["name"], "n": c["n_dev"] + c["n_eval"]} for c in facts["classes"]]
    classes.sort(key=lambda c: (-c["n"], c["name"]))
    n_pairs = sum(facts["states"].values())
    n_all = len(classes) * sum(part["n_clips"] for part in facts["parts"].values())
    alphas = [(c["name"], (c["agreement"] or {}).get("alpha")) for c in facts["classes"]]
    low = sorted((a, name) for name, a in alphas if a is not None and a < LOW_ALPHA)
    return Limits(
        100 * n_pairs / max(n_all, 1),
        classes[0],
        classes[-1],
        100 * facts["uploaders"]["largest_share"],
        [name for _, name in low[:LOW_NAMED]],
        len(low),
    )
