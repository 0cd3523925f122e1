"""A backup of a site at work, restored elsewhere, is that site at one moment."""

import hashlib
import json
import shutil
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from datasets_app.clips.models import Clip
from datasets_app.nominations.models import Nomination
from datasets_app.operations.backup import back_up, verify_backup
from datasets_app.operations.layout import BackupError, latest_backup
from datasets_app.operations.pruning import prune_backups
from datasets_app.operations.restore import restore
from datasets_app.releases.models import Release
from datasets_app.releases.verification import verify_release
from datasets_app.votes.models import Vote
from tests.datasets_app.releases import small_collection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


class Voting(threading.Thread):
    """Answers come in, one after the other, until it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self._is_over = threading.Event()
        self._nomination = Nomination.objects.first()

    def run(self) -> None:
        number = 0
        while not self._is_over.wait(0.005):
            small_collection.cast_vote(self._nomination, f"late {number}", "PP")
            number += 1
        connection.close()

    def stop(self) -> None:
        self._is_over.set()
        self.join()


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_a_backup_taken_while_votes_come_in_is_restored_elsewhere(
    installation, empty_installation, backups
):
    n_before = Vote.objects.count()
    voting = Voting()
    voting.start()
    status, said = installation.run("backup", str(backups))
    voting.stop()
    assert status == 0, said
    all_votes = list(Vote.objects.order_by("pk").values_list("pk", "answer"))
    assert len(all_votes) > n_before + 10

    other = empty_installation()
    in_the_way = other.var / "jobs" / "a-job" / "job.json"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("mine")
    status, said = other.run("restore", str(backups))
    assert status == 1 and "is in the way" in said
    assert in_the_way.read_text() == "mine" and not (other.var / "media").exists()
    status, said = other.run("restore", str(backups), "--replace")
    assert status == 0, said
    restored = other.rows("SELECT id, answer FROM datasets_app_vote ORDER BY id")
    assert n_before <= len(restored)
    assert restored == all_votes[: len(restored)]  # one moment, with nothing before it missing
    ((n_annotators,),) = other.rows(
        "SELECT count(*) FROM datasets_app_annotator WHERE name LIKE 'late %'"
    )
    assert n_annotators - (len(restored) - n_before) in (0, 1)

    counts = json.loads((latest_backup(backups) / "BACKUP.json").read_text())["counts"]
    assert counts["datasets_app_vote"] == len(restored)
    assert counts["datasets_app_clip"] == Clip.objects.count() == 7
    ((path, sha256),) = other.rows("SELECT path, manifest_sha256 FROM datasets_app_release")
    assert path == str(other.var / "releases" / "small" / "1.0")
    assert sha256 == Release.objects.get().manifest_sha256
    assert verify_release(Path(path)) == []
    assert hashes(other.var / "media") == hashes(installation.var / "media")
    assert (other.var / "jobs/a-job/job.json").read_text() == "{}"


def test_a_second_backup_copies_only_what_is_new(installation, backups):
    first, _ = back_up(folder=backups)
    before = {path: path.stat().st_mtime_ns for path in (backups / "objects").rglob("*")}
    (installation.var / "jobs" / "a-job" / "job.json").write_text("new")
    second, made = back_up(folder=backups)
    after = {path for path in (backups / "objects").rglob("*") if path.is_file()}
    new = after - before.keys()
    assert [path.name for path in new] == [hashlib.sha256(b"new").hexdigest()]
    files = {path: at for path, at in before.items() if path.is_file()}
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert first.name < second.name
    for place in (first, second):
        assert verify_backup(folder=backups, place=place) == []
    assert made.problems == []

    with pytest.raises(BackupError, match="keep 1 or more"):
        prune_backups(folder=backups, keep=0)
    assert prune_backups(folder=backups, keep=2) == 0
    assert prune_backups(folder=backups, keep=1) == 1
    assert latest_backup(backups) == second
    assert verify_backup(folder=backups, place=second) == []
    gone = after - {path for path in (backups / "objects").rglob("*") if path.is_file()}
    assert [path.name for path in gone] == [hashlib.sha256(b"{}").hexdigest()]


def test_every_flipped_bit_of_a_backup_is_found_and_nothing_is_restored(installation, backups):
    place, _ = back_up(folder=backups)
    objects = [path for path in sorted((backups / "objects").rglob("*")) if path.is_file()]
    for path in [objects[0], objects[-1], *place.glob("database.*"), place / "files.sqlite3"]:
        sound = path.read_bytes()
        flipped = bytearray(sound)
        flipped[len(flipped) // 2] ^= 1
        path.write_bytes(bytes(flipped))
        problems = verify_backup(folder=backups, place=place)
        assert problems and "has changed" in problems[0], path
        path.write_bytes(sound)
    assert verify_backup(folder=backups, place=place) == []
    objects[0].unlink()
    shutil.rmtree(installation.var / "media")
    with pytest.raises(BackupError, match=r"(?s)nothing was restored:.* is missing"):
        restore(folder=backups, place=place, replace=True)
    assert not (installation.var / "media").exists()
    with pytest.raises(CommandError, match="is not sound"):
        call_command("backup", str(backups), "--verify")


def test_a_database_in_use_is_restored_over_only_when_told(installation, backups):
    place, _ = back_up(folder=backups)
    n_votes = Vote.objects.count()
    small_collection.cast_vote(Nomination.objects.first(), "late", "PP")
    shutil.rmtree(installation.var / "media")
    with pytest.raises(BackupError, match="The database is in use: datasets_app_collection"):
        restore(folder=backups, place=place)
    assert Vote.objects.count() == n_votes + 1
    assert not (installation.var / "media").exists()
    told: list[tuple[int, int]] = []
    found = restore(
        folder=backups, place=place, replace=True, on_progress=lambda *step: told.append(step)
    )
    assert Vote.objects.count() == n_votes
    assert found.migrations_to_apply == []
    assert told[-1][0] == told[-1][1] == 2 * found.description.n_files
    assert verify_release(Path(Release.objects.get().path)) == []
    back_up(folder=backups)  # what was restored can be saved, and restored, in turn
    restore(folder=backups, place=latest_backup(backups), replace=True)
    assert Vote.objects.count() == n_votes


def test_what_does_not_fit_is_refused_before_anything_is_touched(installation, backups):
    place, _ = back_up(folder=backups)
    description = place / "BACKUP.json"
    written = json.loads(description.read_text())
    shutil.rmtree(installation.var / "media")
    misfits = {
        "a backup of format 2": {"harken_backup": 2},
        r"lacks: datasets_app\.9999_later": {"migrations": ["datasets_app.9999_later"]},
        "is of a oracle database": {"vendor": "oracle"},
    }
    if connection.vendor == "postgresql":
        misfits["is of PostgreSQL 99 and the server here is"] = {"server_version": 990_000}
    for sentence, change in misfits.items():
        description.write_text(json.dumps(written | change))
        with pytest.raises(BackupError, match=sentence):
            restore(folder=backups, place=place, replace=True)
    assert not (installation.var / "media").exists()


def test_what_is_missing_is_said_and_the_rest_is_saved(installation, backups):
    clip = Clip.objects.first()
    shutil.rmtree(installation.var / "media" / "clips" / clip.sha256[:2])
    (installation.var / "elsewhere" / "release" / "README.md").unlink()
    with pytest.raises(
        CommandError, match=r"(?s)is complete, but.* clips have no recording"
    ) as said:
        call_command("backup", str(backups))
    assert "Release small/1.0 is not wholly in this backup" in str(said.value)
    assert verify_backup(folder=backups, place=latest_backup(backups)) == []


def test_an_interrupted_backup_is_not_taken_for_one(installation, backups):
    (backups / "backups" / ".20260101T000000Z").mkdir(parents=True)
    with pytest.raises(CommandError, match="holds no backup"):
        call_command("restore", str(backups))
    back_up(folder=backups)
    assert len(list((backups / "backups").iterdir())) == 1


def test_without_the_programmes_of_postgresql_a_sentence_says_what_to_install(
    installation, backups, monkeypatch
):
    monkeypatch.setenv("PATH", "/nowhere")
    if connection.vendor == "sqlite":
        back_up(folder=backups)  # it needs none
        return
    with pytest.raises(BackupError, match=r"pg_dump is not on this machine.*postgresql-client"):
        back_up(folder=backups)
    assert list((backups / "backups").glob("[0-9]*")) == []
