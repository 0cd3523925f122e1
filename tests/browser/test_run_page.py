"""A run is watched while a real worker trains it, stopped, taken up again, and measured."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.following import follow_open_jobs
from datasets_app.jobs.models import Job
from datasets_app.jobs.starting import start_training
from datasets_app.releases.models import Release
from ml_worker.contract import Queue
from tests.annotator.test_collection_page import job_of, split_of
from tests.browser.accessibility import violations
from tests.ml_worker.conftest import write_release

pytestmark = pytest.mark.browser
LONGEST_S = 90.0
EPOCHS = 80


@pytest.fixture
def learning_worker(start_worker, site_on_broker) -> None:
    site_on_broker(start_worker("filesystem://", Queue.LEARNING).celery)


@pytest.fixture
def release(world, tmp_path: Path) -> Release:
    folder = write_release(tmp_path / "release")
    return Release.objects.create(
        collection=world.collection,
        version="1.0",
        split=split_of(world, [world.clip()]),
        path=str(folder),
        manifest_sha256="a" * 64,
    )


def follow_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Keep the records up to the folders, as the follower does, until something is so."""
    deadline = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        list(follow_open_jobs())
        page.wait_for_timeout(200)


def n_epochs_drawn(page: Page) -> int:
    drawn = "document.querySelector('[data-figure=curves-figure]')?.data?.[0].x.length ?? 0"
    return page.evaluate(drawn)


def test_a_run_is_watched_cancelled_taken_up_again_and_measured(
    learning_worker, world, release, visit
):
    world.curator()
    visitor = visit()
    visitor.sign_in("cara")
    page = visitor.page
    settings = {"epochs": EPOCHS, "batch_size": 4, "patience": EPOCHS}
    job = start_training(release=release, recipe="small_cnn", overrides=settings)
    page.goto(visitor.site + reverse("run", args=["yard", job.uuid]))

    follow_until(page, lambda: n_epochs_drawn(page) > 0)
    expect(page.locator("#now .now__stage")).to_contain_text("training")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Its worker ends it within seconds")).to_be_visible()
    follow_until(page, lambda: page.get_by_role("button", name="Go on").is_visible())
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    before = n_epochs_drawn(page)

    page.get_by_role("button", name="Go on").click()
    follow_until(page, lambda: n_epochs_drawn(page) > before)
    follow_until(page, lambda: page.get_by_role("button", name="Measure it on eval").is_visible())
    job.refresh_from_db()
    assert (job.state, job.summary["n_epochs"]) == (JobState.FINISHED, EPOCHS)

    page.get_by_role("button", name="Measure it on eval").click()
    follow_until(page, lambda: page.get_by_text("What it is worth").is_visible())
    expect(page.locator("[data-figure=reliability-figure] svg.main-svg").first).to_be_visible()
    expect(page.get_by_text("protocol").first).to_be_visible()
    compared = reverse("run-comparison", args=["yard"]) + f"?run={job.uuid}"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    page.goto(visitor.site + compared)
    assert violations(page) == []
    page.go_back()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Full report").click()
    expect(opened.value.locator("h1").first).to_be_visible()
    assert opened.value.evaluate("window.origin") == "null"  # shut off from the site
    opened.value.close()
    assert visitor.complaints == []


@pytest.mark.parametrize("width", [1440, 390])
def test_a_failure_is_read_without_scrolling_sideways(world, visit, tmp_path, width):
    world.curator()
    error = "The release folder /" + "long/" * 60 + " is gone; restore it. "
    job = job_of(world, tmp_path, recipe="small_cnn", state="failed", error=error * 3)
    Job.objects.filter(pk=job.pk).update(summary={}, asked={"recipe": "small_cnn"})
    visitor = visit(viewport={"width": width, "height": 844})
    visitor.sign_in("cara")
    page = visitor.page
    page.goto(visitor.site + reverse("run", args=["yard", job.uuid]))
    expect(page.get_by_role("alert")).to_contain_text("is gone; restore it.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visitor.complaints == []
