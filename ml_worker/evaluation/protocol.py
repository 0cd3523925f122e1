"""What a figure must carry to be compared with another: the same model scores differently under two
protocols.

A protocol names the data (release, version, hash of its manifest), the split, the front-end, how a
clip's score is made of its patches', and the seed of the training. Figures of two runs may be
compared when all but the seed agree.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml_worker.release import Release

AGGREGATION = "mean-of-patch-sigmoids"
MANIFEST_FILE = "MANIFEST.json"


@dataclass(frozen=True, slots=True)
class Protocol:
    """The five parts; ``data_sha256`` is the manifest's, or the ground truth's without one."""

    release: str
    version: str
    data_sha256: str
    split: str
    front_end: str
    aggregation: str = AGGREGATION
    seed: int | None = None

    @property
    def data(self) -> str:
        """Release, version and the head of the hash."""
        version = f"-{self.version}" if self.version else ""
        return f"{self.release}{version}@{self.data_sha256[:12]}"

    @property
    def without_seed(self) -> str:
        """All parts but the seed, in one line."""
        return f"{self.data}/{self.split}/{self.front_end}/{self.aggregation}"

    @property
    def comparable(self) -> tuple[str, ...]:
        """What two runs must share to be compared, whatever the release's folder is called."""
        return (self.data_sha256, self.split, self.front_end, self.aggregation)

    @property
    def id(self) -> str:
        """All parts in one line.

        >>> Protocol("yard", "1.0", "0123456789abcdef", "eval", "logmel1", seed=3).id
        'yard-1.0@0123456789ab/eval/logmel1/mean-of-patch-sigmoids/seed-3'
        """
        return f"{self.without_seed}/seed-{'unknown' if self.seed is None else self.seed}"

    def as_json(self) -> dict[str, Any]:
        """Return the parts and the id."""
        return {"id": self.id, **asdict(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Protocol:
        """Return the protocol that ``as_json`` wrote; KeyError or TypeError if it is none."""
        return cls(**{name: value[name] for name in cls.__slots__})


def protocol_of(release: Release, split: str, front_end: str, seed: int | None) -> Protocol:
    """Return the protocol of a run's scores on one split of a release."""
    name, version, sha256 = release.folder.resolve().name, "", release.digest
    path = release.folder / MANIFEST_FILE
    if path.is_file():
        content = path.read_bytes()
        manifest = _object_of(content)
        name, version = str(manifest.get("collection") or name), str(manifest.get("version") or "")
        sha256 = hashlib.sha256(content).hexdigest()
    return Protocol(name, version, sha256, split, front_end, seed=seed)


def is_trained_on(protocol: str, release: Release) -> bool:
    """Say whether a training protocol's line names the ground truth of this release."""
    return f"@{release.digest[:12]}/" in protocol


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; empty if there is none that can be read."""
    try:
        return _object_of(path.read_bytes())
    except OSError:
        return {}


def _object_of(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
