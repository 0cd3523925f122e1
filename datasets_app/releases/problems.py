"""Collects what is wrong with a release, the first few of each kind."""

from collections import Counter

SHOWN_OF_A_KIND = 20
KINDS = (
    "files",
    "labels",
    "closed",
    "infos",
    "recordings",
    "uploaders",
    "duplicates",
    "licenses",
    "settings",
    "formats",
    "signature",
    "unreadable",
)
"""In the order in which they are told."""


class Problems:
    """Sentences by kind; what exceeds ``SHOWN_OF_A_KIND`` is only counted."""

    def __init__(self) -> None:
        self._kept: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self._n: Counter[str] = Counter()

    def add(self, kind: str, sentence: str) -> None:
        """Add a sentence."""
        self._n[kind] += 1
        if self._n[kind] <= SHOWN_OF_A_KIND or kind == "files":
            self._kept[kind].append(sentence)

    def sentences(self) -> list[str]:
        """Return them all, each kind with the number of those that are not shown."""
        found: list[str] = []
        for kind, kept in self._kept.items():
            found += [printable(sentence) for sentence in kept]
            if (n_more := self._n[kind] - len(kept)) > 0:
                found.append(f"… and {n_more} more of this kind.")
        return found


def printable(text: str) -> str:
    r"""Return a text that any terminal takes; a name may hold escapes or bytes that are no UTF-8.

    Examples
    --------
    >>> print(printable("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    shown = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
