"""What may be asked of the learning worker, and what its folder then says."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datasets_app.clips.media import original_path
from datasets_app.clips.services import open_collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs import dispatch
from datasets_app.jobs.models import Job
from datasets_app.jobs.starting import (
    start_cold_start,
    start_embedding,
    start_evaluation,
    start_flagging,
    start_scoring,
    start_training,
)
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, Vocabulary
from ml_worker.contract import JobKind, read_job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(
        dispatch.current_app, "send_task", lambda name, args, queue: messages.append(args[0])
    )
    return messages


@pytest.fixture
def make_release():
    def make(collection, version: str = "1.0") -> Release:
        vocabulary = Vocabulary.objects.create(collection=collection, min_dev=1, min_eval=1)
        split = Split.objects.create(
            collection=collection, vocabulary=vocabulary, seed=0, eval_share=0.3, val_share=0.15
        )
        return Release.objects.create(
            collection=collection, split=split, version=version, path="/r", manifest_sha256="0" * 64
        )

    return make


@pytest.fixture
def release(collection, make_release) -> Release:
    return make_release(collection)


@pytest.fixture
def finished(collection, release):
    def make(kind: JobKind, **fields) -> Job:
        known = {"collection": collection, "release": release, "recipe": "small_cnn"}
        known |= {"job_dir": "/j", "out_dir": f"/out-{kind}", "state": JobState.FINISHED.value}
        return Job.objects.create(kind=kind.value, **{**known, **fields})

    return make


def test_a_training_is_written_and_sent(release, sent):
    job = start_training(release=release, recipe="small_cnn", seed=3, overrides={"epochs": 2})
    spec = read_job(Path(job.job_dir))
    assert (spec.kind, spec.seed, dict(spec.inputs)) == (JobKind.TRAIN, 3, {"release": "/r"})
    assert spec.settings == {"recipe": "small_cnn", "overrides": {"epochs": 2}}
    assert job.asked == spec.settings
    assert sent == [job.job_dir]


def test_a_student_is_given_the_flags(release, finished):
    flags = finished(JobKind.FLAG)
    job = start_training(release=release, recipe="crnn", flags_of=flags, flag_use="random_mask")
    spec = read_job(Path(job.job_dir))
    assert spec.inputs["flags"] == flags.out_dir
    assert spec.settings["flag_use"] == "random_mask"
    assert job.source == flags


@pytest.mark.parametrize("recipe", ["", "../x", "a b", "x" * 65, "-rf", "a\x00b", "a/b"])
def test_a_recipe_is_a_name(release, recipe, sent):
    with pytest.raises(ValueError, match="must be a name"):
        start_training(release=release, recipe=recipe)
    assert not Job.objects.exists()
    assert sent == []


def test_who_types_a_path_may_bring_a_recipe_of_their_own(release, tmp_path):
    job = start_training(release=release, recipe=str(tmp_path / "mine.toml"))
    assert job.recipe == "mine"
    assert job.asked["recipe"] == str(tmp_path / "mine.toml")


def test_an_evaluation_and_a_scoring_are_of_the_runs_release(finished):
    run = finished(JobKind.TRAIN)
    evaluation = start_evaluation(run=run, split="val")
    assert read_job(Path(evaluation.job_dir)).inputs == {"release": "/r", "run": run.out_dir}
    assert evaluation.asked == {"split": "val"}
    scoring = start_scoring(run=run)
    assert (scoring.source, scoring.release) == (run, run.release)
    with pytest.raises(ValueError, match="must be one of train, val, eval"):
        start_evaluation(run=run, split="test")


@pytest.mark.parametrize("share", [0, -1, 100.1, float("nan")])
def test_the_share_to_flag_has_bounds(release, finished, share):
    with pytest.raises(ValueError, match="above 0 and at most 100"):
        start_flagging(release=release, run=finished(JobKind.TRAIN), top_percent=share)
    with pytest.raises(ValueError, match="above 0 and at most 100"):
        start_cold_start(release=release, embeddings=finished(JobKind.EMBED), top_percent=share)


def test_a_cold_start_needs_an_embedding_and_some_examples(release, finished):
    embeddings = finished(JobKind.EMBED, recipe="yamnet")
    job = start_cold_start(release=release, embeddings=embeddings, top_percent=100)
    spec = read_job(Path(job.job_dir))
    assert spec.inputs == {"release": "/r", "embeddings": embeddings.out_dir}
    assert spec.settings == {"top_percent": 100, "min_examples": 12}
    assert job.teacher == embeddings
    with pytest.raises(ValueError, match="from 1 to 10000"):
        start_cold_start(release=release, embeddings=embeddings, top_percent=1, min_examples=0)
    with pytest.raises(ValueError, match="embed a release first"):
        start_cold_start(release=release, embeddings=finished(JobKind.TRAIN), top_percent=1)


def test_what_has_not_finished_or_is_of_another_collection_serves_nothing(
    release, finished, ontology, make_release
):
    with pytest.raises(ValueError, match="train a baseline first"):
        start_evaluation(run=finished(JobKind.TRAIN, state="failed"))
    elsewhere = make_release(open_collection(name="field", ontology=ontology))
    with pytest.raises(ValueError, match="another collection"):
        start_flagging(release=elsewhere, run=finished(JobKind.TRAIN), top_percent=1)
    with pytest.raises(ValueError, match="another collection"):
        start_scoring(run=finished(JobKind.TRAIN), release=elsewhere)
    with pytest.raises(ValueError, match="another collection"):
        start_training(release=elsewhere, recipe="crnn", flags_of=finished(JobKind.FLAG))


def test_a_collection_is_embedded_by_its_own_recordings(collection, make_clip, settings):
    heard, silent = make_clip("1"), make_clip("2", state="withdrawn")
    job = start_embedding(collection=collection, provider="log-mel-statistics")
    assert read_job(Path(job.job_dir)).inputs == {"root": str(settings.MEDIA_ROOT)}
    lines = (Path(job.job_dir) / "clips.jsonl").read_text().splitlines()
    kept = original_path(heard.sha256, heard.suffix).relative_to(settings.MEDIA_ROOT)
    assert lines == [f'{{"clip_id": "1", "file": "{kept}"}}']
    assert silent.external_id not in lines[0].split(",")[0]


def test_a_collection_without_a_recording_has_nothing_to_embed(collection):
    with pytest.raises(ValueError, match="has no recording yet"):
        start_embedding(collection=collection, provider="log-mel-statistics")


def test_a_runs_own_embedding_is_given_the_run(collection, release, finished):
    run = finished(JobKind.TRAIN)
    job = start_embedding(collection=collection, release=release, provider="trained-run", run=run)
    assert job.asked["provider_settings"] == {"model": run.out_dir}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("evaluate_run", ["--run", "{run}"]),
        ("score_release", ["--run", "{run}"]),
        ("embed_clips", ["--collection", "yard", "--provider", "a b"]),
        ("train_baseline", ["--release", "1.0", "--flags-of", "{run}"]),
        ("cancel_job", ["{run}"]),
        ("retry_job", ["{run}"]),
    ],
)
def test_commands_say_in_one_sentence_what_cannot_be_done(finished, command, arguments):
    kind = JobKind.EMBED
    run = finished(kind)
    with pytest.raises(CommandError, match=r"\.$"):
        call_command(command, *[a.format(run=run.uuid) for a in arguments])


def test_the_queue_can_be_ordered_by_command(collection, capsys):
    call_command("order_queue", "--collection", "yard", "--by", "uncertain")
    assert "least sure" in capsys.readouterr().out
    collection.refresh_from_db()
    assert collection.queue_order == "uncertain"
