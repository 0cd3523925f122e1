"""The numbers of a release's card, as its own file has them."""

from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from datasets_app.releases.dataset_card.drawing import NARROW, WIDE
from datasets_app.releases.dataset_card.facts import FACTS
from datasets_app.releases.dataset_card.plots import PLOTS
from datasets_app.releases.models import Release
from datasets_app.releases.reading import ReleaseFileError, read_json
from datasets_app.releases.storage.file_index import ReleaseDamaged, open_index

KEPT_S = 24 * 3600


def card_facts(release: Release) -> dict[str, Any] | None:
    """Return the numbers of the card; None for a release from before cards had them.

    They are taken only as the manifest lists them, so that what a page draws is what was released.
    """
    try:
        if open_index(release).find(FACTS) is None:
            return None
        found = read_json(Path(release.path), FACTS)
    except (ReleaseDamaged, ReleaseFileError):
        return None
    return found if isinstance(found, dict) else None


def card_plots(release: Release, facts: dict[str, Any]) -> dict[str, tuple[SafeString, SafeString]]:
    """Return each plot of the card for a wide page and for a phone; drawn once a day."""
    key = f"release-plots-{release.manifest_sha256}"
    found = cache.get(key)
    if found is None:
        found = {
            name: tuple(draw(facts, width).inline() for width in (WIDE, NARROW))
            for name, draw in PLOTS.items()
        }
        cache.set(key, found, KEPT_S)
    return {name: (_drawn(wide), _drawn(narrow)) for name, (wide, narrow) in found.items()}


def _drawn(svg: str) -> SafeString:
    """Mark a picture as markup: ``drawing.Picture`` escapes every name in it."""
    return mark_safe(svg)  # noqa: S308 - see above  # nosec B308, B703
