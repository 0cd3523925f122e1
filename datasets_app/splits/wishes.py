"""The classes a curator wants pinned, forbidden or merged, from a command to the record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from datasets_app.ontology.models import Ontology, SoundClass


@dataclass(frozen=True, slots=True)
class Wish:
    """Classes to keep, never to keep, and to merge, each by its mid or its name."""

    pin: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    merge: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Wish":
        """Return the wish that a vocabulary has on record.

        Examples
        --------
        >>> Wish.from_record({"pin": ["/m/dog"], "merge": {"/m/bark": "/m/dog"}})
        Wish(pin=('/m/dog',), forbid=(), merge=(('/m/bark', '/m/dog'),))
        """
        return cls(
            pin=tuple(record.get("pin", ())),
            forbid=tuple(record.get("forbid", ())),
            merge=tuple(record.get("merge", {}).items()),
        )

    def as_record(self) -> dict[str, Any]:
        """Return what a vocabulary keeps of a wish by mids.

        Examples
        --------
        >>> Wish(pin=("/m/dog",)).as_record(), Wish().as_record()
        ({'pin': ['/m/dog'], 'forbid': [], 'merge': {}}, {})
        """
        if self == Wish():
            return {}
        return {"pin": list(self.pin), "forbid": list(self.forbid), "merge": dict(self.merge)}

    def with_options(self, options: Mapping[str, Any]) -> "Wish":
        """Return the wish with the lists that are given instead of its own.

        Raises
        ------
        ValueError
            A merge is not of the form CHILD=INTO.

        Examples
        --------
        >>> Wish(pin=("Dog",)).with_options({"forbid": ["Cat"], "merge": ["Bark=Dog"]})
        Wish(pin=('Dog',), forbid=('Cat',), merge=(('Bark', 'Dog'),))
        """
        pin, forbid, merge = (options.get(name) for name in ("pin", "forbid", "merge"))
        return Wish(
            pin=tuple(pin) if pin else self.pin,
            forbid=tuple(forbid) if forbid else self.forbid,
            merge=tuple(_parse_merge(text) for text in merge) if merge else self.merge,
        )


def by_mid(wish: Wish, *, ontology: Ontology) -> Wish:
    """Return the same wish with every class named by its mid, in ascending order.

    Raises
    ------
    ValueError
        A class is not known, a name is that of several, or one class is to merge into two.
    """
    known = _KnownClasses(ontology)
    merge: dict[str, str] = {}
    for child, into in wish.merge:
        pair = known.mid(child), known.mid(into)
        if merge.setdefault(*pair) != pair[1]:
            raise ValueError(
                f"Class {child} is to merge into {known.name(merge[pair[0]])} and into "
                f"{known.name(pair[1])}; name one of them."
            )
    return Wish(
        pin=known.mids(wish.pin), forbid=known.mids(wish.forbid), merge=tuple(sorted(merge.items()))
    )


class _KnownClasses:
    """The classes of an ontology by mid and by name."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._by_mid: dict[str, SoundClass] = {c.mid: c for c in ontology.classes.all()}
        self._by_name: dict[str, list[str]] = {}
        for mid, sound_class in self._by_mid.items():
            self._by_name.setdefault(sound_class.name.casefold(), []).append(mid)

    def mids(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return the mids of classes, each once and in order."""
        return tuple(sorted({self.mid(text) for text in texts}))

    def name(self, mid: str) -> str:
        """Return the name of a known mid."""
        return self._by_mid[mid].name

    def mid(self, text: str) -> str:
        """Return the mid of a class named by mid or by name, in upper or lower case."""
        if text in self._by_mid:
            return text
        found = self._by_name.get(text.casefold(), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"{len(found)} classes are named {text}; give one of {', '.join(sorted(found))}."
            )
        raise ValueError(self._unknown(text))

    def _unknown(self, text: str) -> str:
        names = {c.name.casefold(): c.name for c in self._by_mid.values()}
        close = [names[name] for name in get_close_matches(text.casefold(), sorted(names), n=3)]
        hint = f"did you mean {' or '.join(close)}?" if close else "give the mid or name of one."
        return f"Ontology {self._ontology.name} has no class {text!r}; {hint}"


def _parse_merge(text: str) -> tuple[str, str]:
    child, sign, into = (part.strip() for part in text.partition("="))
    if not (child and sign and into):
        raise ValueError(f"Received the merge {text!r}; give CHILD=INTO, each a mid or a name.")
    return child, into
