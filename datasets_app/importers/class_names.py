"""Finds the class that another dataset means by a name."""

from datasets_app.ontology.models import Ontology
from datasets_app.releases.layout import released_name


class ClassNames:
    """The classes of an ontology by mid, by name and by the name that releases write."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = str(ontology)
        self._pk_of_mid: dict[str, int] = {}
        self._pks_of_name: dict[str, set[int]] = {}
        for mid, name, pk in ontology.classes.values_list("mid", "name", "pk"):
            self._pk_of_mid[mid] = pk
            for spelling in {name.casefold(), released_name(name).casefold()}:
                self._pks_of_name.setdefault(spelling, set()).add(pk)

    def find(self, text: str) -> int:
        """Return the id of the class of that mid or name, upper or lower case.

        Raises
        ------
        ValueError
            The ontology has no such class, or several of that name.
        """
        if text in self._pk_of_mid:
            return self._pk_of_mid[text]
        pks = self._pks_of_name.get(text.casefold(), set())
        if len(pks) > 1:
            raise ValueError(f"{text[:80]!r} names {len(pks)} classes; write the mid of one")
        if not pks:
            raise ValueError(f"the ontology {self._ontology} has no class {text[:80]!r}")
        return next(iter(pks))

    def find_mid(self, mid: str) -> int:
        """Return the id of the class of that mid.

        Raises
        ------
        ValueError
            The ontology has none.
        """
        if mid not in self._pk_of_mid:
            raise ValueError(f"the ontology {self._ontology} has no class {mid[:80]!r}")
        return self._pk_of_mid[mid]
