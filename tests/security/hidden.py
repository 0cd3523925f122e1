"""A private collection with one of everything, and somebody who once belonged to it."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from datasets_app.challenges.models import Challenge, Metric, Participation
from datasets_app.clips.class_models import ClassExample
from datasets_app.clips.media import PEAKS, clip_folder
from datasets_app.domain.labels.adjudication import LONGEST_REASON
from datasets_app.jobs.models import Job
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.refinement.models import RefinementPass, RefinementSettings
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.rule_models import RuleRevision
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, Vocabulary
from datasets_app.votes.models import ClipReport, Vote
from datasets_app.votes.pages import Lease, Page
from datasets_app.votes.verification import GoldAnswer
from datasets_app.webhooks.models import Webhook, WebhookDelivery
from tests.annotator.world import World

SECRET = "the owl in the hidden wood"
ROLES = [role for role in User.Role if role is not User.Role.ADMINISTRATOR]


class HiddenCollection:
    """The world's collection, private: ``insider`` is its member, ``outsider`` was one.

    Both have every role but the administrator's, and ``outsider`` still has a page, an answer, a
    refinement and an adjudication there: nothing of that may let them in again.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.collection = world.collection
        self.outsider = world.user("olga", *ROLES)
        self.insider = world.user("ines", *ROLES)
        self.collection.is_private = True
        self.collection.save()
        self.collection.members.add(self.insider)
        self.clip = world.clip(title=SECRET, description=SECRET, tags=[SECRET])
        media = clip_folder(self.clip.sha256)
        media.mkdir(parents=True)
        (media / PEAKS).write_text(f'["{SECRET}"]')
        self.nomination = world.nominate(self.clip)
        self._what_people_did()
        self._what_curators_did()
        self._what_workers_did(world.scratch)
        self._what_a_challenge_has()

    def _what_people_did(self) -> None:
        now = timezone.now()
        annotator = self.world.annotator_record(self.outsider)
        of_class = {"collection": self.collection, "sound_class": self.world.bark}
        self.page = Page.objects.create(
            annotator=annotator, opened_at=now, expires_at=now + timedelta(hours=1), **of_class
        )
        Lease.objects.create(
            page=self.page, nomination=self.nomination, annotator=annotator, position=0
        )
        self.vote = Vote.objects.create(
            nomination=self.nomination,
            annotator=annotator,
            answer="PP",
            task=Vote.Task.VALIDATION,
            comment=SECRET,
            cast_at=now,
        )
        RefinementSettings.objects.create(collection=self.collection, side="all")
        for person in (annotator, self.world.annotator_record(self.insider)):
            RefinementPass.objects.create(
                clip=self.clip, annotator=person, lease_until=now + timedelta(hours=1)
            )
        self.adjudication = Adjudication.objects.create(
            nomination=self.nomination,
            annotator=annotator,
            answer="PP",
            reason=SECRET[:LONGEST_REASON],
            idempotency_key=uuid.uuid4(),
        )
        self.report = ClipReport.objects.create(
            clip=self.clip,
            nomination=self.nomination,
            annotator=annotator,
            reason=ClipReport.Reason.OTHER,
            comment=SECRET,
            idempotency_key=uuid.uuid4(),
        )

    def _what_curators_did(self) -> None:
        now = timezone.now()
        of_class = {"collection": self.collection, "sound_class": self.world.bark}
        self.gold = GoldAnswer.objects.create(
            nomination=self.world.nominate(self.world.clip(title=SECRET)),
            answer="PP",
            added_by=self.insider,
            added_at=now,
            **of_class,
        )
        self.revision = RuleRevision.objects.create(**of_class)
        self.example = ClassExample.objects.create(
            clip=self.clip, kind="example", note=SECRET, **of_class
        )
        self.campaign = Campaign.objects.create(
            collection=self.collection,
            name=SECRET,
            starts_on=now.date() - timedelta(days=1),
            ends_on=now.date() + timedelta(days=1),
            goal=5,
        )
        self.campaign.classes.add(self.world.bark)
        self.webhook = Webhook.objects.create(
            collection=self.collection,
            address="https://hooks.example/owls",
            nonce="0" * 64,
            secret_sha256="0" * 64,
            created_by=self.insider,
        )
        self.delivery = WebhookDelivery.objects.create(
            webhook=self.webhook, name="ping", body="{}", begun_at=now, next_at=now
        )

    def _what_a_challenge_has(self) -> None:
        now = timezone.now()
        self.challenge = Challenge.objects.create(
            release=self.release,
            title=SECRET,
            task=SECRET,
            metric=next(iter(Metric)),
            classes=[[self.world.bark.mid, self.world.bark.name]],
            seed=0,
            public_share=0.5,
            daily_limit=2,
            opened_by=self.insider,
            opened_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=1),
        )
        self.participation, _ = (
            Participation.objects.create(
                challenge=self.challenge, user=user, team=f"{SECRET} {n}", team_key=f"owls {n}"
            )
            for n, user in enumerate((self.outsider, self.insider))
        )

    def _what_workers_did(self, scratch: Path) -> None:
        vocabulary = Vocabulary.objects.create(collection=self.collection, min_dev=1, min_eval=1)
        split = Split.objects.create(
            collection=self.collection, vocabulary=vocabulary, seed=0, eval_share=0.2, val_share=0.1
        )
        out = scratch / "run"
        out.mkdir()
        (out / "report.html").write_text(f"<p>{SECRET}</p>")
        self.release = Release.objects.create(
            collection=self.collection,
            version="1.0",
            split=split,
            path=str(scratch / "release"),
            manifest_sha256="0" * 64,
        )
        self.job = Job.objects.create(
            kind="evaluate",
            state="finished",
            collection=self.collection,
            release=self.release,
            job_dir=str(scratch / "job"),
            out_dir=str(out),
        )
        Job.objects.create(
            kind="embed",
            state="finished",
            collection=self.collection,
            job_dir=str(scratch / "embed"),
            out_dir=str(scratch / "embedded"),
        )

    def values(self) -> dict[str, Any]:
        """Return what stands for each parameter of an address, by ``name`` or ``page name:name``.

        A page that takes something new has it added here, once.
        """
        return {
            "name": self.collection.name,
            "mid": self.world.bark.mid,
            "page": self.page.uuid,
            "clip": self.clip.uuid,
            "clip-media:uuid": self.clip.uuid,
            "clip-media:file": PEAKS,
            "person": self.insider.uuid,
            "report": self.report.pk,
            "nomination": self.gold.nomination.uuid,
            "gold": self.gold.pk,
            "revision": self.revision.uuid,
            "what": "train",
            "run": self.job.uuid,
            "campaign-closed:uuid": self.campaign.uuid,
            "uuid": self.clip.uuid,
            "uploader:pk": self.world.uploader.pk,
            "example-removed:pk": self.example.pk,
            "version": self.release.version,
            "job": self.job.uuid,
            "split": self.release.split.uuid,
            "hook": self.webhook.uuid,
            "delivery": self.delivery.uuid,
            "challenge": self.challenge.uuid,
            "team": self.participation.uuid,
            "since": self.release.version,
            "path": "README.md",
            "part": "all",
        }

    def query(self, name: str) -> dict[str, Any]:
        """Return what the address of the page called ``name`` asks behind its ``?``."""
        return {"next-page": {"after": str(self.page.uuid)}}.get(name, {})

    def body(self, name: str) -> dict[str, Any]:
        """Return what a script or form would send to the page called ``name``."""
        key = str(uuid.uuid4())
        answered = {"nomination": str(self.nomination.uuid), "answer": "NP", "idempotency_key": key}
        return {
            "adjudications": {**answered, "reason": "heard it"},
            "answers": answered,
            "withdraw-answer": answered,
            "comment-answer": {**answered, "comment": "x"},
            "report-clip": {**answered, "reason": "not_playable"},
        }.get(name, {})
