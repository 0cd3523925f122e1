"""How large the synthetic collection is, and where a run keeps its files."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FULL_CLIPS = 50_000


@dataclass(frozen=True, slots=True)
class Scale:
    """The size of one run; ``for_clips`` keeps FSD50K's proportions at other sizes.

    ``n_recordings`` are the synthesised recordings for the stages that listen; ``n_train_*`` the
    clips of one training epoch; ``n_peer_clips`` is the size of FSD50K's development set.
    """

    n_clips: int
    n_uploaders: int
    n_annotators: int
    n_recordings: int
    n_train_small: int
    n_train_vgg: int
    n_peer_clips: int
    n_classes: int = 200
    votes_per_nomination: float = 3.0
    seed: int = 50_000

    @classmethod
    def for_clips(cls, n_clips: int) -> "Scale":
        """Return the scale for that many clips; the full one has 7,000 uploaders."""
        share = n_clips / FULL_CLIPS
        return cls(
            n_clips=n_clips,
            n_uploaders=max(20, round(7000 * share)),
            n_annotators=max(20, round(350 * share)),
            n_recordings=min(300, max(20, round(300 * share))),
            n_train_small=min(2000, max(100, round(2000 * share))),
            n_train_vgg=min(500, max(50, round(500 * share))),
            n_peer_clips=max(500, round(41_000 * share)),
        )


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one run: inputs that the synthesis makes, and what the stages leave."""

    folder: Path
    scale: Scale

    @property
    def source(self) -> Path:
        """The folder a curator would bring: clips.csv and the recordings."""
        return self.folder / "source"

    @property
    def recordings(self) -> Path:
        """Synthesised recordings of real length, for the stages that listen."""
        return self.folder / "recordings"

    @property
    def release(self) -> Path:
        """Where build_release puts the release."""
        return self.folder / "release"

    def path(self, name: str) -> Path:
        """Return the place of a file of the run."""
        return self.folder / name

    def write(self) -> None:
        """Note the scale, for the processes of the stages."""
        self.path("scale.json").write_text(json.dumps(asdict(self.scale)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Workspace":
        """Return the workspace that ``write`` noted."""
        return cls(folder, Scale(**json.loads((folder / "scale.json").read_text("utf-8"))))
