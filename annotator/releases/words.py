"""How causes, states and formats of releases are called on pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.domain.releases.label_cause import Cause, ChangeKind

CAUSES: dict[Cause, Promise] = {
    Cause.CLIP_ADDED: _("The clip is new"),
    Cause.CLIP_WITHDRAWN: _("The clip was withdrawn"),
    Cause.CLIP_LEFT_OUT: _("The clip is not in this release"),
    Cause.CLASS_ADDED: _("The class is new in the vocabulary"),
    Cause.CLASS_MERGED: _("The class was merged into another one"),
    Cause.CLASS_LEFT_OUT: _("The class is not in the vocabulary any more"),
    Cause.ADJUDICATION: _("An adjudicator decided"),
    Cause.REFINEMENT: _("Experts labelled the clip exhaustively"),
    Cause.EXPERT: _("An expert answered"),
    Cause.MODEL_FLAG: _("People judged what a model suspected"),
    Cause.ANSWERS: _("Annotators answered"),
    Cause.VERIFICATION: _("Answers were set aside: their page failed its verification"),
    Cause.PROPAGATED: _("Propagated from a class below it"),
    Cause.NO_LONGER_IMPLIED: _("No class below implies it any more"),
    Cause.CONTRADICTED: _("Refused by people, yet implied by a class below it"),
    Cause.DECIDED_ANEW: _("Decided anew from the same answers"),
    Cause.UNKNOWN: _("The records do not say"),
}
KINDS: dict[ChangeKind, Promise] = {
    ChangeKind.GAINED: _("gained"),
    ChangeKind.LOST: _("lost"),
    ChangeKind.OTHER: _("other changes"),
}
STATES: dict[str | None, Promise] = {
    TrainingState.POSITIVE.value: _("present"),
    TrainingState.NEGATIVE.value: _("not present"),
    TrainingState.UNDECIDED.value: _("undecided"),
    None: _("not listed"),
}
CLIP_CHANGES: dict[str, Promise] = {
    "added": _("new clips"),
    "removed": _("clips that left"),
    "moved": _("clips in another part"),
}
STRATEGIES: dict[str, Promise] = {
    "contamination": _("least contamination"),
    "random": _("at random"),
    "iterative": _("iterative stratification"),
}
FORMATS: dict[str, Promise] = {
    "fsd50k": _("FSD50K’s layout"),
    "audiofolder": _("Hugging Face audiofolder"),
    "parquet": _("Parquet tables"),
    "croissant": _("Croissant metadata"),
    "audioset": _("AudioSet’s csv"),
    "dcase": _("DCASE’s tables"),
    "soundata": _("soundata’s index"),
}
