"""A small collection with real media and people in roles, for tests of the site."""

import shutil
from pathlib import Path

import numpy as np
import soundfile

from datasets_app.clips.media import clip_folder
from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Ontology, SoundClass
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user, grant_role
from ml_worker.analysis import ClipRequest, analyse_clip

RATE_HZ = 22_050
PASSWORD = "listen-first"


class World:
    """Records made on demand; the media are what the worker really makes of a tone."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.ontology = Ontology.objects.create(name="sounds", source_sha256="0" * 64)
        self.bark = self.sound_class("/m/05tny_", "Bark", faq="Does a howl count? No.")
        self.collection = Collection.objects.create(name="yard", ontology=self.ontology)
        self.uploader = Uploader.objects.create(collection=self.collection, name="uma")
        self.n_clips = 0

    def sound_class(self, mid: str, name: str, **fields: str) -> SoundClass:
        return SoundClass.objects.create(ontology=self.ontology, mid=mid, name=name, **fields)

    def user(self, name: str, *roles: User.Role) -> User:
        user = User.objects.create_user(name, password=PASSWORD)
        for role in roles:
            grant_role(user=user, role=role)
        return user

    def annotator(self, name: str = "ana") -> User:
        return self.user(name, User.Role.ANNOTATOR)

    def curator(self, name: str = "cara") -> User:
        return self.user(name, User.Role.CURATOR)

    def clip(self, **fields: object) -> Clip:
        """Make a record without media."""
        self.n_clips += 1
        values = {
            "collection": self.collection,
            "uploader": self.uploader,
            "external_id": f"clip-{self.n_clips:02d}",
            "suffix": ".wav",
            "sha256": f"{self.n_clips:064d}",
            "duration_s": 1.0,
            "sample_rate_hz": RATE_HZ,
            "n_channels": 1,
            "license": "CC0-1.0",
        }
        return Clip.objects.create(**values | fields)

    def sounding_clip(self, *, seconds: float = 1.0) -> Clip:
        """Make a record with the worker's own preview, spectrogram and peaks of a tone."""
        name = f"tone-{self.n_clips}.wav"
        t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
        tone = 0.2 * np.sin(2 * np.pi * (220 + 40 * self.n_clips) * t)
        soundfile.write(self.scratch / name, tone, RATE_HZ)
        found = analyse_clip(
            ClipRequest("c", name), root=self.scratch, out_dir=self.scratch / "made"
        )
        folder = clip_folder(found["sha256"])
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.scratch / "made" / "clips" / found["sha256"], folder)
        return self.clip(
            sha256=found["sha256"],
            duration_s=found["duration_s"],
            loudness_lufs=found["loudness_lufs"],
        )

    def nominate(self, clip: Clip, sound_class: SoundClass | None = None) -> Nomination:
        made = Nomination.objects.create(
            clip=clip,
            sound_class=sound_class or self.bark,
            origin=Nomination.Origin.MODEL,
            evidence={"score": 0.987654},
            shuffle=self.n_clips / 1000,
        )
        recount_class_work(collection=clip.collection)
        return made

    def nominated_clips(self, n: int) -> list[Nomination]:
        return [self.nominate(self.clip()) for _ in range(n)]

    def annotator_record(self, user: User):
        return annotator_of_user(user=user)
