"""The board draws its figures, keeps itself up to date and complains of nothing."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.services import record_answer
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.nominations.models import Nomination
from datasets_app.votes import activity
from datasets_app.votes.activity_models import AnswerTally

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_drawn_and_follows_the_answers(world, visit, scheme, monkeypatch):
    monkeypatch.setattr(activity, "SETTLED_S", 0.0)
    world.curator()
    people = [world.annotator_record(world.annotator(name)) for name in ("ana", "otto", "pia")]
    for i, nomination in enumerate(world.nominated_clips(6)):
        for person in people:
            answer = Answer.NP if i < 2 and person is people[0] else Answer.PP
            record_answer(nomination=nomination, annotator=person, answer=answer)
    Nomination.objects.update(origin=Nomination.Origin.KEYWORD)
    recount_class_work(collection=world.collection)
    visitor = visit(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visitor.sign_in("cara")
    page = visitor.page
    page.goto(visitor.site + reverse("board", args=["yard"]))
    expect(page.locator("[data-figure] svg.main-svg").first).to_be_visible()
    drawn = page.locator("[data-figure]:has(svg.main-svg)")
    expect(drawn).to_have_count(4)
    today = page.locator(".tile__value").nth(1)
    expect(today).to_have_text("18")
    (nomination,) = world.nominated_clips(1)
    record_answer(nomination=nomination, annotator=people[0], answer=Answer.PP)
    cache.clear()
    for _ in range(2):
        AnswerTally.objects.update(looked_at=None)
        page.evaluate("document.getElementById('live').dispatchEvent(new Event('harken:refresh'))")
    expect(today).to_have_text("19")
    expect(drawn).to_have_count(4)
    page.locator("#sort").select_option("agreement")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(
        visitor.site + reverse("board", args=["yard"]) + "?days=30&q=&sort=agreement"
    )
    assert visitor.complaints == []
