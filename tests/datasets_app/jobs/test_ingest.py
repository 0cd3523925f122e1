"""``ingest_clips`` with a worker in a process of its own: the good go in, the bad are named."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import soundfile
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.media import clip_folder, keep_recording, original_path
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.dispatch import BrokerSilent, JobFailed, observe_job
from datasets_app.jobs.following import follow_open_jobs
from datasets_app.jobs.ingest import finish_analysis, ingest_folder
from datasets_app.jobs.models import Job
from datasets_app.ontology.services import load_ontology
from ml_worker.analysis import analyse_clip, read_requests
from ml_worker.contract import JobKind, JobResult, read_job, write_result

pytestmark = pytest.mark.django_db

BROKERS = ["filesystem://", "redis://127.0.0.1:6379/7"]


class Interrupted(Exception):
    """Ctrl-C, at a place of the test's choosing."""


def interrupt(done: int, total: int) -> None:
    raise Interrupted


def finish_without_worker(job: Job) -> None:
    """Do a job's work here and now, with the worker's own functions."""
    job_dir, out_dir = Path(job.job_dir), Path(job.out_dir)
    root = Path(read_job(job_dir).inputs["root"])
    requests = read_requests(job_dir / "clips.jsonl")
    (out_dir / "clips").mkdir(parents=True)
    lines = [json.dumps(analyse_clip(r, root=root, out_dir=out_dir)) + "\n" for r in requests]
    (out_dir / "analysis.jsonl").write_text("".join(lines))
    write_result(out_dir, JobResult(str(job.uuid), JobKind.ANALYSE, ok=True))


@pytest.fixture
def instant_worker(monkeypatch) -> None:
    """Jobs are done the moment they are sent: for what does not depend on the way they go."""
    monkeypatch.setattr("datasets_app.jobs.ingest.send_job", finish_without_worker)


def stored(collection: Collection) -> set[str]:
    return set(collection.clips.values_list("external_id", flat=True))


@pytest.mark.parametrize("curation_worker", BROKERS, indirect=True)
def test_the_good_recordings_go_in_and_each_bad_one_is_refused_with_its_reason(
    curation_worker, collection, folder
):
    wav = folder.add("wav")
    folder.add("flac", file="flac.flac")
    folder.add("ogg", file="ogg.ogg")
    folder.add_bytes("empty", b"")
    folder.add_bytes("broken", b"this is no sound" * 100)
    folder.add_bytes("cut", wav.read_bytes()[:-1000])
    folder.add_bytes("lying", wav.read_bytes(), file="lying.flac")
    folder.add_row("missing", "nowhere.wav")

    summary = ingest_folder(collection=collection, folder=folder.path)

    assert stored(collection) == {"wav", "flac", "ogg"}
    assert (summary.n_added, summary.n_known) == (3, 0)
    reasons = {refusal.clip_id: refusal.reason for refusal in summary.refusals}
    assert reasons.keys() == {"empty", "broken", "cut", "lying", "missing"}
    assert "empty.wav is an empty file" in reasons["empty"]
    assert "broken.wav cannot be decoded" in reasons["broken"]
    assert "cut.wav is cut off" in reasons["cut"]
    assert "lying.flac is named .flac but holds WAV audio" in reasons["lying"]
    assert "'nowhere.wav' does not exist" in reasons["missing"]


def test_a_clip_is_measured_and_its_files_are_kept(instant_worker, collection, folder):
    source = folder.add("dog")
    ingest_folder(collection=collection, folder=folder.path)
    clip = collection.clips.get()
    assert clip.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (clip.duration_s, clip.sample_rate_hz, clip.n_channels) == (0.5, 16_000, 1)
    assert -30 < clip.loudness_lufs < -10
    assert (clip.uploader.name, clip.license, clip.title) == ("uploader-0", "CC0-1.0", "dog")
    assert original_path(clip.sha256, ".wav").read_bytes() == source.read_bytes()
    media = clip_folder(clip.sha256)
    assert (media / "spectrogram.png").read_bytes().startswith(b"\x89PNG")
    assert soundfile.info(media / "preview.mp3").format == "MP3"
    assert json.loads((media / "peaks.json").read_text())


