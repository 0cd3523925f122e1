"""The stages of a collection as the curator reads them: count, health, and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from annotator.curation.runs import describe_duration
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.jobs.selectors import CollectionOverview


class Health(StrEnum):
    """How a stage stands."""

    DONE = "done"
    ONGOING = "ongoing"
    EMPTY = "empty"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: ``count`` of what, ``state`` in words, and the next action in words.

    ``command`` is the management command of the next action, complete, or "" where people act.
    """

    name: str
    count: int
    state: str
    health: Health
    next_action: str = ""
    command: str = ""


def collection_stages(overview: CollectionOverview) -> list[Stage]:
    """Return the eight stages from left to right."""
    return [describe(overview) for describe in _STAGES]


def next_stage(stages: list[Stage]) -> Stage | None:
    """Return the stage to attend to: in trouble, else with a command, else with an action."""
    wanted = [stage for stage in stages if stage.next_action]
    by_urgency = sorted(wanted, key=lambda s: (s.health is not Health.TROUBLE, not s.command))
    return by_urgency[0] if by_urgency else None


def _ontology(o: CollectionOverview) -> Stage:
    state = f"{o.collection.ontology.name}; {o.n_classes_with_rules:,} classes with keyword rules"
    return Stage("Ontology", o.n_classes, state, Health.DONE)


def _clips(o: CollectionOverview) -> Stage:
    if not o.n_clips:
        command = _command("ingest_clips DIR", o)
        return Stage("Clips", 0, "none yet", Health.EMPTY, "Bring in recordings", command)
    withdrawn = f", {o.n_withdrawn:,} withdrawn" if o.n_withdrawn else ""
    return Stage("Clips", o.n_clips, f"{describe_duration(o.duration_s)}{withdrawn}", Health.DONE)


def _nominations(o: CollectionOverview) -> Stage:
    if not o.n_nominations:
        action = "Nominate labels" if o.n_clips else ""
        command = _command("nominate_labels", o)
        return Stage("Nominations", 0, "none yet", Health.EMPTY, action, command)
    origins = sorted(o.n_nominations_by_origin.items(), key=lambda item: -item[1])
    state = ", ".join(f"{n:,} by {origin}" for origin, n in origins)
    return Stage("Nominations", o.n_nominations, state, Health.DONE)


def _votes(o: CollectionOverview) -> Stage:
    if not o.n_votes:
        action = "Invite annotators" if o.n_nominations else ""
        return Stage("Votes", 0, "none yet", Health.EMPTY, action)
    people = f"{o.n_annotators:,} people, {o.n_votes / max(1, o.n_annotators):.0f} each"
    if n_open := o.n_nominations - o.n_decided - o.n_conflicted:
        action = f"Ask people about {n_open:,} more"
        return Stage("Votes", o.n_votes, people, Health.ONGOING, action)
    return Stage("Votes", o.n_votes, people, Health.DONE)


def _labels(o: CollectionOverview) -> Stage:
    if o.n_voted_undecided:
        state = f"{o.n_voted_undecided:,} with answers nobody has counted"
        command = _command("infer_labels", o)
        return Stage("Labels", o.n_decided, state, Health.TROUBLE, "Infer labels", command)
    if not o.n_labels_by_state:
        return Stage("Labels", 0, "none yet", Health.EMPTY)
    n_open = o.n_nominations - o.n_decided - o.n_conflicted
    incomplete = o.n_labels_by_state.get(DecisionState.INCOMPLETE.value, 0)
    state = f"decided; {o.n_conflicted:,} in conflict, {incomplete:,} need more answers"
    health = Health.ONGOING if n_open or o.n_conflicted else Health.DONE
    return Stage("Labels", o.n_decided, state, health)


def _splits(o: CollectionOverview) -> Stage:
    command = _command("assign_splits", o)
    if o.split is None:
        action = "Assign splits" if o.n_decided else ""
        return Stage("Splits", 0, "none yet", Health.EMPTY, action, command)
    parts = ", ".join(f"{o.n_by_part.get(part, 0):,} {part}" for part in ("train", "val", "eval"))
    if o.labels_changed_at and o.labels_changed_at > o.split.created_at:
        state = f"{parts}; labels changed since"
        return Stage("Splits", o.n_splits, state, Health.ONGOING, "Assign splits anew", command)
    return Stage("Splits", o.n_splits, parts, Health.DONE)


def _releases(o: CollectionOverview) -> Stage:
    command = _command("build_release", o) + " --version V --out DIR"
    latest = o.releases[0] if o.releases else None
    if latest is None:
        action = "Build a release" if o.split else ""
        return Stage("Releases", 0, "none yet", Health.EMPTY, action, command)
    state = f"latest {latest.version}"
    if latest.split_id != o.split.pk:
        state += ", older than the split"
        action = "Build a release of the latest split"
        return Stage("Releases", o.n_releases, state, Health.ONGOING, action, command)
    return Stage("Releases", o.n_releases, state, Health.DONE)


def _jobs(o: CollectionOverview) -> Stage:
    n_jobs = sum(o.n_jobs_by_state.values())
    latest = o.releases[0].version if o.releases else ""
    command = f"python manage.py train_baseline --release {latest} --recipe small_cnn"
    has_run = any(job.release_id == o.releases[0].pk for job in o.jobs) if latest else True
    if o.n_open_jobs:
        return Stage("Runs", n_jobs, f"{o.n_open_jobs:,} open now", Health.ONGOING)
    if o.jobs and o.jobs[0].error:
        return Stage(
            "Runs", n_jobs, "the latest failed", Health.TROUBLE, "See why the latest run failed"
        )
    if not has_run:
        state = f"none on {latest} yet"
        return Stage("Runs", n_jobs, state, Health.ONGOING, "Train a baseline", command)
    failed = f"{o.n_failed_jobs:,} failed" if o.n_failed_jobs else "all ended well"
    return Stage("Runs", n_jobs, failed if n_jobs else "none yet", _ended(n_jobs))


def _ended(n_jobs: int) -> Health:
    return Health.DONE if n_jobs else Health.EMPTY


def _command(name: str, o: CollectionOverview) -> str:
    return f"python manage.py {name} --collection {o.collection.name}"


_STAGES: tuple[Callable[[CollectionOverview], Stage], ...] = (
    _ontology,
    _clips,
    _nominations,
    _votes,
    _labels,
    _splits,
    _releases,
    _jobs,
)
