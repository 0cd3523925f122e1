"""Releases of files that a test makes up; only the manifest is as in a real one."""

from pathlib import Path

from django.db import connection

from datasets_app.clips.models import Collection
from datasets_app.ontology.models import Ontology
from datasets_app.releases.manifest import write_manifest
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, Vocabulary

FILES = {
    "README.md": b"# yard 1.0\n",
    "dev_audio/a.wav": bytes(range(256)) * 40,
    "dev_audio/ruido extraño.wav": b"noise " * 700,
    "dev_audio/empty.txt": b"",
    "metadata/deep/" + "long/" * 30 + "name.csv": b"x,y\n1,2\n",
}


def make_release(
    root: Path, files: dict[str, bytes] = FILES, *, version: str = "1.0", collection: str = "yard"
) -> Release:
    """Write the files and their manifest below ``root`` and put them on record."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    sha256 = write_manifest(root, collection=collection, version=version)
    ontology, _ = Ontology.objects.get_or_create(name="sounds", source_sha256="0" * 64)
    owner, _ = Collection.objects.get_or_create(name=collection, ontology=ontology)
    vocabulary = Vocabulary.objects.create(collection=owner, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=owner, vocabulary=vocabulary, seed=1, eval_share=0.3, val_share=0.15
    )
    return Release.objects.create(
        collection=owner, version=version, split=split, path=str(root), manifest_sha256=sha256
    )


def database_url() -> str:
    """Return the address of the test database, for a process of its own."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
