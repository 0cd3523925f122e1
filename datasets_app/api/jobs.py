"""Jobs: started, followed, cancelled, tried again. Heavy work is answered 202 with its address."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from datasets_app.api.documentation import operation
from datasets_app.api.errors import Problem, bad_request, not_there
from datasets_app.api.idempotency import repeatable
from datasets_app.api.preconditions import tagged_reply
from datasets_app.api.resource import (
    ListQuery,
    Resource,
    cut,
    get_collection,
    read_body,
    visible_in,
)
from datasets_app.api.rights import CURATORS, Needs, Scope
from datasets_app.api.shapes import JobShape
from datasets_app.clips.models import Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.control import cancel_job, retry_job
from datasets_app.jobs.dispatch import BrokerSilent
from datasets_app.jobs.models import Job
from datasets_app.jobs.selectors import OPEN_STATES, job_progress
from datasets_app.jobs.starting import (
    FLAG_USES,
    SPLITS,
    start_evaluation,
    start_flagging,
    start_training,
)
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind

READS = Needs(roles=CURATORS)
STARTS = Needs(Scope.JOBS, CURATORS)
RELATED = ("collection", "release", "source", "teacher")
STARTABLE = (JobKind.TRAIN.value, JobKind.EVALUATE.value, JobKind.FLAG.value)
_TAKES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "train": (frozenset({"release", "recipe"}), frozenset({"seed", "flags_of", "flag_use"})),
    "evaluate": (frozenset({"run"}), frozenset({"split"})),
    "flag": (frozenset({"run", "release", "top_percent"}), frozenset()),
}
"""The members that each kind needs, and those it may have besides."""


class JobQuery(ListQuery):
    """A list of jobs."""

    kind = serializers.ChoiceField(choices=[k.value for k in JobKind], required=False)
    state = serializers.ChoiceField(choices=[s.value for s in JobState], required=False)


class WantedJob(serializers.Serializer):
    """A job to start. Train: release, recipe; evaluate: run; flag: run, release, top_percent."""

    kind = serializers.ChoiceField(choices=STARTABLE)
    release = serializers.CharField(required=False, max_length=32, help_text="A version.")
    recipe = serializers.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", required=False, help_text="Such as small_cnn."
    )
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    flags_of = serializers.UUIDField(required=False, help_text="A finished flag job: a student.")
    flag_use = serializers.ChoiceField(choices=FLAG_USES, required=False)
    run = serializers.UUIDField(required=False, help_text="A finished training.")
    split = serializers.ChoiceField(choices=SPLITS, required=False)
    top_percent = serializers.FloatField(required=False, min_value=0.01, max_value=100)

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Want what the kind needs, and nothing that it does not take."""
        needed, besides = _TAKES[wanted["kind"]]
        given = set(wanted) - {"kind"}
        if missing := sorted(needed - given):
            raise serializers.ValidationError(
                f"A job of kind {wanted['kind']} needs {', '.join(missing)}."
            )
        if idle := sorted(given - needed - besides):
            raise serializers.ValidationError(
                f"A job of kind {wanted['kind']} takes no {', '.join(idle)}; leave it out."
            )
        return wanted


class Retry(serializers.Serializer):
    """How a job is tried again."""

    from_start = serializers.BooleanField(required=False, default=False)


