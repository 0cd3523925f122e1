"""Sounds of Freesound become clips with what credits their makers; interruptions cost nothing."""

import json

import pytest
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip, Collection
from datasets_app.clips.services import add_analysed_clips, open_collection
from datasets_app.domain.clips.licenses import attribution_line
from datasets_app.importers import freesound
from datasets_app.importers.freesound import Search, import_sounds
from datasets_app.importers.freesound_api import Freesound, FreesoundRefused, FreesoundSilent
from datasets_app.importers.freesound_refresh import withdraw_gone_sounds
from datasets_app.jobs.ingest import IngestSummary
from datasets_app.ontology.models import Ontology
from ml_worker.analysis import ClipRequest, analyse_clip
from tests.datasets_app.importers.freesound_server import (
    BEARER,
    KEY,
    LICENSES,
    THROTTLED_DAY,
    THROTTLED_MINUTE,
    freesound_on_loopback,
)


@pytest.fixture
def server(settings):
    with freesound_on_loopback() as server:
        settings.FREESOUND_ADDRESS = server.address
        settings.FREESOUND_TOKEN, settings.FREESOUND_OAUTH_TOKEN = KEY, ""
        settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.0/8"]
        yield server


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def api(waits) -> Freesound:
    """Freesound's API on a clock that only waiting moves."""
    return Freesound(sleep=waits.append, clock=lambda: sum(waits))


@pytest.fixture
def collection(db) -> Collection:
    ontology = Ontology.objects.create(name="small", source_sha256="0" * 64)
    return open_collection(name="yard", ontology=ontology)


@pytest.fixture
def worker_at_hand(monkeypatch, tmp_path) -> None:
    """What a worker hears in a recording, without sending a job: that is test_ingest's."""

    def ingest(*, collection, folder, rows, on_untaken):
        made = tmp_path / "analysis"
        heard = [
            analyse_clip(ClipRequest(row.clip_id, row.file), root=folder, out_dir=made)
            for row in rows
        ]
        n_added, refusals = add_analysed_clips(
            collection=collection, folder=folder, rows=rows, analysis=heard, analysis_dir=made
        )
        return IngestSummary(n_added, 0, refusals)

    monkeypatch.setattr(freesound, "ingest_rows", ingest)


@pytest.fixture
def take_in(collection, api, worker_at_hand):
    def take(search: Search | None = None, **options):
        return import_sounds(
            collection=collection, search=search or Search("dog"), api=api, **options
        )

    return take


def clip_of(collection: Collection, number: int, **fields) -> Clip:
    uploader, _ = collection.uploaders.get_or_create(name="uma")
    return Clip.objects.create(
        collection=collection,
        uploader=uploader,
        external_id=str(number),
        freesound_id=number,
        license="x",
        **fields,
    )


def ids(collection: Collection) -> list[str]:
    return sorted(collection.clips.values_list("external_id", flat=True))


def test_a_sound_becomes_a_clip_that_credits_its_maker(server, take_in, collection):
    server.add(7, tags=["dog", "<script>"], username="uma")
    summary = take_in()
    assert (summary.n_found, summary.n_added, summary.refusals) == (1, 1, [])
    clip = collection.clips.get()
    assert (clip.external_id, clip.freesound_id, clip.uploader.name) == ("7", 7, "uma")
    assert clip.title == "Sound 7.wav" and clip.description == "A dog.\nIt barks."
    assert clip.tags == ["dog", "<script>"]
    assert clip.license == LICENSES["Attribution"]
    assert clip.source_url == "https://freesound.org/people/uma/sounds/7/"
    credit = attribution_line(
        title=clip.title,
        uploader=clip.uploader.name,
        license_text=clip.license,
        source_url=clip.source_url,
    )
    assert credit == (
        "“Sound 7.wav” by uma (https://freesound.org/people/uma/sounds/7/), CC BY 4.0, "
        "https://creativecommons.org/licenses/by/4.0/"
    )
    assert (clip.suffix, clip.sample_rate_hz, clip.duration_s) == (".ogg", 16_000, 0.5)
    assert AuditEvent.objects.filter(verb="ingest_clips").exists()


def test_a_search_says_what_it_wants_and_goes_through_all_pages(server, take_in, collection, api):
    for number in (1, 2):
        server.add(number, license=LICENSES["Creative Commons 0"], duration=2.0)
    server.add(3, license=LICENSES["Attribution"], duration=2.0)
    server.add(4, license=LICENSES["Creative Commons 0"], duration=31.0)
    take_in(Search("dog", ("cc0",), 1, 30))
    assert ids(collection) == ["1", "2"]


