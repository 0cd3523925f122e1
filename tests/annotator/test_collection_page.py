"""Where a collection stands, what to do next, and its runs while they go."""

import json
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from annotator.curation.agreement import low_agreement
from annotator.curation.runs import describe_duration
from annotator.curation.stages import Health, collection_stages, next_stage
from datasets_app.clips.models import Clip
from datasets_app.domain.votes.answers import Answer
from datasets_app.jobs.models import Job
from datasets_app.jobs.selectors import collection_overview, job_progress, training_curves
from datasets_app.labels.services import record_answer
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary
from datasets_app.votes.models import ClipReport, Vote
from ml_worker.contract import JobProgress, write_progress

MOST_QUERIES = 40


def page(client) -> str:
    return client.get(reverse("collection", args=["yard"])).content.decode()


def stages(world) -> dict:
    return {s.name: s for s in collection_stages(collection_overview(collection=world.collection))}


def answer_all(world, nominations, people=2, answer=Answer.PP):
    for i in range(people):
        annotator = world.annotator_record(world.annotator(f"person-{Vote.objects.count()}-{i}"))
        for nomination in nominations:
            record_answer(nomination=nomination, annotator=annotator, answer=answer)


def split_of(world, clips) -> Split:
    vocabulary = Vocabulary.objects.create(collection=world.collection, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=world.collection, vocabulary=vocabulary, seed=0, eval_share=0.3, val_share=0.15
    )
    SplitAssignment.objects.bulk_create(
        [SplitAssignment(split=split, clip=clip, part="train") for clip in clips]
    )
    return split


def release_of(world, split, version="1.0", **summary) -> Release:
    return Release.objects.create(
        collection=world.collection,
        version=version,
        split=split,
        path="somewhere",
        manifest_sha256="a" * 64,
        summary=summary,
    )


def job_of(world, tmp_path, kind="train", **fields) -> Job:
    folder = tmp_path / f"job-{Job.objects.count()}"
    (folder / "job").mkdir(parents=True)
    (folder / "result").mkdir()
    places = {"job_dir": str(folder / "job"), "out_dir": str(folder / "result")}
    return Job.objects.create(collection=world.collection, kind=kind, **places | fields)


def test_an_empty_collection_is_told_to_take_in_recordings(world, as_curator):
    told = page(as_curator)
    assert "python manage.py ingest_clips DIR --collection yard" in told
    assert "Agreement appears with the first answers" in told


def test_each_stage_names_the_next_action_in_turn(world):
    def wanted():
        return next_stage(list(stages(world).values()))

    assert wanted().next_action == "Bring in recordings"
    clips = [world.clip() for _ in range(3)]
    assert "nominate_labels" in wanted().command
    nominations = [world.nominate(clip) for clip in clips]
    assert wanted().next_action == "Invite annotators"
    answer_all(world, nominations)
    assert "assign_splits" in wanted().command
    split = split_of(world, clips)
    assert "build_release" in wanted().command
    release_of(world, split)
    assert "train_baseline --release 1.0" in wanted().command


def test_votes_that_nobody_counted_are_trouble(world):
    (nomination,) = world.nominated_clips(1)
    Vote.objects.create(
        nomination=nomination,
        annotator=world.annotator_record(world.annotator()),
        answer="PP",
        task="import",
        cast_at=timezone.now(),
    )
    labels = stages(world)["Labels"]
    assert labels.health is Health.TROUBLE
    assert "infer_labels" in labels.command


def test_a_split_older_than_its_labels_asks_to_be_made_anew(world):
    nominations = world.nominated_clips(2)
    split_of(world, [n.clip for n in nominations])
    answer_all(world, nominations)
    assert stages(world)["Splits"].next_action == "Assign splits anew"


def test_withdrawn_clips_are_counted_apart(world):
    world.clip(duration_s=60.0)
    world.clip(state=Clip.State.WITHDRAWN)
    clips = stages(world)["Clips"]
    assert (clips.count, clips.state) == (1, "1 min 0 s, 1 withdrawn")


def test_conflicts_and_failed_runs_need_a_decision(world, as_curator, tmp_path):
    (nomination,) = world.nominated_clips(1)
    answer_all(world, [nomination], answer=Answer.PP)
    answer_all(world, [nomination], answer=Answer.NP)
    error = "The release folder <b>is gone</b>; build it again."
    job_of(world, tmp_path, state="failed", error=error, finished_at=timezone.now())
    told = page(as_curator)
    assert "nomination in conflict" in told
    assert "The release folder &lt;b&gt;is gone&lt;/b&gt;; build it again." in told
    assert "<b>is gone" not in told


def test_reported_clips_and_bad_mappings_need_a_decision(world, as_curator):
    (nomination,) = world.nominated_clips(1)
    ClipReport.objects.create(
        clip=nomination.clip,
        annotator=world.annotator_record(world.annotator()),
        reason="other",
        idempotency_key=uuid.uuid4(),
    )
    bad = {"n": 9, "of": 10, "low": 0.6, "high": 0.98, "share": 0.9}
    SteeringReport.objects.create(
        collection=world.collection, data={"classes": {str(world.bark.pk): {"bad": bad}}}
    )
    told = page(as_curator)
    assert "reported clip<" in told
    assert reverse("mapping", args=["yard", world.bark.mid]) in told


