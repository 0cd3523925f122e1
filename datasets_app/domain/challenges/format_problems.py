"""What can be wrong with a submission's csv: a sentence for each kind, with line and column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from datasets_app.domain.errors import RuleError
from datasets_app.domain.spreadsheet_cell import spreadsheet_cell

MOST_PROBLEMS = 20
_MOST_SHOWN = 40


class Kind(StrEnum):
    """Each kind of problem; its value is its sentence, with blanks to fill."""

    EMPTY_FILE = "The file is empty; send a header and a line for each clip."
    TOO_LARGE = "The file is larger than %(most)s bytes here; write numbers of fewer digits."
    LONG_LINE = "The line is longer than %(most)s bytes; is a line break missing?"
    NOT_UTF8 = "Received the byte %(received)s, which is no UTF-8 here; save the file as UTF-8."
    UTF16 = "The file is UTF-16; save it as UTF-8."
    LINE_ENDS = "Lines end in carriage returns alone; save the file with line feeds."
    HEADER_FIRST = "Received %(received)s; the first column must be fname."
    HEADER_UNKNOWN = (
        "Received %(received)s, which is no class of this challenge; take the header of the "
        "example file."
    )
    HEADER_TWICE = "Received %(received)s, which is column %(first)s already; name each class once."
    HEADER_MISSING = "The class %(received)s has no column; every class needs one."
    N_CELLS = "Received %(received)s cells; every line must have %(allowed)s, as the header has."
    UNKNOWN_FNAME = (
        "Received %(received)s, which is no clip of this challenge; names are those of "
        "eval_clips.csv, without a file ending."
    )
    FNAME_TWICE = (
        "Received %(received)s, which has line %(first)s already; give each clip one line."
    )
    MISSING_FNAME = "The clip %(received)s has no line; every eval clip needs one."
    NOT_A_NUMBER = (
        "Received %(received)s, which is no number; write one such as 0.25, with a point."
    )
    NOT_FINITE = "Received %(received)s; allowed are finite numbers, so not nan or inf."
    FORMULA = "Received %(received)s, which looks like a formula; write the number itself."
    LABEL_UNKNOWN = "Received %(received)s, which is no class of this challenge."
    LABEL_TWICE = "Received %(received)s a second time in this line; name each class once."
    N_LABELS = "Received %(received)s labels; allowed are 1 to 3, separated by spaces."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. Lines and columns count from 1; the header is line 1."""

    line: int
    column: int
    kind: Kind
    values: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """What was received and what is allowed, without the place."""
        return self.kind.value % self.values

    def __str__(self) -> str:
        return f"Line {self.line}, column {self.column}: {self.sentence}"


class SubmissionMalformed(RuleError):
    """The csv cannot be scored; ``found`` has the problems, ``is_cut`` whether there may be more.

    Nothing was stored, and it does not count against the daily limit.
    """

    def __init__(self, found: Sequence[Problem], is_cut: bool) -> None:
        """Take the problems in the order they were met."""
        self.found, self.is_cut = tuple(found), is_cut
        super().__init__([str(problem) for problem in found])

    def __reduce__(self) -> Any:
        """Cross a process border with the problems themselves."""
        return type(self), (self.found, self.is_cut)


def shown(value: str) -> str:
    r"""Return a received cell as it may be repeated: short, printable, no formula.

    >>> [shown(v) for v in ("", "=1+1", "a\x1b[2J", "x" * 50)]
    ["''", "'=1+1", 'a\\x1b[2J', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…']
    """
    if not value.strip():
        return repr(value[:_MOST_SHOWN])
    cut = value[:_MOST_SHOWN] + ("…" if len(value) > _MOST_SHOWN else "")
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return spreadsheet_cell(plain)