def test_what_is_there_is_not_downloaded_again(server, take_in, collection):
    server.add(7)
    take_in()
    server.add(8)
    clip_of(collection, 9, state="withdrawn")
    server.add(9)
    summary = take_in()
    assert (summary.n_added, summary.n_known) == (1, 2)
    assert server.count("/previews/7-") == 1
    assert server.count("/previews/9-") == 0


def test_a_clip_without_its_recording_gets_it(server, take_in, collection):
    clip = clip_of(collection, 7, title="as imported")
    server.add(7)
    assert take_in().n_added == 1
    clip.refresh_from_db()
    assert clip.has_recording and clip.title == "as imported"


def test_what_cannot_be_a_clip_is_refused_by_name_and_once(server, take_in, collection):
    server.add(1, content=b"<html>no audio</html>")
    server.add(2, username="")
    server.add(3)
    server.add(4, previews=None)
    summary = take_in()
    assert sorted(r.clip_id for r in summary.refusals) == ["1", "2", "4"]
    assert ids(collection) == ["3"]
    take_in()
    assert server.count("/previews/1-") == 1


def test_no_name_from_there_becomes_a_path_here(server, take_in, collection, settings):
    server.add(5, name="../../etc/passwd", type="../x")
    take_in()
    assert collection.clips.get().title == "../../etc/passwd"
    left = [p for p in (settings.VAR_DIR / "freesound").rglob("*") if p.is_file()]
    assert left == []


def test_the_limit_counts_new_sounds_and_the_next_run_goes_on(server, take_in, collection):
    for number in range(1, 6):
        server.add(number)
    assert take_in(limit=2).n_added == 2
    assert take_in(limit=2).n_added == 2
    assert take_in(limit=2).n_added == 1
    assert ids(collection) == ["1", "2", "3", "4", "5"]


def test_an_interrupted_search_goes_on_where_it_was(server, take_in, collection, monkeypatch):
    monkeypatch.setattr("datasets_app.importers.freesound_api.PAGE_SIZE", 2)
    for number in range(1, 8):
        server.add(number)

    class Breaking(Freesound):
        def search(self, **asked):
            if asked["page"] == 3:
                raise FreesoundSilent("the line went dead")
            return super().search(**asked)

    breaking = Breaking(sleep=lambda seconds: None)
    with pytest.raises(FreesoundSilent):
        import_sounds(collection=collection, search=Search("dog"), api=breaking)
    assert ids(collection) == ["1", "2", "3", "4"]
    server.requests.clear()
    take_in()
    assert ids(collection) == [str(n) for n in range(1, 8)]
    pages = [r.partition("&page=")[2][0] for r in server.requests if "search" in r]
    assert pages == ["2", "3", "4"]
    assert server.count("/previews/") == 3


def test_a_search_whose_last_pages_went_away_is_through(server, api, settings):
    assert not api.search(query="dog", filters="", page=9).has_next
    settings.FREESOUND_ADDRESS = server.site + "/elsewhere/"
    with pytest.raises(FreesoundRefused, match="FREESOUND_ADDRESS"):
        api.search(query="dog", filters="", page=1)


def test_originals_need_a_persons_token(server, take_in, collection, settings):
    server.add(7, type="flac")
    with pytest.raises(FreesoundRefused, match="FREESOUND_OAUTH_TOKEN"):
        take_in(is_original=True)
    settings.FREESOUND_OAUTH_TOKEN = BEARER
    take_in(is_original=True)
    assert collection.clips.get().suffix == ".flac"


def test_an_original_that_is_not_read_here_is_refused(server, take_in, settings):
    settings.FREESOUND_OAUTH_TOKEN = BEARER
    server.add(7, type="m4a")
    (refusal,) = take_in(is_original=True).refusals
    assert ".m4a" in refusal.reason and "preview" in refusal.reason


def test_requests_keep_a_second_between_them(server, api, waits):
    for page in (1, 1, 1):
        api.search(query="dog", filters="", page=page)
    assert waits == [1.0, 1.0]


def test_the_limit_of_a_minute_is_waited_for(server, api, waits):
    server.fault(429, THROTTLED_MINUTE)
    server.fault(429, THROTTLED_MINUTE, Retry_After="7")
    assert api.search(query="dog", filters="", page=1).n_found == 0
    assert waits == [61.0, 7.0]


def test_the_limit_of_a_day_ends_the_run_with_what_to_do(server, api):
    server.fault(429, THROTTLED_DAY)
    with pytest.raises(FreesoundRefused, match="tomorrow"):
        api.search(query="dog", filters="", page=1)


def test_a_wrong_key_is_a_sentence(server, api, settings):
    settings.FREESOUND_TOKEN = "wrong"
    with pytest.raises(FreesoundRefused, match="Correct FREESOUND_TOKEN"):
        api.search(query="dog", filters="", page=1)
    settings.FREESOUND_TOKEN = ""
    with pytest.raises(FreesoundRefused, match="apply"):
        api.search(query="dog", filters="", page=1)


