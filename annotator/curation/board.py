"""Everything the board shows: how fast it goes, how far it is, how good it is, who is at it."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, Sum
from django.http import QueryDict
from django.utils import timezone

from annotator.curation.board_report import fresh_report
from annotator.curation.runs import RunRow, run_rows
from datasets_app.clips.models import Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.domain.votes.forecast import Forecast, forecast_finish
from datasets_app.jobs.selectors import OPEN_STATES, list_jobs
from datasets_app.labels.class_standings import PlacedStanding, class_standings
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.votes.activity import (
    CountedSoFar,
    PersonActivity,
    answers_by_day,
    count_answers,
    count_answers_so_far,
    first_answer_day,
    newest_counted,
    people_activity,
)
from datasets_app.votes.models import ClipReport
from datasets_app.votes.verification import Trust

SPANS = (30, 90)
PER_PAGE = 20
MOST_PEOPLE = 50
WANTED_KEPT_S = 60
MEAN_DAYS = 7
SORTS = ("missing", "conflicts", "agreement", "bad", "name")


@dataclass(frozen=True, slots=True)
class BoardQuery:
    """What of the board is looked at; any address gives one."""

    n_days: int
    words: str
    sort: str
    page: int

    @classmethod
    def read(cls, params: QueryDict) -> "BoardQuery":
        """Read an address; what it does not know is left at its usual value."""
        days, number = params.get("days", ""), params.get("page", "")
        sort = params.get("sort", "")
        return cls(
            n_days=int(days) if days in [str(n) for n in SPANS] else SPANS[0],
            words=params.get("q", "")[:80].strip(),
            sort=sort if sort in SORTS else SORTS[0],
            page=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
        )


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the board; ``report`` is what the steering report says of it, if anything."""

    mid: str
    name: str
    n_decided: int
    goal: int
    n_open: int
    n_conflicted: int
    n_all: int
    report: dict[str, Any]

    @property
    def n_missing(self) -> int:
        """Decided clips that the goal still lacks."""
        return max(0, self.goal - self.n_decided)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the board; shares are None where nothing tells."""

    activity: PersonActivity
    n_decided: int
    n_agreeing: int
    with_rest: float | None
    n_right: int
    n_wrong: int
    n_distrusted: int

    @property
    def agreement(self) -> float | None:
        """Share of their answers that agree with what was decided, presence alone."""
        return self.n_agreeing / self.n_decided if self.n_decided else None

    @property
    def pass_rate(self) -> float | None:
        """Share of verification clips they got right."""
        n_judged = self.n_right + self.n_wrong
        return self.n_right / n_judged if n_judged else None


@dataclass(frozen=True, slots=True)
class Board:
    """The page from top to bottom."""

    collection: Collection
    query: BoardQuery
    days: list[tuple[date, int]]
    counted: CountedSoFar
    n_answers: int
    forecast: Forecast
    classes: Page
    n_classes: int
    n_decided: int
    n_conflicted: int
    n_reports: int
    report: SteeringReport | None
    people: list[PersonRow]
    n_people: int
    runs: list[RunRow]
    at: datetime

    @property
    def n_today(self) -> int:
        """Answers today so far (UTC)."""
        return self.days[-1][1] if self.days else 0

    @property
    def finish_on(self) -> date | None:
        """The day the work is done at this pace; None where that is not in sight."""
        return _day_after(self.at, self.forecast.days)

    @property
    def finish_between(self) -> tuple[date | None, date | None]:
        """The same for both ends of the interval."""
        return _day_after(self.at, self.forecast.days_low), _day_after(
            self.at, self.forecast.days_high
        )

    @property
    def n_failed(self) -> int:
        """Jobs among the latest that failed."""
        return sum(row.job.state == JobState.FAILED.value for row in self.runs)

    @property
    def n_running(self) -> int:
        """Jobs that wait or run."""
        return sum(row.job.state in OPEN_STATES for row in self.runs)

    @property
    def sorts(self) -> tuple[str, ...]:
        """The orders there are."""
        return SORTS

    @property
    def spans(self) -> tuple[int, ...]:
        """The spans of days there are."""
        return SPANS


def board_page(collection: Collection, query: BoardQuery) -> Board:
    """Gather the board; the number of queries does not grow with the collection."""
    counted = count_answers(collection=collection)
    now = timezone.now()
    n_answers = count_answers_so_far(collection=collection)
    report = fresh_report(
        collection=collection,
        n_votes=n_answers,
        last_vote=newest_counted(collection=collection),
    )
    days = _days(collection, now.date(), query.n_days)
    standings = class_standings(collections=[collection])
    rows = _class_rows(collection, standings, report, query)
    people, n_people = _people(collection, now.date() - timedelta(days=query.n_days - 1), report)
    return Board(
        collection=collection,
        query=query,
        days=days,
        counted=counted,
        n_answers=n_answers,
        forecast=_forecast(collection, now),
        classes=Paginator(rows, PER_PAGE).get_page(query.page),
        n_classes=len(standings),
        n_decided=sum(s.standing.n_decided for s in standings),
        n_conflicted=sum(s.n_conflicted for s in standings),
        n_reports=ClipReport.objects.filter(
            clip__collection=collection, outcome=ClipReport.Outcome.OPEN
        ).count(),
        report=report,
        people=people,
        n_people=n_people,
        runs=run_rows(list_jobs(collection=collection)),
        at=now,
    )


def _days(collection: Collection, today: date, n_days: int) -> list[tuple[date, int]]:
    since = today - timedelta(days=n_days - 1)
    found = answers_by_day(collection=collection, since=since)
    span = (since + timedelta(days=i) for i in range(n_days))
    return [(day, found.get(day, 0)) for day in span]


def _forecast(collection: Collection, now: datetime) -> Forecast:
    first = first_answer_day(collection=collection) or now.date()
    days = dict(_days(collection, now.date(), 2 * MEAN_DAYS + 1))
    today = days.pop(now.date())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return forecast_finish(
        [n for day, n in days.items() if day >= first],
        today,
        (now - midnight) / timedelta(days=1),
        _n_wanted(collection),
    )


def _n_wanted(collection: Collection) -> int:
    """Answers the queue still asks for; a million open nominations take a second, so kept a while.

    A nomination counts with all answers it may want, those under way too.
    """
    key = f"harken.wanted.{collection.uuid}"
    n: int | None = cache.get(key)
    if n is None:
        rows = Nomination.objects.filter(collection=collection, is_open=True)
        n = rows.aggregate(n=Sum("n_wanted"))["n"] or 0
        cache.set(key, n, WANTED_KEPT_S if n > 10_000 else 1)
    return n


def _class_rows(
    collection: Collection,
    standings: list[PlacedStanding],
    report: SteeringReport | None,
    query: BoardQuery,
) -> list[ClassRow]:
    mids = dict(collection.ontology.classes.values_list("pk", "mid"))
    told = report.data.get("classes", {}) if report else {}
    wanted = query.words.casefold()
    rows = [
        ClassRow(
            mid=mids[placed.class_id],
            name=placed.standing.name,
            n_decided=placed.standing.n_decided,
            goal=placed.standing.goal,
            n_open=placed.standing.n_open,
            n_conflicted=placed.n_conflicted,
            n_all=placed.n_all,
            report=told.get(str(placed.class_id), {}),
        )
        for placed in standings
        if wanted in placed.standing.name.casefold()
    ]
    return sorted(rows, key=lambda row: (*_rank(row, query.sort), row.name, row.mid))


def _rank(row: ClassRow, sort: str) -> tuple[float, ...]:
    if sort == "agreement":
        alpha = row.report.get("alpha")
        return (math.inf if alpha is None else alpha,)
    if sort == "bad":
        return (-row.report.get("bad", {}).get("low", 0.0),)
    if sort == "conflicts":
        return (-row.n_conflicted,)
    return (-row.n_missing / row.goal, -row.n_missing) if sort == "missing" else ()


def _people(
    collection: Collection, since: date, report: SteeringReport | None
) -> tuple[list[PersonRow], int]:
    found, n_people = people_activity(collection=collection, since=since, most=MOST_PEOPLE)
    told = report.data.get("people", {}) if report else {}
    trust = _trust(collection, [person.annotator for person in found])
    rows = []
    for person in found:
        of_person = told.get(str(person.annotator.pk), {})
        rows.append(
            PersonRow(
                activity=person,
                n_decided=of_person.get("n_decided", 0),
                n_agreeing=of_person.get("n_agreeing", 0),
                with_rest=of_person.get("with_rest"),
                **trust.get(person.annotator.pk, _NO_TRUST),
            )
        )
    return rows, n_people


_NO_TRUST = {"n_right": 0, "n_wrong": 0, "n_distrusted": 0}


def _trust(collection: Collection, people: list[Annotator]) -> dict[int, dict[str, int]]:
    rows = Trust.objects.filter(collection=collection, annotator__in=people).order_by()
    summed = rows.values("annotator").annotate(
        right=Sum("n_right"),
        wrong=Sum("n_wrong"),
        distrusted=Count("pk", filter=Q(is_trusted=False)),
    )
    return {
        row["annotator"]: {
            "n_right": row["right"],
            "n_wrong": row["wrong"],
            "n_distrusted": row["distrusted"],
        }
        for row in summed
    }


def _day_after(now: datetime, days: float) -> date | None:
    return (now + timedelta(days=days)).date() if days < 36_500 else None
