"""The stages of a collection as the curator reads them: count, health, and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotator.curation.runs import describe_duration
from annotator.shown_numbers import shown_count, shown_figure
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
    told = ngettext(
        "%(ontology)s; %(n)s class with keyword rules",
        "%(ontology)s; %(n)s classes with keyword rules",
        o.n_classes_with_rules,
    )
    n = shown_count(o.n_classes_with_rules)
    state = told % {"ontology": o.collection.ontology.name, "n": n}
    return Stage(_("Ontology"), o.n_classes, state, Health.DONE)


def _clips(o: CollectionOverview) -> Stage:
    if not o.n_clips:
        command = _command("ingest_clips DIR", o)
        return Stage(_("Clips"), 0, _("none yet"), Health.EMPTY, _("Bring in recordings"), command)
    state = describe_duration(o.duration_s)
    if o.n_withdrawn:
        state += _(", %(n)s withdrawn") % {"n": shown_count(o.n_withdrawn)}
    return Stage(_("Clips"), o.n_clips, state, Health.DONE)


def _nominations(o: CollectionOverview) -> Stage:
    if not o.n_nominations:
        action = _("Nominate labels") if o.n_clips else ""
        command = _command("nominate_labels", o)
        return Stage(_("Nominations"), 0, _("none yet"), Health.EMPTY, action, command)
    origins = sorted(o.n_nominations_by_origin.items(), key=lambda item: -item[1])
    by = _("%(n)s by %(origin)s")
    state = ", ".join(by % {"n": shown_count(n), "origin": _(origin)} for origin, n in origins)
    return Stage(_("Nominations"), o.n_nominations, state, Health.DONE)


def _votes(o: CollectionOverview) -> Stage:
    if not o.n_votes:
        action = _("Invite annotators") if o.n_nominations else ""
        return Stage(_("Votes"), 0, _("none yet"), Health.EMPTY, action)
    told = ngettext("%(n)s person, %(each)s answers", "%(n)s people, %(each)s each", o.n_annotators)
    each = shown_figure(o.n_votes / max(1, o.n_annotators), 0)
    people = told % {"n": shown_count(o.n_annotators), "each": each}
    if n_open := o.n_nominations - o.n_decided - o.n_conflicted:
        action = _("Ask people about %(n)s more") % {"n": shown_count(n_open)}
        return Stage(_("Votes"), o.n_votes, people, Health.ONGOING, action)
    return Stage(_("Votes"), o.n_votes, people, Health.DONE)


def _labels(o: CollectionOverview) -> Stage:
    if o.n_voted_undecided:
        n = shown_count(o.n_voted_undecided)
        state = _("%(n)s with answers nobody has counted") % {"n": n}
        command = _command("infer_labels", o)
        return Stage(_("Labels"), o.n_decided, state, Health.TROUBLE, _("Infer labels"), command)
    if not o.n_labels_by_state:
        return Stage(_("Labels"), 0, _("none yet"), Health.EMPTY)
    n_open = o.n_nominations - o.n_decided - o.n_conflicted
    incomplete = o.n_labels_by_state.get(DecisionState.INCOMPLETE.value, 0)
    state = _("decided; %(n)s in conflict, %(more)s need more answers") % {
        "n": shown_count(o.n_conflicted),
        "more": shown_count(incomplete),
    }
    health = Health.ONGOING if n_open or o.n_conflicted else Health.DONE
    return Stage(_("Labels"), o.n_decided, state, health)


def _splits(o: CollectionOverview) -> Stage:
    command = _command("assign_splits", o)
    if o.split is None:
        action = _("Assign splits") if o.n_decided else ""
        return Stage(_("Splits"), 0, _("none yet"), Health.EMPTY, action, command)
    counts = {part: shown_count(o.n_by_part.get(part, 0)) for part in ("train", "val", "eval")}
    parts = ", ".join(f"{n} {_(part)}" for part, n in counts.items())
    if o.labels_changed_at and o.labels_changed_at > o.split.created_at:
        state = _("%(parts)s; labels changed since") % {"parts": parts}
        return Stage(
            _("Splits"), o.n_splits, state, Health.ONGOING, _("Assign splits anew"), command
        )
    return Stage(_("Splits"), o.n_splits, parts, Health.DONE)


def _releases(o: CollectionOverview) -> Stage:
    command = _command("build_release", o) + " --version V --out DIR"
    latest = o.releases[0] if o.releases else None
    if latest is None:
        action = _("Build a release") if o.split else ""
        return Stage(_("Releases"), 0, _("none yet"), Health.EMPTY, action, command)
    state = _("latest %(version)s") % {"version": latest.version}
    if latest.split_id != o.split.pk:
        state += _(", older than the split")
        action = _("Build a release of the latest split")
        return Stage(_("Releases"), o.n_releases, state, Health.ONGOING, action, command)
    return Stage(_("Releases"), o.n_releases, state, Health.DONE)


def _jobs(o: CollectionOverview) -> Stage:
    n_jobs = sum(o.n_jobs_by_state.values())
    latest = o.releases[0].version if o.releases else ""
    command = f"python manage.py train_baseline --release {latest} --recipe small_cnn"
    has_run = any(job.release_id == o.releases[0].pk for job in o.jobs) if latest else True
    if o.n_open_jobs:
        state = _("%(n)s open now") % {"n": shown_count(o.n_open_jobs)}
        return Stage(_("Runs"), n_jobs, state, Health.ONGOING)
    if o.jobs and o.jobs[0].error:
        action = _("See why the latest run failed")
        return Stage(_("Runs"), n_jobs, _("the latest failed"), Health.TROUBLE, action)
    if not has_run:
        state = _("none on %(version)s yet") % {"version": latest}
        return Stage(_("Runs"), n_jobs, state, Health.ONGOING, _("Train a baseline"), command)
    if not n_jobs:
        return Stage(_("Runs"), 0, _("none yet"), Health.EMPTY)
    failed = _("%(n)s failed") % {"n": shown_count(o.n_failed_jobs)}
    state = failed if o.n_failed_jobs else _("all ended well")
    return Stage(_("Runs"), n_jobs, state, Health.DONE)


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
