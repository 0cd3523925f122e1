"""The sentences of the format check in the reader's language.

The rule that finds a problem knows no languages; its sentences stand here once more for the
catalogue, and a test compares the two.
"""

from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from datasets_app.domain.challenges.format_problems import Problem

SENTENCES = frozenset(
    [
        _("The file is empty; send a header and a line for each clip."),
        _("The file is larger than %(most)s bytes here; write numbers of fewer digits."),
        _("The line is longer than %(most)s bytes; is a line break missing?"),
        _("Received the byte %(received)s, which is no UTF-8 here; save the file as UTF-8."),
        _("The file is UTF-16; save it as UTF-8."),
        _("Lines end in carriage returns alone; save the file with line feeds."),
        _("Received %(received)s; the first column must be fname."),
        _(
            "Received %(received)s, which is no class of this challenge; take the header of the "
            "example file."
        ),
        _("Received %(received)s, which is column %(first)s already; name each class once."),
        _("The class %(received)s has no column; every class needs one."),
        _("Received %(received)s cells; every line must have %(allowed)s, as the header has."),
        _(
            "Received %(received)s, which is no clip of this challenge; names are those of "
            "eval_clips.csv, without a file ending."
        ),
        _("Received %(received)s, which has line %(first)s already; give each clip one line."),
        _("The clip %(received)s has no line; every eval clip needs one."),
        _("Received %(received)s, which is no number; write one such as 0.25, with a point."),
        _("Received %(received)s; allowed are finite numbers, so not nan or inf."),
        _("Received %(received)s, which looks like a formula; write the number itself."),
        _("Received %(received)s, which is no class of this challenge."),
        _("Received %(received)s a second time in this line; name each class once."),
        _("Received %(received)s labels; allowed are 1 to 3, separated by spaces."),
    ]
)


@dataclass(frozen=True, slots=True)
class SaidProblem:
    """A problem as the page says it."""

    line: int
    column: int
    sentence: str


def said(problem: Problem) -> SaidProblem:
    """Return a problem in the reader's language."""
    sentence = gettext(problem.kind.value) % problem.values
    return SaidProblem(problem.line, problem.column, sentence)
