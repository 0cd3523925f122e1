"""The collection page draws its figures and follows its runs."""

import json
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from datasets_app.domain.votes.answers import Answer
from datasets_app.jobs.models import Job
from datasets_app.labels.services import record_answer
from ml_worker.contract import JobProgress, write_progress

pytestmark = pytest.mark.browser


def train_for(folder: Path, n_epochs: int) -> None:
    rows = [
        {"epoch": i + 1, "train_loss": 1 / (i + 1), "val_map": 0.1 * i, "lr": 1e-3, "seconds": 1}
        for i in range(n_epochs)
    ]
    (folder / "curves.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_progress(folder, JobProgress("training", n_epochs, 20, "epochs"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_are_drawn_and_a_run_is_followed_to_its_end(world, visit, tmp_path, scheme):
    world.curator()
    for i, nomination in enumerate(world.nominated_clips(6)):
        for name in ("ana", "otto"):
            user = world.annotator(f"{name}-{i}")
            answer = Answer.NP if name == "otto" and i == 0 else Answer.PP
            annotator = world.annotator_record(user)
            record_answer(nomination=nomination, annotator=annotator, answer=answer)
    train_for(tmp_path, 2)
    places = {"job_dir": str(tmp_path), "out_dir": str(tmp_path / "none")}
    job = Job.objects.create(
        collection=world.collection, kind="train", recipe="small_cnn", state="running", **places
    )
    visitor = visit(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visitor.sign_in("cara")
    page = visitor.page
    page.goto(visitor.site + reverse("collection", args=["yard"]))
    expect(page.locator("[data-figure] svg.main-svg").first).to_be_visible()
    assert page.locator("[data-figure]:has(svg.main-svg)").count() == 2
    expect(page.locator("[data-part=how-far]")).to_have_text("2 of 20 epochs")
    train_for(tmp_path, 7)
    expect(page.locator("[data-part=how-far]")).to_have_text("7 of 20 epochs")
    Job.objects.filter(pk=job.pk).update(
        state="finished", finished_at=timezone.now(), summary={"eval_map": 0.6}
    )
    expect(page.locator("#runs-table")).to_contain_text("0.600")
    assert visitor.complaints == []