class JobList(Resource):
    """``/collections/{name}/jobs``."""

    group = "Jobs"

    @operation(
        "list_jobs", "List the jobs of a collection", needs=READS, reply=JobShape, query=JobQuery,
        pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """List a collection's jobs, the latest first; for curators."""
        rows = get_collection(request, name).jobs.select_related(*RELATED).order_by("-pk")
        for field in ("kind", "state"):
            if field in self.asked:
                rows = rows.filter(**{field: self.asked[field]})
        if place := self.place(request):
            rows = rows.filter(pk__lt=place[0])
        limit = self.asked["limit"]
        found, go_on = cut(rows[: limit + 1], limit, lambda row: [row.pk])
        return self.one_page(request, JobShape, [_shown(job) for job in found], go_on)

    @operation(
        "start_job", "Start a job", body=WantedJob, reply=JobShape, status=202, needs=STARTS,
        errors=[404, 409], repeatable=True, located=True,
    )  # fmt: skip
    @repeatable
    def post(self, request: Request, name: str) -> Response:
        """Have a worker train a recipe, measure a run, or look for missing labels.

        The reply comes at once; read the job at its Location until its state is finished, failed
        or cancelled.
        """
        wanted = read_body(request, WantedJob)
        collection = get_collection(request, name)
        try:
            job = _start(collection, wanted, request.user)
        except BrokerSilent as silent:
            job = silent.job  # queued all the same, and sent once the broker answers
        except (ValueError, FileNotFoundError) as error:
            raise Problem(409, _sentence(error)) from error
        return _accepted(request, job)


class JobDetail(Resource):
    """``/jobs/{uuid}``."""

    group = "Jobs"

    @operation("get_job", "Read a job", needs=READS, reply=JobShape, errors=[404], tagged=True)
    def get(self, request: Request, job: UUID) -> Response:
        """Read one job with how far it is."""
        return tagged_reply(request, _as_json(_get_job(request, job)))


class JobCancellation(Resource):
    """``/jobs/{uuid}/cancel``."""

    group = "Jobs"

    @operation(
        "cancel_job", "Cancel a job", reply=JobShape, status=202, needs=STARTS, errors=[404, 409],
        repeatable=True, located=True,
    )  # fmt: skip
    @repeatable
    def post(self, request: Request, job: UUID) -> Response:
        """Ask for the end of a job; its worker ends it within seconds."""
        found = _get_job(request, job)
        try:
            cancel_job(job=found, actor=request.user)
        except (ValueError, OSError) as error:
            raise Problem(409, _sentence(error)) from error
        return _accepted(request, found)


class JobRetry(Resource):
    """``/jobs/{uuid}/retry``."""

    group = "Jobs"

    @operation(
        "retry_job", "Try a job again", body=Retry, reply=JobShape, status=202, needs=STARTS,
        errors=[404, 409], repeatable=True, located=True,
    )  # fmt: skip
    @repeatable
    def post(self, request: Request, job: UUID) -> Response:
        """Send a failed or cancelled job again, from where it was or from the start."""
        wanted = read_body(request, Retry)
        found = _get_job(request, job)
        try:
            with suppress(BrokerSilent):  # queued all the same
                retry_job(job=found, actor=request.user, from_start=wanted["from_start"])
        except ValueError as error:
            raise Problem(409, _sentence(error)) from error
        return _accepted(request, found)


def _start(collection: Collection, wanted: dict[str, Any], actor: User) -> Job:
    kind = wanted["kind"]
    if kind == JobKind.EVALUATE:
        run = _job_of(collection, wanted["run"])
        return start_evaluation(run=run, split=wanted.get("split", "eval"), actor=actor)
    release = _release_of(collection, wanted["release"])
    if kind == JobKind.FLAG:
        return start_flagging(
            release=release,
            run=_job_of(collection, wanted["run"]),
            top_percent=wanted["top_percent"],
            actor=actor,
        )
    flags_of = wanted.get("flags_of")
    return start_training(
        release=release,
        recipe=wanted["recipe"],
        seed=wanted.get("seed", 0),
        flags_of=_job_of(collection, flags_of) if flags_of else None,
        flag_use=wanted.get("flag_use", FLAG_USES[0]),
        actor=actor,
    )


def _job_of(collection: Collection, uuid: UUID) -> Job:
    found = collection.jobs.select_related("collection", "release__collection").filter(uuid=uuid)
    if (job := found.first()) is None:
        raise bad_request(f"There is no job {uuid} in {collection.name}; list its jobs.")
    return job


def _release_of(collection: Collection, version: str) -> Release:
    found = collection.releases.select_related("collection").filter(version=version).first()
    if found is None:
        raise bad_request(f"There is no release {version} of {collection.name}; list its releases.")
    return found


def _get_job(request: Request, uuid: UUID) -> Job:
    rows = Job.objects.select_related(*RELATED).filter(uuid=uuid, **visible_in(request))
    found = rows.first()
    if found is None:
        raise not_there()
    return found


def _accepted(request: Request, job: Job) -> Response:
    headers = {"Location": reverse("api-job", args=[job.uuid], request=request)}
    return Response(_as_json(job), status=202, headers=headers)


def _as_json(job: Job) -> dict[str, Any]:
    progress = job_progress(job=job) if job.state in OPEN_STATES else None
    return JobShape(_shown(job), context={"progress": progress}).data


def _shown(job: Job) -> Job:
    """Leave out the settings that are paths of the workers' machine."""
    job.asked = {k: v for k, v in job.asked.items() if k != "provider_settings"}
    return job


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return "The folder of this job cannot be reached; start a new one instead."
    return str(error)
