"""What the validation page shows, and what it must not."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotator.addresses import MidConverter
from datasets_app.clips.models import Clip

ADDRESS = ["yard", "/m/05tny_"]


@pytest.mark.parametrize("mid", ["/m/05tny_", "/t/dd00012", "bark", "own/class", "a b?#%"])
def test_every_class_identifier_survives_its_address(world, as_annotator, mid):
    world.sound_class(mid, "Odd") if mid != "/m/05tny_" else None
    address = reverse("validate", args=["yard", mid])
    assert "//" not in address
    assert as_annotator.get(address).status_code == 200
    assert MidConverter().to_python(MidConverter().to_url(mid)) == mid


def test_the_page_asks_about_twelve_recordings_in_the_order_of_the_queue(world, as_annotator):
    nominations = world.nominated_clips(14)
    nominations[13].priority = 5
    nominations[13].save()
    response = as_annotator.get(reverse("validate", args=ADDRESS))
    page = response.content.decode()
    shown = [clip["nomination"] for clip in _data(page)["clips"]]
    assert shown == [str(n.uuid) for n in (nominations[13], *nominations[:11])]
    assert "Is <em>Bark</em> in this recording?" in page


def test_a_page_without_work_says_so_kindly(world, as_annotator):
    page = as_annotator.get(reverse("validate", args=ADDRESS)).content.decode()
    assert "Nothing left here" in page
    assert "page-data" not in page


def test_nothing_on_the_page_gives_an_answer_away(world, as_annotator):
    clip = world.clip(title="Loud bark of my dog", tags=["bark"], description="a dog barks")
    world.nominate(clip)
    page = as_annotator.get(reverse("validate", args=ADDRESS)).content.decode()
    for secret in ("Loud bark", "a dog barks", "model", "0.98", "keyword", "uma", clip.sha256):
        assert secret not in page, secret
    (entry,) = _data(page)["clips"]
    assert entry.keys() == {
        "nomination", "duration_s", "loudness_lufs", "preview", "spectrogram", "peaks",
        "answer", "comment",
    }  # fmt: skip


def test_html_in_names_and_faq_is_inert(world, as_annotator):
    evil = "<script>alert(1)</script>"
    world.nominate(world.clip(), world.sound_class("/m/evil", evil, faq=evil, description=evil))
    for address in (reverse("validate", args=["yard", "/m/evil"]), reverse("home")):
        page = as_annotator.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_withdrawn_recordings_do_not_appear(world, as_annotator):
    world.nominate(world.clip(state=Clip.State.WITHDRAWN))
    page = as_annotator.get(reverse("validate", args=ADDRESS)).content.decode()
    assert "Nothing left here" in page


@pytest.mark.parametrize(
    "address", ["/collections/none/validate/m/05tny_", "/collections/yard/validate/m/none"]
)
def test_unknown_collections_and_classes_are_not_found(world, as_annotator, address):
    assert as_annotator.get(address).status_code == 404


def test_the_page_asks_the_database_no_more_for_a_longer_queue(world, as_annotator):
    as_annotator.get(reverse("validate", args=ADDRESS))
    counts = []
    for name, mid, n in (("few", "/m/few", 14), ("many", "/m/many", 140)):
        sound_class = world.sound_class(mid, name)
        for _ in range(n):
            world.nominate(world.clip(), sound_class)
        with CaptureQueriesContext(connection) as opened:
            as_annotator.get(reverse("validate", args=["yard", mid]))
        with CaptureQueriesContext(connection) as again:
            as_annotator.get(reverse("validate", args=["yard", mid]))
        counts.append((len(opened), len(again)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 36, counts


def test_no_page_carries_inline_script_or_style(world, as_annotator):
    world.nominated_clips(2)
    for address in (reverse("validate", args=ADDRESS), reverse("home")):
        page = as_annotator.get(address).content.decode()
        assert not re.search(r"<style|style=|\son\w+=", page)
        for script in re.findall(r"<script[^>]*>", page):
            assert "src=" in script or 'type="application/json"' in script


def _data(page: str) -> dict:
    return json.loads(re.search(r'<script id="page-data"[^>]*>(.*?)</script>', page)[1])