@pytest.mark.parametrize("fault", [(500, "Server error"), (502, None), (200, None), (404, None)])
def test_faults_are_tried_again_a_few_times(server, api, fault):
    for _ in range(4):
        server.fault(*fault)
    with pytest.raises(FreesoundSilent):
        api.search(query="dog", filters="", page=1)


def test_a_fault_that_passes_is_not_noticed(server, api):
    server.fault(503, None)
    assert api.search(query="dog", filters="", page=1).n_found == 0


def test_freesound_is_spoken_to_only_where_that_is_allowed(server, api, settings):
    settings.OUTGOING_ALLOWED_HOSTS = []
    with pytest.raises(FreesoundRefused, match="private or reserved"):
        api.search(query="dog", filters="", page=1)
    assert server.requests == []


class TestRefresh:
    def test_a_sound_withdrawn_there_is_withdrawn_here(self, server, api, collection):
        for number in (1, 2):
            clip_of(collection, number)
        clip_of(collection, 3, state="withdrawn")
        collection.uploaders.get().clips.create(
            collection=collection, external_id="own", license="x"
        )
        server.add(1)
        summary = withdraw_gone_sounds(collection=collection, api=api)
        assert (summary.n_asked, [c.freesound_id for c in summary.gone]) == (2, [2])
        states = dict(collection.clips.values_list("external_id", "state"))
        assert states == {"1": "available", "2": "withdrawn", "3": "withdrawn", "own": "available"}
        event = AuditEvent.objects.get(verb="withdraw_clip")
        assert event.after["reason"].startswith("Freesound has no sound 2 any more")

    def test_a_sound_missing_from_the_index_alone_stays(self, server, api, collection):
        clip_of(collection, 1)
        server.add(1)
        server.hidden_from_search.add(1)
        assert withdraw_gone_sounds(collection=collection, api=api).gone == []

    @pytest.mark.parametrize(
        "fault",
        [(500, "Server error"), (503, None), (404, None), (200, None), (429, THROTTLED_MINUTE)],
        ids=["500", "503 html", "404 of something else", "200 html", "429"],
    )
    @pytest.mark.parametrize("is_on_second", [False, True], ids=["search", "sound"])
    def test_faults_withdraw_nothing(self, server, api, collection, fault, is_on_second):
        for number in (1, 2):
            clip_of(collection, number)
        if is_on_second:
            server.faults.append((200, {}, json.dumps({"count": 0, "results": []}).encode()))
        for _ in range(4):
            server.fault(*fault)
        with pytest.raises((FreesoundSilent, FreesoundRefused)):
            withdraw_gone_sounds(collection=collection, api=api)
        assert not collection.clips.filter(state="withdrawn").exists()

    def test_a_server_that_is_gone_withdraws_nothing(self, server, api, collection):
        clip_of(collection, 1)
        server.close()
        with pytest.raises(FreesoundSilent):
            withdraw_gone_sounds(collection=collection, api=api)
        assert not collection.clips.filter(state="withdrawn").exists()

    def test_many_at_once_are_taken_for_a_fault(self, server, api, collection):
        for number in range(1, 13):
            clip_of(collection, number)
        with pytest.raises(FreesoundRefused, match="12 of 12"):
            withdraw_gone_sounds(collection=collection, api=api)
        assert not collection.clips.filter(state="withdrawn").exists()
        withdraw_gone_sounds(collection=collection, api=api, are_many_allowed=True)
        assert collection.clips.filter(state="withdrawn").count() == 12

    def test_so_many_clips_are_asked_for_in_so_many_requests(self, server, api, collection):
        for number in range(1, 162):
            clip_of(collection, 10**9 + number)
            server.add(10**9 + number)
        withdraw_gone_sounds(collection=collection, api=api)
        assert len(server.requests) == 3


def test_the_command_says_what_it_did(server, curation_worker, collection, capsys):
    server.add(7)
    call_command("import_freesound", "dog", collection="yard", license=["by"], limit=5)
    assert "1 of 1 sounds added" in capsys.readouterr().out
    del server.sounds[7]
    call_command("import_freesound", collection="yard", refresh=True)
    assert "1 sounds looked for, 1 clips withdrawn" in capsys.readouterr().out


def test_without_a_key_no_collection_is_made(db, settings):
    settings.FREESOUND_TOKEN = ""
    with pytest.raises(CommandError, match="FREESOUND_TOKEN"):
        call_command("import_freesound", "dog", collection="new")
    assert not Collection.objects.exists()