def test_a_second_run_adds_nothing_and_says_so(curation_worker, collection, folder):
    folder.add("dog")
    folder.add("cat")
    ingest_folder(collection=collection, folder=folder.path)
    before = list(Clip.objects.values())
    summary = ingest_folder(collection=collection, folder=folder.path)
    assert (summary.n_added, summary.n_known, summary.refusals) == (0, 2, [])
    assert list(Clip.objects.values()) == before
    assert AuditEvent.objects.filter(verb="ingest_clips").count() == 1


def test_a_folder_that_grew_gives_only_what_is_new(instant_worker, collection, folder):
    folder.add("dog")
    ingest_folder(collection=collection, folder=folder.path)
    folder.add("cat")
    summary = ingest_folder(collection=collection, folder=folder.path)
    assert (summary.n_added, summary.n_known) == (1, 1)
    assert stored(collection) == {"dog", "cat"}


def test_progress_reaches_the_number_of_clips(instant_worker, collection, folder):
    folder.add("dog")
    folder.add("cat")
    seen: list[tuple[int, int]] = []
    ingest_folder(
        collection=collection,
        folder=folder.path,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (2, 2)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_the_same_recording_under_two_ids_goes_in_once(instant_worker, collection, folder):
    folder.add("first", seed=1)
    folder.add("second", seed=1)
    summary = ingest_folder(collection=collection, folder=folder.path)
    assert stored(collection) == {"first"}
    [refusal] = summary.refusals
    assert refusal.clip_id == "second"
    assert "byte for byte the same recording as clip first" in refusal.reason


def test_the_same_recording_from_another_folder_is_refused_too(
    instant_worker, collection, folder, make_folder
):
    folder.add("first", seed=1)
    ingest_folder(collection=collection, folder=folder.path)
    other = make_folder("more")
    other.add("second", seed=1)
    summary = ingest_folder(collection=collection, folder=other.path)
    assert "the same recording as clip first" in summary.refusals[0].reason
    assert stored(collection) == {"first"}


def test_two_collections_may_hold_the_same_recording(instant_worker, collection, folder):
    folder.add("dog")
    other = Collection.objects.create(name="street", ontology=collection.ontology)
    for target in (collection, other):
        assert ingest_folder(collection=target, folder=folder.path).n_added == 1


def test_many_batches_are_one_ingest(instant_worker, collection, folder, monkeypatch):
    monkeypatch.setattr("datasets_app.jobs.ingest.CLIPS_PER_JOB", 2)
    for number in range(5):
        folder.add(f"clip-{number}")
    folder.add_bytes("empty", b"")
    summary = ingest_folder(collection=collection, folder=folder.path)
    assert summary.n_added == 5
    assert [refusal.clip_id for refusal in summary.refusals] == ["empty"]
    assert Job.objects.filter(state=JobState.FINISHED.value).count() == 3


def test_an_interrupted_run_is_completed_by_the_next(curation_worker, collection, folder):
    folder.add("dog")
    folder.add("cat")
    with pytest.raises(Interrupted):
        ingest_folder(collection=collection, folder=folder.path, on_progress=interrupt)
    summary = ingest_folder(collection=collection, folder=folder.path)
    assert stored(collection) == {"dog", "cat"}
    assert summary.n_added + summary.n_known == 2
    assert summary.refusals == []


class TestWithoutAWorker:
    """What happens between analysis and record, held still so that it can be looked at."""

    @pytest.fixture(autouse=True)
    def nobody_listens(self, site_on_broker):
        site_on_broker({"broker_url": "memory://"})

    @pytest.fixture
    def interrupted_job(self, collection, folder) -> Job:
        """A job whose ingest was interrupted while it waited."""
        folder.add("dog")
        folder.add("cat")
        with pytest.raises(Interrupted):
            ingest_folder(collection=collection, folder=folder.path, on_progress=interrupt)
        return Job.objects.get()

    def test_nothing_is_on_record_before_the_result(self, interrupted_job, collection):
        assert observe_job(interrupted_job) is None
        assert stored(collection) == set()

    def test_whoever_follows_jobs_completes_an_interrupted_ingest(
        self, interrupted_job, collection
    ):
        finish_without_worker(interrupted_job)
        assert list(follow_open_jobs()) == [interrupted_job]
        assert stored(collection) == {"dog", "cat"}
        assert list(follow_open_jobs()) == []

    def test_two_jobs_of_the_same_folder_add_each_clip_once(
        self, interrupted_job, collection, folder
    ):
        with pytest.raises(Interrupted):
            ingest_folder(collection=collection, folder=folder.path, on_progress=interrupt)
        for job in Job.objects.all():
            finish_without_worker(job)
        assert len(list(follow_open_jobs())) == 2
        assert collection.clips.count() == 2
        assert {job.state for job in Job.objects.all()} == {JobState.FINISHED}

    def test_a_clip_that_another_job_adds_at_the_same_moment_is_added_once(
        self, interrupted_job, collection, folder, monkeypatch
    ):
        with pytest.raises(Interrupted):
            ingest_folder(collection=collection, folder=folder.path, on_progress=interrupt)
        later = Job.objects.latest("pk")
        for job in (interrupted_job, later):
            finish_without_worker(job)

        def keep_while_the_other_job_ends(**recording):
            monkeypatch.setattr("datasets_app.clips.services.keep_recording", keep_recording)
            finish_analysis(later, JobResult(str(later.uuid), JobKind.ANALYSE, ok=True))
            keep_recording(**recording)

        monkeypatch.setattr(
            "datasets_app.clips.services.keep_recording", keep_while_the_other_job_ends
        )
        list(follow_open_jobs())
        assert collection.clips.count() == 2
        assert {job.state for job in Job.objects.all()} == {JobState.FINISHED}
        assert sum(job.summary["n_added"] for job in Job.objects.all()) == 2

    def test_a_file_that_changed_after_its_analysis_is_refused_by_name(
        self, interrupted_job, collection, folder
    ):
        finish_without_worker(interrupted_job)
        (folder.path / "dog.wav").write_bytes((folder.path / "cat.wav").read_bytes())
        list(follow_open_jobs())
        interrupted_job.refresh_from_db()
        assert stored(collection) == {"cat"}
        [[clip_id, reason]] = interrupted_job.summary["refusals"]
        assert clip_id == "dog"
        assert "changed while it was being taken in" in reason

    def test_a_file_that_went_away_after_its_analysis_is_refused_by_name(
        self, interrupted_job, collection, folder
    ):
        finish_without_worker(interrupted_job)
        (folder.path / "dog.wav").unlink()
        list(follow_open_jobs())
        interrupted_job.refresh_from_db()
        assert stored(collection) == {"cat"}
        assert interrupted_job.summary["refusals"][0][0] == "dog"

    def test_a_job_that_the_worker_refused_ends_the_ingest_with_its_sentence(
        self, collection, folder, monkeypatch
    ):
        folder.add("dog")

        def refuse(job: Job) -> None:
            Path(job.out_dir).mkdir(parents=True)
            sentence = "Input 'root' is no folder that the worker can see."
            result = JobResult(str(job.uuid), JobKind.ANALYSE, ok=False, error=sentence)
            write_result(Path(job.out_dir), result)

        monkeypatch.setattr("datasets_app.jobs.ingest.send_job", refuse)
        with pytest.raises(JobFailed, match="no folder that the worker can see"):
            ingest_folder(collection=collection, folder=folder.path)
        assert Job.objects.get().state == JobState.FAILED

    @pytest.mark.parametrize("lines", ["not json\n", '{"ok": true}\n', "[]\n"])
    def test_a_result_that_makes_no_sense_fails_its_job_and_stops_nothing_else(
        self, interrupted_job, collection, folder, lines
    ):
        finish_without_worker(interrupted_job)
        (Path(interrupted_job.out_dir) / "analysis.jsonl").write_text(lines)
        folder.add("bird")
        with pytest.raises(Interrupted):
            ingest_folder(collection=collection, folder=folder.path, on_progress=interrupt)
        finish_without_worker(Job.objects.latest("pk"))
        ended = list(follow_open_jobs())
        assert [job.state for job in ended] == [JobState.FAILED, JobState.FINISHED]
        assert "result cannot be taken in" in ended[0].error
        assert stored(collection) == {"dog", "cat", "bird"}

    def test_that_no_worker_takes_the_job_is_said_once(self, collection, folder, monkeypatch):
        monkeypatch.setattr("datasets_app.jobs.dispatch.UNTAKEN_S", 0.1)
        folder.add("dog")
        said: list[str] = []
        seen = 0

        def count(done: int, total: int) -> None:
            nonlocal seen
            seen += 1
            if seen == 10:
                finish_without_worker(Job.objects.get())

        ingest_folder(
            collection=collection,
            folder=folder.path,
            on_progress=count,
            on_untaken=lambda: said.append("no worker"),
        )
        assert said == ["no worker"]


class TestTheCommand:
    def test_it_counts_what_went_in_and_names_what_did_not(self, instant_worker, ontology, folder):
        folder.add("dog")
        folder.add_bytes("empty", b"")
        out, errors = [], []

        class Lines:
            def __init__(self, lines):
                self.write = lines.append

        call_command(
            "ingest_clips",
            str(folder.path),
            collection="yard",
            stdout=Lines(out),
            stderr=Lines(errors),
        )
        assert "1 clips added, 0 were there already, 1 refused." in "".join(out)
        assert "refused empty: empty.wav is an empty file" in "".join(errors)

    def test_a_folder_without_a_table_is_one_sentence(self, ontology, tmp_path):
        with pytest.raises(CommandError, match=r"clips\.csv is missing"):
            call_command("ingest_clips", str(tmp_path), collection="yard")
        assert not Collection.objects.exists()

    def test_a_new_collection_needs_its_ontology_named_where_there_are_several(
        self, instant_worker, ontology, folder
    ):
        load_ontology(name="other", data=[{"id": "a", "name": "A"}], source_sha256="1" * 64)
        folder.add("dog")
        with pytest.raises(CommandError, match="name one of other, small"):
            call_command("ingest_clips", str(folder.path), collection="yard")
        call_command("ingest_clips", str(folder.path), collection="yard", ontology="small")
        folder.add("cat")
        call_command("ingest_clips", str(folder.path), collection="yard")
        assert stored(Collection.objects.get()) == {"dog", "cat"}
        with pytest.raises(CommandError, match="judged against the ontology small, not other"):
            call_command("ingest_clips", str(folder.path), collection="yard", ontology="other")

    def test_a_broker_that_does_not_answer_is_one_sentence(
        self, ontology, folder, site_on_broker, collection
    ):
        folder.add("dog")
        site_on_broker({"broker_url": "redis://127.0.0.1:1/0"})
        with pytest.raises(CommandError, match=r"broker .* does not answer; start it, or give"):
            call_command("ingest_clips", str(folder.path), collection="yard")
        assert Job.objects.get().state == JobState.QUEUED
        with pytest.raises(BrokerSilent):
            ingest_folder(collection=collection, folder=folder.path)


def test_the_site_opens_no_audio_itself():
    """The worker's process has the decoder; the site's modules never load it."""
    import subprocess
    import sys

    code = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotator.settings.test';"
        "django.setup(); import datasets_app.jobs.following, sys;"
        "print([m for m in ('soundfile', 'torch', 'torchaudio') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"
