"""Every page holds to WCAG as far as axe-core sees, light and dark, without a word in the console.

States that need a person's doing (sheets, offline, marks) are looked at where those are tested.
"""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets_app.challenges.opening import open_challenge
from datasets_app.challenges.submitting import submit_predictions
from datasets_app.clips.class_models import ClassExample
from datasets_app.clips.class_services import record_introduction
from datasets_app.clips.models import Clip
from datasets_app.domain.votes.answers import Answer
from datasets_app.jobs.models import Job
from datasets_app.labels.refinement.models import RefinementSettings
from datasets_app.labels.refinement.queue import take_clip
from datasets_app.labels.services import record_answer
from datasets_app.ontology.models import Closure, Edge
from datasets_app.people.invitations import create_invitation
from datasets_app.people.models import User
from datasets_app.releases.options import FIRST_LAYOUT
from datasets_app.releases.services import build_release
from datasets_app.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from tests.annotator.world import World
from tests.browser.accessibility import violations
from tests.browser.conftest import PHONE, WIDE
from tests.datasets_app.challenges.eval_release import make_release, predictions
from tests.datasets_app.releases.small_collection import make_collection

pytestmark = pytest.mark.browser


class Place(NamedTuple):
    """A collection in which no page is empty."""

    world: World
    addresses: dict[str, str]


@pytest.fixture
def place(world: World) -> Place:
    """Clips with sound, a family of classes, answers that agree and that clash, a failed job."""
    growl = world.sound_class("/m/growl", "Growling")
    dog = world.sound_class("/m/dog", "Dog", description="What dogs do.")
    for child in (world.bark, growl):
        Edge.objects.create(parent=dog, child=child)
        Closure.objects.create(ancestor=dog, descendant=child, depth=1, propagates=True)
    clips = [world.sounding_clip() for _ in range(4)]
    nominations = [world.nominate(clip) for clip in clips]
    people = [world.annotator_record(world.annotator(name)) for name in ("ben", "bo", "bea", "bud")]
    for person, answer in zip(people, (Answer.PP, Answer.PP, Answer.NP, Answer.NP), strict=True):
        record_answer(nomination=nominations[0], annotator=person, answer=answer)
    for person in people[:2]:
        record_answer(nomination=nominations[1], annotator=person, answer=Answer.PP)
    ClassExample.objects.create(
        collection=world.collection, sound_class=growl, clip=clips[1], kind="example"
    )
    RefinementSettings.objects.create(collection=world.collection, side="all")
    job = Job.objects.create(
        kind="train",
        state="failed",
        collection=world.collection,
        error="The release has no labelled val clip; training needs train, val and eval.",
        created_at=timezone.now(),
    )
    everyone = world.user("zoe", *User.Role)
    zoe = world.annotator_record(everyone)
    record_introduction(
        annotator=zoe, collection=world.collection, sound_class=world.bark, now=timezone.now()
    )
    take_clip(clip=clips[2], annotator=zoe)
    _made, token = create_invitation(inviter=everyone, roles=[User.Role.ANNOTATOR])
    return Place(world, _addresses(world, clips, token, job) | _releases(world.scratch))


def _releases(folder: Path) -> dict[str, str]:
    """Make two releases that differ, and return their pages."""
    collection = make_collection()
    for version in ("1.0", "1.1"):
        build_release(
            collection=collection, version=version, out=folder / version, options=FIRST_LAYOUT
        )
        Clip.objects.filter(external_id="c03").update(state=Clip.State.WITHDRAWN)
    return {
        "releases": reverse("releases", args=["small"]),
        "release": reverse("release", args=["small", "1.1"]),
        "changes": reverse("release-changes", args=["small", "1.1", "1.0"]),
        "clips that left": reverse("release-changes", args=["small", "1.1", "1.0"])
        + "?clips=removed",
    }


