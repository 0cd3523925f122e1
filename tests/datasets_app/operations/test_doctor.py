"""The doctor: each thing that is broken here is found, named, and comes with a way to mend it."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.checks import Error
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from datasets_app.clips.media import original_path
from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.jobs.models import Job
from datasets_app.nominations.models import ClassWork
from datasets_app.ontology.models import Ontology, SoundClass
from datasets_app.operations import queues
from datasets_app.operations.doctor import examination, files, records, services, site
from datasets_app.operations.doctor.examination import examine
from datasets_app.operations.doctor.findings import Finding, Status
from ml_worker.contract import Queue, broker_settings
from ml_worker.signs_of_life import FOLLOWER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_broker(settings, own_var_dir):
    settings.CELERY = broker_settings("filesystem://", own_var_dir)


def look(check: Callable[[str], Iterator[Finding]]) -> list[Finding]:
    return list(check("it"))


def bad(check: Callable[[str], Iterator[Finding]]) -> list[Finding]:
    """What is not well, each with its way to mend."""
    found = [finding for finding in look(check) if finding.status is not Status.OK]
    assert all(finding.mend and finding.says.endswith((".", ")")) for finding in found)
    return found


def only(check: Callable[[str], Iterator[Finding]], status: Status) -> str:
    (finding,) = bad(check)
    assert finding.status is status
    return finding.says


@pytest.fixture
def collection() -> Collection:
    return Collection.objects.create(name="c", ontology=Ontology.objects.create(name="o"))


def add_clip(collection: Collection, data: bytes, sha256: str | None = None) -> Clip:
    sha256 = sha256 or hashlib.sha256(data).hexdigest()
    uploader, _ = Uploader.objects.get_or_create(collection=collection, name="u")
    path = original_path(sha256, ".wav")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    name = f"clip-{Clip.objects.count()}"
    measured = {"duration_s": 1.0, "sample_rate_hz": 8000, "n_channels": 1, "suffix": ".wav"}
    return Clip.objects.create(
        collection=collection, uploader=uploader, external_id=name, sha256=sha256, **measured
    )


def show_life(var: Path, name: str, at: float) -> None:
    (var / "workers").mkdir(exist_ok=True)
    sign = {"name": name, "host": "h", "pid": 1, "started_at": 0.0, "at": at}
    (var / f"workers/{name}.h.1.json").write_text(json.dumps(sign))


class TestServices:
    def test_a_database_that_answers_and_is_migrated_is_well(self):
        assert bad(services.database) == []

    def test_a_database_that_does_not_answer(self, monkeypatch):
        def refuse():
            raise OperationalError("password of harken: s3cret")

        monkeypatch.setattr(services, "connection", SimpleNamespace(cursor=refuse))
        assert "s3cret" not in only(services.database, Status.FAIL)

    def test_migrations_that_wait(self, monkeypatch):
        plan = [(SimpleNamespace(app_label="datasets_app", name="0099_next"), False)]
        monkeypatch.setattr(services.MigrationExecutor, "migration_plan", lambda *_: plan)
        assert "0099_next" in only(services.database, Status.FAIL)

    def test_a_version_that_is_too_old_or_no_write_ahead_log(self, monkeypatch):
        if connection.vendor == "postgresql":
            monkeypatch.setattr(services, "OLDEST_POSTGRESQL", 999)
            assert "older" in only(services.database, Status.FAIL)
            return
        with connection.cursor() as cursor:
            shown = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        assert bool(bad(services.database)) == (shown != "wal")

    def test_a_broker_that_does_not_answer(self, settings, monkeypatch):
        monkeypatch.setattr(queues, "ANSWER_S", 0.2)
        settings.CELERY = {"broker_url": "redis://:s3cret@127.0.0.1:1/0"}
        assert "s3cret" not in only(services.broker, Status.FAIL)

    def test_a_broker_that_cannot_be_asked(self, settings):
        settings.CELERY = {"broker_url": "amqp://u:s3cret@h/"}
        assert "amqp://" in only(services.broker, Status.WARN)

    def test_a_queue_that_fills_up(self, monkeypatch, own_var_dir):
        monkeypatch.setattr(services, "MOST_WAITING", 1)
        for n in range(2):
            (own_var_dir / f"broker/messages/{n}_x.learning.msg").touch()
        assert "2 messages wait" in only(services.broker, Status.WARN)

    def test_each_kind_of_worker_that_is_missing(self, own_var_dir):
        assert len(bad(services.workers)) == 3
        for name in (*Queue, FOLLOWER):
            show_life(own_var_dir, str(name), time.time())
        assert bad(services.workers) == []

    def test_a_worker_that_fell_silent(self, own_var_dir):
        for name in (Queue.CURATION, FOLLOWER):
            show_life(own_var_dir, str(name), time.time())
        show_life(own_var_dir, "learning", time.time() - 300)
        assert "300 s ago" in only(services.workers, Status.FAIL)

    def test_a_worker_whose_clock_is_ahead(self, own_var_dir):
        for name in (*Queue, FOLLOWER):
            show_life(own_var_dir, str(name), time.time() + (60 if name == FOLLOWER else 0))
        assert "clock of h" in only(services.workers, Status.WARN)

    def test_a_database_whose_clock_is_off(self, monkeypatch):
        real = time.time()
        monkeypatch.setattr(services, "time", SimpleNamespace(time=lambda: real + 100))
        assert len(bad(services.clock)) == (connection.vendor == "postgresql")

    def test_object_storage_that_cannot_be_reached(self, settings, monkeypatch):
        settings.STORAGE_URL = "s3://x"

        def head_bucket(**_):
            raise EndpointConnectionError(endpoint_url="http://x")

        client = SimpleNamespace(head_bucket=head_bucket)
        bucket = SimpleNamespace(client=client, name="x")
        monkeypatch.setattr(services, "open_bucket", lambda *_: bucket)
        assert "object storage" in only(services.storage, Status.FAIL)


class TestFiles:
    def test_a_folder_that_cannot_be_written(self, settings, tmp_path):
        settings.VAR_DIR = tmp_path / "gone"
        assert "cannot be written" in only(files.var_folder, Status.FAIL)

    @pytest.mark.parametrize(("free", "status"), [(0.05, Status.WARN), (1e-6, Status.FAIL)])
    def test_a_disk_that_fills_up(self, monkeypatch, free, status):
        usage = SimpleNamespace(total=10**12, free=int(free * 10**12))
        monkeypatch.setattr(files.shutil, "disk_usage", lambda _: usage)
        assert "GiB" in only(files.var_folder, status)

    def test_recordings_that_are_whole_gone_or_changed(self, collection):
        whole = add_clip(collection, b"whole")
        assert bad(files.recordings) == []
        gone = add_clip(collection, b"gone")
        original_path(gone.sha256, ".wav").unlink()
        assert gone.external_id in only(files.recordings, Status.FAIL)
        gone.delete()
        original_path(whole.sha256, ".wav").write_bytes(b"other")
        assert "have changed" in only(files.recordings, Status.FAIL)

    def test_pages_files_that_are_not_collected(self, settings, tmp_path):
        settings.STATIC_ROOT = tmp_path
        backend = "whitenoise.storage.CompressedManifestStaticFilesStorage"
        settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
        assert "not collected" in only(files.static_files, Status.FAIL)
        (tmp_path / "staticfiles.json").touch()
        assert bad(files.static_files) == []

    def test_a_backup_that_is_missing_or_old(self, own_var_dir, monkeypatch):
        assert "no backup" in only(files.backups, Status.WARN)
        (own_var_dir / "backups").mkdir()
        monkeypatch.setattr(files, "backups_in", lambda folder: [folder])
        assert bad(files.backups) == []
        monkeypatch.setattr(files, "OLDEST_BACKUP_S", -1)
        assert "latest backup" in only(files.backups, Status.WARN)


class TestSite:
    @pytest.fixture
    def in_public(self, settings):
        settings.DEBUG = False
        settings.ALLOWED_HOSTS = ["harken.example.org"]

    def test_a_weak_secret(self, settings, in_public):
        settings.SECRET_KEY = "short"
        assert "forge" in only(site.secret, Status.FAIL)
        settings.SECRET_KEY = "x" * 40
        assert bad(site.secret) == []

    def test_any_name_let_through(self, settings):
        settings.ALLOWED_HOSTS = ["*"]
        assert "any name" in only(site.names, Status.FAIL)

    def test_origins_that_are_not_the_sites(self, settings, in_public):
        settings.CSRF_TRUSTED_ORIGINS = ["https://elsewhere.example"]
        assert "elsewhere.example" in only(site.names, Status.WARN)

    def test_a_site_in_public_without_tls(self, in_public):
        assert "SESSION_COOKIE_SECURE" in only(site.tls, Status.FAIL)

    def test_what_the_sites_own_checks_find_comes_with_their_hint(self, monkeypatch):
        broken = Error("The translations are not compiled.", hint="Compile them.", id="harken.E003")
        monkeypatch.setattr(site, "run_checks", lambda **_: [broken])
        (finding,) = bad(site.checks)
        assert (finding.status, finding.mend) == (Status.FAIL, "Compile them.")
        assert "harken.E003" in finding.says


class TestRecords:
    def test_counts_that_are_not_those_of_the_nominations(self, collection):
        owl = SoundClass.objects.create(ontology=collection.ontology, mid="/m/1", name="Owl")
        work = ClassWork.objects.create(collection=collection, sound_class=owl)
        assert bad(records.class_work) == []
        ClassWork.objects.filter(pk=work.pk).update(n_open=7)
        assert "Owl" in only(records.class_work, Status.WARN)

    def test_a_job_whose_folder_is_gone(self, collection, tmp_path):
        Job.objects.create(kind="train", collection=collection, job_dir=str(tmp_path / "gone"))
        assert "gone" in only(records.jobs, Status.FAIL)

    def test_a_job_that_waits_for_hours(self, collection, tmp_path):
        job = Job.objects.create(kind="train", collection=collection, job_dir=str(tmp_path))
        assert bad(records.jobs) == []
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(hours=7))
        assert "six hours" in only(records.jobs, Status.WARN)

    def test_a_job_that_failed_today(self, collection):
        Job.objects.create(
            kind="train", collection=collection, state="failed", finished_at=timezone.now()
        )
        assert "1 jobs failed" in only(records.jobs, Status.WARN)

    def test_pages_that_nobody_ever_closed(self, monkeypatch):
        monkeypatch.setattr(records, "MOST_JOBS", -1)
        assert "expired" in only(records.leases, Status.WARN)


class TestTheCommand:
    @pytest.fixture
    def looks(self, monkeypatch) -> dict:
        looks: dict = {}
        monkeypatch.setattr(
            "datasets_app.management.commands.doctor.examine", lambda: examine(looks)
        )
        return looks

    def test_it_ends_with_1_only_when_something_fails(self, looks, capsys):
        looks["a"] = lambda about: iter([Finding(about, Status.WARN, "Hm.", "Do.")])
        call_command("doctor")
        assert "warn  a: Hm." in capsys.readouterr().out
        looks["b"] = lambda about: iter([Finding(about, Status.FAIL, "Oh.", "Mend it.")])
        with pytest.raises(SystemExit) as end:
            call_command("doctor")
        assert end.value.code == 1
        assert "mend: Mend it." in capsys.readouterr().out

    def test_it_speaks_to_machines(self, looks, capsys):
        looks["a"] = lambda about: iter([Finding(about, Status.OK, "Well.")])
        call_command("doctor", "--json")
        shown = json.loads(capsys.readouterr().out)
        assert shown == [{"about": "a", "status": "ok", "says": "Well.", "mend": ""}]

    def test_what_needs_a_silent_database_is_said_and_the_rest_goes_on(self, looks):
        def refuse(about):
            raise OperationalError
            yield

        looks["a"] = refuse
        looks["b"] = lambda about: iter([Finding(about, Status.OK, "Well.")])
        assert [finding.status for finding in examine(looks)] == [Status.FAIL, Status.OK]

    def test_everything_is_looked_at_here_without_an_error(self):
        found = list(examine())
        assert {finding.about for finding in found} >= set(examination.LOOKS) - {
            "clock", "storage", "recordings", "static files", "class counts",
        }  # fmt: skip
