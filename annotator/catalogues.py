"""The pages' sentences in other languages: which catalogues there are, and whether they are usable.

Translators write ``locale/<language>/LC_MESSAGES/django.po``; Python reads the ``.mo`` beside it,
which is compiled on each machine and never committed.
"""

import os
import tempfile
from pathlib import Path

from django.conf import settings


def catalogues() -> list[Path]:
    """Return the ``.po`` file of each language."""
    return sorted(po for folder in settings.LOCALE_PATHS for po in Path(folder).rglob("*.po"))


def is_compiled(po: Path) -> bool:
    """Say whether ``po`` was compiled since it was last written; equally old counts as compiled."""
    mo = po.with_suffix(".mo")
    return mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns


def compile_catalogue(po: Path) -> int:
    """Compile ``po`` in one step, so that nobody reads half of it; return how many sentences."""
    import polib  # only who compiles needs it

    catalogue = polib.pofile(str(po))
    handle, beside = tempfile.mkstemp(dir=po.parent, suffix=".mo.part")
    with os.fdopen(handle, "wb") as compiled:
        compiled.write(catalogue.to_binary())
    Path(beside).chmod(0o644)
    Path(beside).replace(po.with_suffix(".mo"))
    return len(catalogue.translated_entries())


def compile_what_is_old() -> dict[Path, int]:
    """Compile every catalogue written since it was last compiled; return their sentences."""
    return {po: compile_catalogue(po) for po in catalogues() if not is_compiled(po)}