def _addresses(world: World, clips: list[Clip], token: str, job: Job) -> dict[str, str]:
    name, mid = world.collection.name, world.bark.mid
    ben = User.objects.get(username="ben")
    of_collection = ("classes", "search", "campaigns", "refine", "adjudicate", "board")
    of_collection += ("collection", "runs", "reported-clips", "collection-access")
    found = {page: reverse(page, args=[name]) for page in of_collection}
    found |= {page: reverse(page, args=[name, mid]) for page in ("class", "mapping", "validate")}
    return found | {
        "home": reverse("home"),
        "tree": reverse("classes", args=[name]) + "?view=tree",
        "class to hear": reverse("class", args=[name, "/m/growl"]),
        "clip": reverse("clip", args=[clips[0].uuid]),
        "uploader": reverse("uploader", args=[name, world.uploader.pk]),
        "verification": reverse("verification-clips", args=[name, mid]),
        "refine a clip": reverse("refine-clip", args=[name, clips[2].uuid]),
        "take a clip": reverse("refine-clip", args=[name, clips[3].uuid]),
        "run": reverse("run", args=[name, job.uuid]),
        "people": reverse("people"),
        "person": reverse("person", args=[ben.uuid]),
        "webhooks": reverse("webhooks", args=[name]),
        "webhook": reverse("webhook", args=[name, _webhook(world).uuid]),
        **_challenge_addresses(world),
        "me": reverse("me"),
        "tokens": reverse("tokens"),
        "api": reverse("api-reference"),
        "invitation": reverse("invitation", args=[token]),
        "nowhere": "/no-such-page",
    }


def _challenge_addresses(world: World) -> dict[str, str]:
    """A challenge that is open and one that has ended, each with a team."""
    release = make_release(world.collection, world.scratch / "release")
    zoe, now = User.objects.get(username="zoe"), timezone.now()
    found = {page: reverse(page, args=["yard"]) for page in ("challenges", "challenge-open")}
    for title, closes_at in (("Open", now + timedelta(days=9)), ("Ended", now)):
        opened_at = closes_at - timedelta(days=10)
        challenge = open_challenge(
            release=release, title=title, task="Tell.", closes_at=closes_at, now=opened_at
        )
        for n, right in enumerate((0.2, 0.8)):
            csv = BytesIO(predictions(challenge, right=right, seed=n))
            submit_predictions(
                challenge=challenge, user=zoe, handle=csv, team="Barkers", now=opened_at
            )
        for page in ("challenge", "challenge-submit", "challenge-submissions"):
            found[f"{page} {title}"] = reverse(page, args=["yard", challenge.uuid])
    return found


def _webhook(world: World) -> Webhook:
    """Somebody who is told, with a delivery that arrived at last and one that never did."""
    made = Webhook.objects.create(
        collection=world.collection,
        address="https://builds.example.org/harken?team=sounds",
        events=["release.built", "job.failed"],
    )
    now = timezone.now()
    for state, status in (("delivered", 200), ("dead", 503)):
        delivery = WebhookDelivery.objects.create(
            webhook=made,
            name="job.failed",
            body='{"id": "event-7", "event": "job.failed"}',
            state=state,
            n_attempts=1,
            begun_at=now,
            next_at=now,
            problem="" if status == 200 else "The receiver answered 503, not 2xx.",
        )
        WebhookAttempt.objects.create(delivery=delivery, at=now, status=status, snippet="an answer")
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_on_any_page(place, visit, scheme, screen):
    visitor = visit(**screen, color_scheme=scheme, reduced_motion="reduce")
    found = {"sign-in": _violations(visitor, reverse("sign-in"))}
    visitor.sign_in("zoe")
    for name, address in place.addresses.items():
        found[name] = _violations(visitor, address)
    assert {name: problems for name, problems in found.items() if problems} == {}
    expected = "404 (Not Found)"  # of the page that is not there
    assert [text for text in visitor.complaints if expected not in text] == []


def _violations(visitor, address: str) -> list[str]:
    visitor.page.goto(visitor.site + address)
    visitor.page.wait_for_load_state("networkidle")
    return violations(visitor.page)
