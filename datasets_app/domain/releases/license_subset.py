"""Which clips a release may hold when only some licences are wanted."""

import re
from collections.abc import Iterable, Mapping, Sequence

from datasets_app.domain.clips.licenses import license_address
from datasets_app.domain.errors import RuleError

_FAMILY = re.compile(r"cc[- ]?(0|by(?:-(?:nc|nd|sa))*)", re.IGNORECASE)


def license_family(text: str) -> str:
    """Return the kind of a Creative Commons licence whatever its version, else the text itself.

    Examples
    --------
    >>> license_family("http://creativecommons.org/licenses/by-nc/3.0/"), license_family("cc0")
    ('CC-BY-NC', 'CC0')
    >>> license_family("CC BY 4.0"), license_family("my own")
    ('CC-BY', 'my own')
    """
    if (address := license_address(text)) is not None:
        kind = address.rstrip("/").split("/")[-2]
        return "CC0" if kind == "zero" else f"CC-{kind.upper()}"
    if found := _FAMILY.fullmatch(text.strip()):
        return "CC0" if found[1] == "0" else f"CC-{found[1].upper()}"
    return text


def wanted_licenses(known: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """Return which of the licences that clips have are wanted, sorted.

    A wish is a kind (``CC-BY``: every version of it, but not CC-BY-NC), a version of one
    (``CC-BY-4.0``), an address, or the words that the clips have; letter case does not matter.

    Raises
    ------
    RuleError
        A wish is empty or is no clip's licence, which is more likely a slip than meant.

    Examples
    --------
    >>> known = ["CC-BY-4.0", "http://creativecommons.org/licenses/by/3.0/", "CC-BY-NC-4.0", "CC0"]
    >>> wanted_licenses(known, ["cc0", "CC-BY"])
    ['CC-BY-4.0', 'CC0', 'http://creativecommons.org/licenses/by/3.0/']
    >>> wanted_licenses(known, ["CC-BY-3.0"])
    ['http://creativecommons.org/licenses/by/3.0/']
    """
    names = {text: _names(text) for text in known}
    chosen: set[str] = set()
    for wish in wanted:
        meant = {text for text, called in names.items() if wish.strip().casefold() in called}
        if not meant:
            raise RuleError(_no_such_license(wish, names))
        chosen |= meant
    return sorted(chosen)


def _names(text: str) -> set[str]:
    """Return everything a licence may be called, in one letter case."""
    called = {text, license_family(text)}
    if (address := license_address(text)) is not None:
        called |= {address, f"{license_family(text)}-{address.rstrip('/').split('/')[-1]}"}
    return {name.casefold() for name in called}


def _no_such_license(wish: str, names: Mapping[str, set[str]]) -> str:
    there = ", ".join(sorted({license_family(text) for text in names})) or "none"
    return f"No clip has the licence {wish.strip()!r}; the clips' licences are: {there}."
