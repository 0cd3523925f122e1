"""Which clips are on which side."""

from django.db.models import QuerySet

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.refinement import RefinedSide
from datasets_app.labels.refinement.queue import refinement_settings
from datasets_app.splits.models import SplitAssignment

PARTS = {
    RefinedSide.EVAL: (SplitAssignment.Part.EVAL,),
    RefinedSide.DEV: (SplitAssignment.Part.TRAIN, SplitAssignment.Part.VAL),
}


def clips_to_refine(*, collection: Collection) -> QuerySet[Clip]:
    """Return the clips that experts label exhaustively: a side of the latest split, or all.

    None of a collection without a split, unless it refines all of its clips.
    """
    side = RefinedSide(refinement_settings(collection=collection).side)
    clips = Clip.objects.filter(collection=collection, state=Clip.State.AVAILABLE)
    if side is RefinedSide.ALL:
        return clips
    split = collection.splits.order_by("-pk").first()
    of_side = SplitAssignment.objects.filter(split=split, part__in=PARTS[side])
    return clips.filter(pk__in=of_side.values("clip"))
