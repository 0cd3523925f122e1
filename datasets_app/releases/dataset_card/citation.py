"""How to cite a release."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """A release as it is cited, in words and for BibTeX."""

    plain: str
    bibtex: str


def cite_release(
    *,
    collection: str,
    version: str,
    n_clips: int,
    n_classes: int,
    year: int | None = None,
    manifest_sha256: str = "",
    address: str = "",
) -> Citation:
    """Return how to cite a release.

    Within the release itself year, manifest and address are left out: its files hold no date and
    not their own hash, so that the same records give the same bytes. The release's page has them.

    Examples
    --------
    >>> found = cite_release(collection="yard", version="1.0", n_clips=2, n_classes=1)
    >>> print(found.plain)
    yard, version 1.0. A dataset of 2 clips with 1 sound event class, released with Harken.
    >>> print(found.bibtex)
    @misc{yard-1.0,
      title = {{yard}: a dataset of sound events},
      version = {1.0},
      howpublished = {Released with Harken},
      note = {2 clips, 1 sound event class}
    }
    """
    held = f"{n_clips:,} clips" if n_clips != 1 else "1 clip"
    known = f"{n_classes:,} sound event {'class' if n_classes == 1 else 'classes'}"
    when = f" ({year})" if year else ""
    hashed = f" Manifest sha256 {manifest_sha256}." if manifest_sha256 else ""
    where = f" {address}" if address else ""
    fields = {
        "title": f"{{{_tex(collection)}}}: a dataset of sound events",
        "version": _tex(version),
        "year": str(year or ""),
        "howpublished": "Released with Harken",
        "url": "" if re.search(r"[{}\\\s]", address) else address,
        "note": f"{held}, {known}" + (f"; manifest sha256 {manifest_sha256}" if hashed else ""),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    key = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{collection}-{version}")
    return Citation(
        f"{collection}, version {version}{when}. A dataset of {held} with {known}, released with "
        f"Harken.{hashed}{where}",
        f"@misc{{{key},\n{lines}\n}}",
    )


def _tex(text: str) -> str:
    r"""Return text that TeX prints as it stands.

    >>> print(_tex("a_b & 5 %"))
    a\_b \& 5 \%
    """
    return re.sub(r"([&%$#_{}])", r"\\\1", re.sub(r"[\\~^]", " ", text))
