"""Whatever breaks between two answers: each acknowledged one is on record, none twice."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from datasets_app.clips.models import Clip
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.services import record_answer
from datasets_app.votes.models import Vote, VoteRevision
from tests.annotator.world import PASSWORD
from tests.browser.conftest import Visitor
from tests.browser.site_process import SiteProcess
from tests.browser.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def three_tones(world):
    world.annotator()
    return [world.nominate(world.sounding_clip()) for _ in range(3)]


@pytest.fixture
def own_site(tmp_path):
    site = SiteProcess(tmp_path / "site")
    site.folder.mkdir()
    site.make_records()
    site.start()
    yield site
    site.kill()


def answers() -> dict[str, str]:
    return {str(v.nomination.uuid): v.answer for v in Vote.objects.select_related("nomination")}


def begin(visitor: Visitor):
    visitor.sign_in("ana")
    page = visitor.open_validation()
    page.wait_for_load_state("networkidle")
    return page


def test_the_server_killed_between_two_answers_loses_none(own_site, chromium):
    context = chromium.new_context()
    visitor = Visitor(context, own_site.url)
    page = begin(visitor)
    page.keyboard.press("1")
    expect(page.locator("#saved")).to_have_text("Saved")
    own_site.kill()
    page.keyboard.press("3")
    page.keyboard.press("2")
    expect(page.locator("#saved")).to_contain_text("2 kept here")
    own_site.start()
    expect(page.locator("#saved")).to_have_text("Saved", timeout=20_000)
    page.keyboard.press("4")
    expect(page.locator("#saved")).to_have_text("Saved")
    query = (
        "select v.answer, count(*) from datasets_app_vote v "
        "join datasets_app_nomination n on n.id = v.nomination_id group by n.id order by n.id"
    )
    until(lambda: own_site.rows(query) == [("PP", 1), ("NP", 1), ("PNP", 1), ("U", 1)])
    assert own_site.rows("select count(*) from datasets_app_voterevision") == [(0,)]
    context.close()


@pytest.mark.parametrize("cookies", [{"name": "sessionid"}, {}], ids=["session", "all"])
def test_one_signs_in_again_on_the_page_and_the_answers_go_out(three_tones, visit, cookies):
    visitor = visit()
    page = begin(visitor)
    page.keyboard.press("1")
    expect(page.locator("#saved")).to_have_text("Saved")
    visitor.context.clear_cookies(**cookies)
    page.keyboard.press("2")
    expect(page.locator("#saved")).to_contain_text("Signed out; 1 kept here")
    page.click("#saved button")
    page.fill("#here-password", "wrong")
    page.press("#here-password", "Enter")
    expect(page.locator("#sign-in-here [role=alert]")).to_contain_text("do not belong together")
    page.fill("#here-password", PASSWORD)
    page.press("#here-password", "Enter")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("3")
    expect(page.locator("#saved")).to_have_text("Saved")
    expected = dict(zip((str(n.uuid) for n in three_tones), ("PP", "PNP", "NP"), strict=True))
    until(lambda: answers() == expected)
    assert not VoteRevision.objects.exists()


def test_a_browser_that_keeps_nothing_still_sends_and_says_so(three_tones, visit):
    visitor = visit()
    visitor.context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    page = begin(visitor)
    visitor.context.set_offline(True)
    page.keyboard.press("1")
    expect(page.locator("#saved")).to_contain_text("leave the page open until all is saved")
    visitor.context.set_offline(False)
    expect(page.locator("#saved")).to_have_text("Saved")
    assert answers() == {str(three_tones[0].uuid): "PP"}


def test_a_session_that_ended_on_the_server_is_no_different(three_tones, visit):
    page = begin(visit())
    Session.objects.all().delete()
    page.keyboard.press("4")
    page.click("#saved button")
    page.fill("#here-password", PASSWORD)
    page.press("#here-password", "Enter")
    expect(page.locator("#saved")).to_have_text("Saved")
    assert answers() == {str(three_tones[0].uuid): "U"}


def test_two_tabs_send_each_answer_once_and_show_each_others(three_tones, visit):
    visitor = visit()
    page = begin(visitor)
    other = visitor.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".clip.is-active")
    visitor.context.set_offline(True)
    page.keyboard.press("1")
    other.keyboard.press("ArrowDown")
    other.keyboard.press("3")
    for tab in (page, other):
        expect(tab.locator("#saved")).to_contain_text("2 kept here")
        expect(tab.locator("#count")).to_have_text("2 of 3")
    visitor.context.set_offline(False)
    for tab in (page, other):
        expect(tab.locator("#saved")).to_have_text("Saved")
    first, second, _ = three_tones
    assert answers() == {str(first.uuid): "PP", str(second.uuid): "NP"}
    assert not VoteRevision.objects.exists()


@pytest.mark.parametrize(("kept", "answer"), [("theirs", "NP"), ("mine", "PP")])
def test_two_answers_of_one_person_are_both_offered(three_tones, visit, kept, answer):
    page = begin(visit())
    elsewhere = begin(visit())
    elsewhere.keyboard.press("3")
    expect(elsewhere.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("1")
    problem = page.locator(".clip").first.locator(".clip__problem")
    expect(problem).to_contain_text("in another window you answered NP meanwhile; here PP")
    problem.locator(f"[data-keeps={kept}]").click()
    expect(problem).to_be_hidden()
    until(lambda: answers() == {str(three_tones[0].uuid): answer})
    expect(page.locator(".clip__answer").first).to_have_text(answer)


def test_a_clash_is_kept_until_one_has_chosen(three_tones, visit):
    visitor = visit()
    page = begin(visitor)
    elsewhere = begin(visit())
    elsewhere.keyboard.press("3")
    expect(elsewhere.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("1")
    expect(page.locator("[data-keeps=mine]")).to_be_visible()
    page.reload()
    page.locator("[data-keeps=mine]").click()
    until(lambda: answers() == {str(three_tones[0].uuid): "PP"})


def test_a_recording_taken_away_meanwhile_is_said_kindly(three_tones, visit):
    page = begin(visit())
    Clip.objects.filter(pk=three_tones[0].clip_id).update(state=Clip.State.WITHDRAWN)
    page.keyboard.press("1")
    problem = page.locator(".clip").first.locator(".clip__problem")
    expect(problem).to_contain_text("no longer part of the collection")
    expect(page.locator("#count")).to_have_text("0 of 3")
    page.keyboard.press("2")
    until(lambda: answers() == {str(three_tones[1].uuid): "PNP"})


def test_a_recording_that_others_settled_meanwhile_is_said_kindly(three_tones, world, visit):
    page = begin(visit())
    for name in ("bea", "ben", "bo"):
        annotator = world.annotator_record(world.annotator(name))
        record_answer(nomination=three_tones[0], annotator=annotator, answer=Answer.PP)
    page.keyboard.press("1")
    told = page.locator(".clip").first.locator(".clip__problem")
    expect(told).to_contain_text("Others have settled this one")
    assert not Vote.objects.filter(annotator__user__username="ana").exists()
    page.keyboard.press("2")
    until(lambda: answers().get(str(three_tones[1].uuid)) == "PNP")


def test_the_next_page_opens_offline_when_it_was_fetched_ahead(world, visit):
    world.annotator()
    nominations = [world.nominate(world.sounding_clip(seconds=0.3)) for _ in range(14)]
    visitor = visit()
    page = begin(visitor)
    with page.expect_response("**/next-page/**"):
        page.keyboard.press("1")
    page.wait_for_load_state("networkidle")
    visitor.context.set_offline(True)
    for _ in range(11):
        page.keyboard.press("2")
    expect(page.locator("#count")).to_have_text("12 of 12")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text("0 of 2")
    page.keyboard.press("3")
    visitor.context.set_offline(False)
    expect(page.locator("#saved")).to_have_text("Saved")
    until(lambda: Vote.objects.count() == 13)
    assert answers()[str(nominations[12].uuid)] == "NP"
    assert reverse("validate", args=["yard", "/m/05tny_"]) in page.url
