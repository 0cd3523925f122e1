"""How states, answers and origins are called on pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.splits.models import SplitAssignment

VALUES: dict[str, Promise] = {
    LabelValue.PP: _("Present, predominant"),
    LabelValue.PNP: _("Present, not alone"),
    LabelValue.PRESENT: _("Present"),
    LabelValue.NP: _("Not present"),
    LabelValue.U: _("Unsure"),
}
STATES: dict[str, Promise] = {
    DecisionState.INCOMPLETE: _("Needs more answers"),
    DecisionState.CONFLICTED: _("Answers clash"),
}
REACHED_BY: dict[str, Promise] = {
    ReachedBy.AGREEMENT: _("annotators agree"),
    ReachedBy.EXPERT: _("an expert said so"),
    ReachedBy.POSTERIOR: _("the answers, weighed by how reliable each annotator is"),
}
ORIGINS: dict[str, Promise] = {
    Nomination.Origin.KEYWORD: _("proposed by its words"),
    Nomination.Origin.MODEL: _("suspected by a model"),
    Nomination.Origin.PERSON: _("added by a person"),
    Nomination.Origin.IMPORT: _("came with the recordings"),
}
PARTS: dict[str, Promise] = {
    SplitAssignment.Part.TRAIN: _("train"),
    SplitAssignment.Part.VAL: _("validation"),
    SplitAssignment.Part.EVAL: _("evaluation"),
}


def decision_in_words(label: Label | None) -> Promise | str:
    """Return what was decided, or how far the answers are."""
    if label is None:
        return _("Nobody has answered yet")
    if label.state == DecisionState.DECIDED.value:
        return VALUES.get(label.value, label.value)
    return STATES.get(label.state, label.state)
