"""One class of an ontology file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """A class as an ontology file describes it.

    ``keywords`` are alternatives, each a tuple of words that must all be there; a word in
    ``omit_keywords`` vetoes the class. ``propagate_to_parents`` is True for every edge upwards,
    False for none, or the mids of the only parents that labels propagate to.
    """

    mid: str
    name: str
    description: str = ""
    citation_uri: str = ""
    child_ids: tuple[str, ...] = ()
    is_abstract: bool = False
    is_omitted: bool = False
    keywords: tuple[tuple[str, ...], ...] = ()
    omit_keywords: tuple[str, ...] = ()
    propagate_to_parents: bool | tuple[str, ...] = True
    faq: str = ""
    positive_examples: tuple[str | int, ...] = ()