def test_releases_are_listed_with_their_sizes(world, as_curator):
    split = split_of(world, [world.clip()])
    counts = {"train": 75, "val": 14, "eval": 38}
    release_of(world, split, n_clips=counts, n_classes=26, n_bytes=12_700_000)
    told = page(as_curator)
    for shown in (">75<", ">14<", ">38<", ">26<", "12.1", "aaaaaaaaaaaa…"):
        assert shown in told, shown


def test_a_finished_run_shows_its_metrics_beside_chance(world, as_curator, tmp_path):
    summary = {"eval_map": 0.5432, "eval_map_chance": 0.1, "eval_d_prime": 1.5, "seconds": 95.2}
    job = job_of(world, tmp_path, state="finished", recipe="small_cnn", summary=summary)
    Job.objects.filter(pk=job.pk).update(finished_at=timezone.now())
    told = page(as_curator)
    for shown in ("Train small_cnn", "0.543", "chance 0.100", "1.500", "1 min 35 s"):
        assert shown in told, shown


def test_a_running_job_is_followed(world, as_curator, tmp_path):
    job = job_of(world, tmp_path, state="running", recipe="small_cnn")
    folder = tmp_path / "job-0" / "job"
    write_progress(folder, JobProgress("training", 3, 20, "epochs", eta_s=61.0))
    row = {"epoch": 1, "train_loss": 0.4, "val_map": 0.2, "lr": 0.001, "seconds": 1.0}
    (folder / "curves.jsonl").write_text(json.dumps(row) + '\n{"epoch": 2, "tra')
    answer = as_curator.get(reverse("collection-runs", args=["yard"])).json()
    assert answer["is_open"] is True
    (run,) = answer["runs"]
    assert (run["uuid"], run["state"]) == (str(job.uuid), "running")
    assert (run["done"], run["total"]) == (3, 20)
    assert run["how_far"] == "3 of 20 epochs, 1 min 1 s left"
    assert answer["curves"]["data"]
    assert reverse("collection-runs", args=["yard"]) in page(as_curator)


def test_broken_files_of_a_job_break_no_page(world, as_curator, tmp_path):
    job = job_of(world, tmp_path, state="running")
    folder = tmp_path / "job-0" / "job"
    (folder / "progress.json").write_text("{ not json")
    (folder / "curves.jsonl").write_text("[]\nnull\nbroken")
    assert job_progress(job=job) is None
    assert training_curves(job=job) == []
    assert "Waiting for a worker" in page(as_curator)


def test_agreement_is_shown_and_not_computed_twice(world, as_curator, monkeypatch):
    answer_all(world, world.nominated_clips(3))
    assert "Bark" in page(as_curator)
    monkeypatch.setattr("annotator.curation.agreement.report_agreement", None)
    assert "6 answers" in page(as_curator) or "Bark" in page(as_curator)


@pytest.mark.parametrize(
    ("alpha", "raw", "words"),
    [(0.666, 0.8, "differently"), (0.5, 0.99, "nearly all answers are alike"), (0.667, 0.8, None)],
)
def test_low_agreement_is_explained(alpha, raw, words):
    row = {"name": "Bark", "alpha": alpha, "raw": raw, "n_units": 10}
    low = low_agreement({"classes": [row, {**row, "alpha": None}]})
    assert [words in found.why for found in low] == ([True] if words else [])


def test_the_page_asks_the_database_no_more_for_a_larger_collection(
    world, as_curator, tmp_path, django_assert_max_num_queries
):
    nominations = world.nominated_clips(2)
    answer_all(world, nominations)
    with django_assert_max_num_queries(MOST_QUERIES) as small:
        page(as_curator)
    more = world.nominated_clips(60)
    for i in range(12):
        more.append(world.nominate(world.clip(), world.sound_class(f"/m/{i}", f"Class {i}")))
    answer_all(world, more, people=3)
    split = split_of(world, [n.clip for n in more])
    for version in range(8):
        release = release_of(world, split, version=f"1.{version}")
        job_of(world, tmp_path, state="finished", release=release)
    with django_assert_max_num_queries(MOST_QUERIES) as large:
        page(as_curator)
    assert len(large) <= len(small) + 2  # the split's parts and the users' names


def test_durations_are_said_in_two_units():
    assert [describe_duration(s) for s in (0.4, 59.6, 3599, 7322)] == [
        "0 s", "1 min 0 s", "59 min 59 s", "2 h 2 min",
    ]  # fmt: skip


def test_an_unknown_collection_is_not_found(world, as_curator):
    assert as_curator.get(reverse("collection", args=["none"])).status_code == 404
    assert as_curator.get("/collections/..%2f..%2fetc/").status_code == 404
