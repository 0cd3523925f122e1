"""The pages of runs: what they show, who may see it, and what may be asked."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs import dispatch
from datasets_app.jobs.models import Flag, Job
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.reports.flag_yield import loop_yield
from ml_worker.contract import JobProgress, read_job, write_progress
from tests.annotator.test_collection_page import job_of, release_of, split_of

MOST_QUERIES = 45


def estimate(value, low=None, high=None):
    return {"value": value, "low": low, "high": high, "n_replicates": 100, "protocol": "p1"}


def metrics(
    n_classes: int = 1, protocol: str = "p1", m: float = 0.5, fname: str = "clip-01", seed: int = 0
):
    heard = {"mid": "/m/05tny_", "name": "Bark", "score": 0.9, "rank": 1, "is_label": True}
    clip = {"fname": fname, "ranking": 1.0, "cross_entropy": 0.1, "labels": [heard], "top": [heard]}
    rows = [
        {
            "mid": f"/m/{i}" if i else "/m/05tny_",
            "name": f"Class {i}" if i else "Bark",
            "n_positive": 4,
            "n_negative": 8,
            "average_precision": estimate(m, 0.4, 0.6),
            "roc_auc": estimate(0.8),
            "d_prime": 1.2,
        }
        for i in range(n_classes)
    ]
    names = ("map_macro", "map_micro", "d_prime_of_mean_auc", "lwlrap", "map_at_3")
    return {
        "protocol": {
            "id": f"{protocol}/seed-{seed}",
            "data_sha256": "0" * 64,
            "split": "eval",
            "front_end": protocol,
            "aggregation": "mean",
        },
        "n_clips": 12,
        "n_classes": n_classes,
        "overall": {name: estimate(m, m - 0.1, m + 0.1) for name in names},
        "chance": {"map_macro": {"value": 0.333}},
        "per_class": rows,
        "siblings": None,
        "clips": {"best": [clip], "worst": [clip]},
    }


CALIBRATION = {
    "ece": estimate(0.05, 0.01, 0.09),
    "brier": estimate(0.1),
    "bins": [
        {
            "low": 0.0,
            "high": 1.0,
            "n_entries": 3,
            "mean_score": 0.4,
            "share_positive": estimate(0.5, 0.2, 0.8),
        }
    ],
}


@pytest.fixture
def release(world):
    return release_of(world, split_of(world, [world.clip()]))


@pytest.fixture
def trained(world, release, tmp_path) -> Job:
    summary = {"eval_map": 0.61, "protocol": "p0", "n_epochs": 3}
    return job_of(
        world, tmp_path, recipe="small_cnn", state="finished", release=release, summary=summary
    )


@pytest.fixture
def measure(world, tmp_path):
    """Measure a run with these figures."""

    def make(run: Job, found: object = None, **fields) -> Job:
        known = {"recipe": run.recipe, "release": run.release, "asked": {"split": "eval"}}
        job = job_of(
            world, tmp_path, "evaluate", source=run, state="finished", **{**known, **fields}
        )
        (Path(job.out_dir) / "metrics.json").write_text(json.dumps(found or metrics()))
        (Path(job.out_dir) / "calibration.json").write_text(json.dumps(CALIBRATION))
        (Path(job.out_dir) / "report.html").write_text("<title>Report</title>")
        return job

    return make


@pytest.fixture
def suspect(world, tmp_path):
    """A flag job of a teacher with flags, judged so: PP, NP or nothing."""

    def make(teacher: Job, *judged: str) -> Job:
        job = job_of(world, tmp_path, "flag", teacher=teacher, release=teacher.release)
        Job.objects.filter(pk=job.pk).update(state="finished")
        for value in judged:
            nomination = world.nominate(world.clip())
            pair = {"clip": nomination.clip, "sound_class": nomination.sound_class}
            Flag.objects.create(job=job, nomination=nomination, score=0.9, **pair)
            if value:
                Label.objects.create(nomination=nomination, state="decided", value=value)
        return job

    return make


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(
        dispatch.current_app, "send_task", lambda name, args, queue: messages.append(args[0])
    )
    return messages


def address(name: str, *arguments: object) -> str:
    return reverse(name, args=["yard", *arguments])


def text_of(client, name: str, *arguments: object, query: str = "") -> str:
    response = client.get(address(name, *arguments) + query)
    assert response.status_code == 200
    return response.content.decode()


class TestOneRun:
    def test_it_is_told_while_it_goes(self, as_curator, world, tmp_path):
        job = job_of(world, tmp_path, recipe="crnn", state="running")
        progress = JobProgress("training", 30, 120, "steps", rate_per_s=4.0, eta_s=22.5)
        write_progress(Path(job.job_dir), progress)
        row = {"epoch": 1, "train_loss": 0.5, "val_map": 0.2, "lr": 1e-3, "seconds": 3.0}
        (Path(job.job_dir) / "curves.jsonl").write_text(json.dumps(row) + "\n")
        for name in ("run", "run-now"):
            told = text_of(as_curator, name, job.uuid)
            assert "30 of 120 steps, 22 s left · 4.0 steps/s" in told
            assert 'id="curves-figure"' in told
        assert "Cancel" in text_of(as_curator, "run", job.uuid)

    def test_once_it_has_ended_the_page_is_loaded_anew(self, as_curator, trained):
        response = as_curator.get(address("run-now", trained.uuid))
        assert (response.status_code, response.headers["HX-Refresh"]) == (204, "true")

    def test_a_failure_is_its_sentence_and_can_be_tried_again(self, as_curator, world, tmp_path):
        error = "The release has no clip <b>x</b>; build another."
        job = job_of(world, tmp_path, state="failed", error=error)
        told = text_of(as_curator, "run", job.uuid)
        assert "The release has no clip &lt;b&gt;x&lt;/b&gt;; build another." in told
        assert "Try again" in told
        (Path(job.job_dir) / "work").mkdir()
        (Path(job.job_dir) / "work" / "checkpoint").touch()
        assert "Go on" in text_of(as_curator, "run", job.uuid)

    def test_a_trained_run_offers_to_be_measured(self, as_curator, trained, sent):
        told = text_of(as_curator, "run", trained.uuid)
        assert "Measure it on eval" in told
        assert "<code>p0</code>" in told
        form = {"run": str(trained.uuid), "split": "eval"}
        response = as_curator.post(address("run-start", "evaluate"), form)
        job = Job.objects.get(kind="evaluate")
        assert response.headers["Location"] == address("run", job.uuid)
        assert (job.source, job.started_by.username, sent) == (trained, "cara", [job.job_dir])

    def test_measures_come_with_intervals_protocol_and_clips(self, as_curator, trained, measure):
        measure(trained)
        told = text_of(as_curator, "run", trained.uuid)
        assert "[0.400, 0.600]" in told
        assert "<code>p1/seed-0</code>" in told
        assert "data-small-player" in told
        assert "Chance mAP 0.333" in told
        assert 'id="reliability-figure"' in told

    @pytest.mark.parametrize("content", ["{}", '{"a": NaN}', "[" * 100_000, "x"])
    def test_measures_that_cannot_be_read_are_a_sentence(
        self, as_curator, trained, measure, content
    ):
        job = measure(trained)
        (Path(job.out_dir) / "metrics.json").write_text(content)
        assert "metrics.json" in text_of(as_curator, "run", trained.uuid)

    def test_names_from_a_result_are_text_and_nothing_else(self, as_curator, trained, measure):
        found = metrics(fname="<script>alert(1)</script>")
        found["per_class"][0]["name"] = "</script><script>alert(2)</script>"
        measure(trained, found)
        told = text_of(as_curator, "run", trained.uuid)
        assert "<script>alert" not in told

    def test_what_people_said_of_its_suspicions(self, as_curator, trained, suspect):
        suspect(trained, "PP", "PNP", "NP", "")
        told = text_of(as_curator, "run", trained.uuid)
        assert "were right: 2 of 3, interval 0.21 to 0.94" in told
        assert "people were asked about 4" in told

    def test_the_queries_do_not_grow_with_the_run(self, as_curator, trained, measure, suspect):
        def n_queries() -> int:
            with CaptureQueriesContext(connection) as found:
                text_of(as_curator, "run", trained.uuid)
            return len(found)

        measure(trained)
        suspect(trained, "PP")
        few = n_queries()
        measure(trained, metrics(n_classes=60))
        suspect(trained, *["PP", "NP"] * 10)
        assert n_queries() <= few + 2  # one more flag job, two queries
        assert few < MOST_QUERIES


class TestTheReport:
    def test_it_is_shut_off_from_the_site(self, as_curator, trained, measure):
        response = as_curator.get(address("run-report", measure(trained).uuid))
        assert b"".join(response.streaming_content) == b"<title>Report</title>"
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox allow-scripts;")
        assert "allow-same-origin" not in policy
        assert "default-src 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"

    def test_it_can_be_kept(self, as_curator, trained, measure):
        response = as_curator.get(address("run-report", measure(trained).uuid) + "?save=1")
        assert response.headers["Content-Disposition"].startswith("attachment")
        response.close()

    def test_a_link_in_its_place_leads_nowhere(self, as_curator, trained, measure, tmp_path):
        job = measure(trained)
        (tmp_path / "secret").write_text("secret")
        (Path(job.out_dir) / "report.html").unlink()
        (Path(job.out_dir) / "report.html").symlink_to(tmp_path / "secret")
        assert as_curator.get(address("run-report", job.uuid)).status_code == 404


class TestAllRuns:
    def test_they_are_counted_filtered_and_turned(self, as_curator, world, tmp_path, trained):
        for _ in range(30):
            job_of(world, tmp_path, "analyse", state="finished")
        told = text_of(as_curator, "runs")
        assert "analyse (30)" in told
        assert "Page 1 of 2" in told
        told = text_of(as_curator, "runs", query="?kind=train&state=finished")
        assert "Train small_cnn" in told
        assert "Analyse recordings" not in told
        text_of(as_curator, "runs", query="?kind=%00&state=x&sort=y&page=zz")

    def test_the_queries_do_not_grow_with_the_runs(
        self, as_curator, world, tmp_path, trained, suspect
    ):
        def n_queries() -> int:
            with CaptureQueriesContext(connection) as found:
                text_of(as_curator, "runs")
            return len(found)

        suspect(trained, "PP", "NP")
        few = n_queries()
        for _ in range(12):
            job_of(world, tmp_path, state="finished", release=trained.release, recipe="crnn")
        suspect(trained, *["PP", "NP", ""] * 6)
        assert n_queries() == few

    def test_the_loops_yield_counts_each_flag_once(self, world, trained, suspect):
        first, second = suspect(trained, "PP", "NP"), suspect(trained)
        flag = first.flags.first()
        pair = {"clip": flag.clip, "sound_class": flag.sound_class}
        Flag.objects.create(job=second, nomination=flag.nomination, score=0.8, **pair)
        found = loop_yield(collection=world.collection)
        assert (found.share.n_hits, found.share.n, found.n_asked) == (1, 2, 2)
        assert [(job, share.n) for job, share in found.jobs] == [(second, 1), (first, 2)]
        assert found.classes[0]["n_right"] == 1

    def test_a_student_is_started_from_flags(self, as_curator, trained, suspect, sent):
        flags = suspect(trained, "PP")
        form = {"release": "1.0", "recipe": "small_cnn", "flags_of": str(flags.uuid)}
        as_curator.post(address("run-start", "train"), form)
        job = Job.objects.get(kind="train", source=flags)
        assert read_job(Path(job.job_dir)).inputs["flags"] == flags.out_dir

    @pytest.mark.parametrize(
        ("what", "form"),
        [
            ("train", {"release": "1.0", "recipe": "../../x.toml"}),
            ("train", {"release": "9.9", "recipe": "crnn"}),
            ("train", {"release": "1.0", "recipe": "crnn", "flags_of": "no uuid"}),
            ("train", {"release": "1.0", "recipe": "crnn", "seed": "-1"}),
            ("flag", {"run": "00000000-0000-0000-0000-000000000000", "release": "1.0"}),
            ("embed", {"provider": "a b"}),
            ("embed", {"provider": "x\x00y"}),
            ("cold-start", {}),
        ],
    )
    def test_what_cannot_be_started_is_said(self, as_curator, release, what, form, sent):
        response = as_curator.post(address("run-start", what), form, follow=True)
        assert "problem" in response.content.decode()
        assert sent == []
        assert not Job.objects.exists()

    def test_nobody_knows_other_kinds(self, as_curator, release):
        assert as_curator.post(address("run-start", "analyse")).status_code == 404

    def test_the_order_of_the_queue_is_chosen(self, as_curator, world):
        as_curator.post(address("queue-order"), {"order": "diverse"})
        world.collection.refresh_from_db()
        assert world.collection.queue_order == "diverse"
        response = as_curator.post(address("queue-order"), {"order": "worst"}, follow=True)
        assert "problem" in response.content.decode()


class TestSideBySide:
    def test_figures_stand_beside_each_other_with_the_command_for_more(
        self, as_curator, world, tmp_path, trained, measure
    ):
        other = job_of(
            world, tmp_path, recipe="crnn", state="finished", release=trained.release, seed=7
        )
        first, second = measure(trained), measure(other, metrics(m=0.7, seed=7))
        query = f"?run={trained.uuid}&run={second.uuid}&run=none"
        told = text_of(as_curator, "run-comparison", query=query)
        assert "A small_cnn" in told
        assert "B crnn seed 7" in told
        assert "0.700" in told
        assert "different protocols" not in told  # seeds may differ
        assert f"python -m ml_worker compare {first.out_dir} {second.out_dir}" in told

    def test_other_releases_and_protocols_are_not_passed_over_in_silence(
        self, as_curator, world, trained, measure
    ):
        later = release_of(world, split_of(world, [world.clip()]), "2.0")
        one, two = measure(trained), measure(trained, metrics(protocol="p2"))
        away = measure(trained, release=later)
        query = f"?run={one.uuid}&run={two.uuid}&run={away.uuid}"
        told = text_of(as_curator, "run-comparison", query=query)
        assert "was measured on release 2.0; it is left out" in told
        assert "measured by different protocols" in told

    def test_with_nothing_chosen_it_says_what_to_do(self, as_curator, world):
        assert "choose measured runs" in text_of(as_curator, "run-comparison")

    def test_the_queries_do_not_grow_with_the_runs(self, as_curator, trained, measure):
        def n_queries(jobs) -> int:
            query = "?" + "&".join(f"run={job.uuid}" for job in jobs)
            with CaptureQueriesContext(connection) as found:
                text_of(as_curator, "run-comparison", query=query)
            return len(found)

        jobs = [measure(trained) for _ in range(6)]
        assert n_queries(jobs) == n_queries(jobs[:2])


@pytest.mark.parametrize("name", ["run", "run-now", "run-report"])
def test_runs_are_for_curators_and_of_their_own_collection(
    as_annotator, client, world, trained, name
):
    assert as_annotator.get(address(name, trained.uuid)).status_code == 403
    client.force_login(world.curator())
    elsewhere = reverse(name, args=["field", trained.uuid])
    assert client.get(elsewhere).status_code == 404


def test_only_curators_start_and_stop(as_annotator, trained, sent):
    for name, arguments in (
        ("run-start", ["train"]),
        ("run-cancel", [trained.uuid]),
        ("run-retry", [trained.uuid]),
        ("queue-order", []),
    ):
        assert as_annotator.post(address(name, *arguments)).status_code == 403
    for name in ("runs", "run-comparison"):
        assert as_annotator.get(address(name)).status_code == 403
    assert sent == []


def test_cancel_and_retry_by_button(as_curator, world, tmp_path, sent):
    job = job_of(world, tmp_path, state="queued")
    (Path(job.job_dir) / "job.json").write_text("{}")
    as_curator.post(address("run-cancel", job.uuid))
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    as_curator.post(address("run-retry", job.uuid))
    job.refresh_from_db()
    assert (job.state, sent) == (JobState.QUEUED, [job.job_dir])
    response = as_curator.post(address("run-retry", job.uuid), follow=True)
    assert "only one that failed or was cancelled" in response.content.decode()


def test_no_score_of_a_model_reaches_the_page_of_those_who_judge(client, world, trained, suspect):
    flags = suspect(trained, "", "")
    Flag.objects.update(score=0.123987)
    Nomination.objects.update(is_askable=True)
    client.force_login(world.annotator())
    response = client.get(reverse("validate", args=["yard", "/m/05tny_"]))
    told = response.content.decode()
    assert str(flags.flags.first().nomination.uuid) in told
    assert "0.987654" not in told  # the evidence that the nominations carry
    assert "0.123987" not in told
    assert str(trained.uuid) not in told
