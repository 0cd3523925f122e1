"""A difference in lines for a terminal."""

from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

from datasets_app.domain.releases.label_cause import Cause, ChangeKind
from datasets_app.releases.differences.selectors import (
    count_causes,
    count_classes,
    count_clips,
    count_kinds,
)
from datasets_app.releases.models import Release
from datasets_app.releases.reading import read_vocabulary

CLASSES_NAMED = 10
CAUSES_IN_WORDS = {
    Cause.CLIP_ADDED: "the clip is new",
    Cause.CLIP_WITHDRAWN: "the clip was withdrawn",
    Cause.CLIP_LEFT_OUT: "the clip is in no part of the split any more",
    Cause.CLASS_ADDED: "the class is new in the vocabulary",
    Cause.CLASS_MERGED: "the class was merged into another one",
    Cause.CLASS_LEFT_OUT: "the class is not in the vocabulary any more",
    Cause.ADJUDICATION: "an adjudicator decided",
    Cause.REFINEMENT: "refined by experts",
    Cause.EXPERT: "an expert answered",
    Cause.MODEL_FLAG: "people judged what a model suspected",
    Cause.ANSWERS: "annotators answered",
    Cause.VERIFICATION: "answers were set aside after failed verification",
    Cause.PROPAGATED: "propagated from a class below",
    Cause.NO_LONGER_IMPLIED: "no class below implies it any more",
    Cause.CONTRADICTED: "refused by people, and implied by a class below",
    Cause.DECIDED_ANEW: "decided anew from the same answers",
    Cause.UNKNOWN: "the records do not say",
}


def describe_difference(database: Connection, old: Release, new: Release) -> Iterator[str]:
    """Say what changed: clips, classes, labels, and how often for which cause."""
    clips, kinds = count_clips(database), count_kinds(database)
    before, now = read_vocabulary(Path(old.path)), read_vocabulary(Path(new.path))
    yield (
        f"{old.version} → {new.version}: clips +{clips['added']:,} −{clips['removed']:,}, "
        f"{clips['moved']:,} in another part; classes +{len(now.keys() - before.keys())} "
        f"−{len(before.keys() - now.keys())}; labels +{kinds['gained']:,} −{kinds['lost']:,}, "
        f"{kinds['other']:,} other changes."
    )
    for kind in ChangeKind:
        for cause, n in count_causes(database, kind=kind.value):
            yield f"  {kind.value:>6} {n:>8,}  {CAUSES_IN_WORDS[cause]}"
    names = {**before, **now}
    by_class = sorted(count_classes(database).items(), key=lambda c: (-sum(c[1].values()), c[0]))
    for mid, counts in by_class[:CLASSES_NAMED]:
        name = names.get(mid, mid)
        yield f"  {name}: +{counts['gained']:,} −{counts['lost']:,}, {counts['other']:,} other"
