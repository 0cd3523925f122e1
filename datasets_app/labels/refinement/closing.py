"""From finished passes to votes, and to the differences that go to adjudication."""

from dataclasses import dataclass

from datasets_app.clips.models import Clip
from datasets_app.domain.labels.label_states import LabelOrigin
from datasets_app.domain.labels.refinement import answers_to_cast, merge_passes
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import (
    RefinedLabel,
    RefinementDifference,
    RefinementPass,
)
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import nominations_by_pair
from datasets_app.nominations.services import add_nominations
from datasets_app.ontology.models import Closure
from datasets_app.votes.models import Vote
from datasets_app.votes.services import cast_vote


@dataclass(frozen=True, slots=True)
class Closed:
    """What a finished pass came to: votes given or changed, and the clip's open differences."""

    n_votes: int
    n_differences: int


def carry_over(refinement: RefinementPass) -> Closed:
    """Cast a finished pass's votes, find where the clip's passes differ, and decide anew.

    Within the caller's transaction, which holds the clip, so that two who finish at once see each
    other's pass.
    """
    clip = refinement.clip
    voted = _cast(refinement)
    touched = set(voted) | _write_differences(clip)
    if touched:
        infer_labels(collection=clip.collection, nominations=sorted(touched))
        Label.objects.filter(nomination__in=voted).update(origin=LabelOrigin.REFINED.value)
    n_differences = RefinementDifference.objects.filter(nomination__clip=clip).count()
    return Closed(len(voted), n_differences)


def _cast(refinement: RefinementPass) -> list[int]:
    """Cast the votes that are new or changed; return their nominations."""
    clip_id, annotator = refinement.clip_id, refinement.annotator
    said = dict(refinement.labels.values_list("sound_class_id", "answer"))
    mine = Vote.objects.filter(
        nomination__clip=clip_id, annotator=annotator, task=Vote.Task.REFINEMENT
    )
    before = dict(mine.values_list("nomination__sound_class_id", "answer"))
    answers = {pk: Answer(answer) if answer else None for pk, answer in said.items()}
    wished = answers_to_cast(answers, before.keys())
    new = {pk: answer for pk, answer in wished.items() if before.get(pk) != answer.value}
    pairs = {(clip_id, pk): {"refined_by": annotator.pk} for pk in new}
    add_nominations(pairs=pairs, origin=Nomination.Origin.PERSON)
    found = nominations_by_pair(pairs=pairs)
    nominations = Nomination.objects.in_bulk(found.values())
    for (_, class_id), pk in found.items():
        cast_vote(
            nomination=nominations[pk],
            annotator=annotator,
            answer=new[class_id],
            task=Vote.Task.REFINEMENT,
            is_expert=True,
        )
    return sorted(found.values())


def _write_differences(clip: Clip) -> set[int]:
    """Bring the clip's differences to what its finished passes say; return what changed."""
    wished = _differing_nominations(clip)
    rows = RefinementDifference.objects.filter(nomination__clip=clip)
    known = set(rows.values_list("nomination_id", flat=True))
    rows.filter(nomination__in=known - wished).delete()
    RefinementDifference.objects.bulk_create(
        [RefinementDifference(nomination_id=pk) for pk in sorted(wished - known)]
    )
    return wished ^ known


def _differing_nominations(clip: Clip) -> set[int]:
    labels = RefinedLabel.objects.filter(refinement__clip=clip).exclude(answer="")
    finished = clip.refinements.filter(finished_at__isnull=False).values_list("pk", flat=True)
    passes: dict[int, dict[int, Answer]] = {pk: {} for pk in finished}
    for pk, class_id, answer in labels.values_list("refinement_id", "sound_class_id", "answer"):
        if pk in passes:
            passes[pk][class_id] = Answer(answer)
    if len(passes) < 2:
        return set()
    named = {class_id for one in passes.values() for class_id in one}
    ancestors: dict[int, set[int]] = {}
    above = Closure.objects.filter(descendant__in=named, propagates=True)
    for child, ancestor in above.values_list("descendant_id", "ancestor_id"):
        ancestors.setdefault(child, set()).add(ancestor)
    merged = merge_passes(list(passes.values()), ancestors)
    pairs = [(clip.pk, class_id) for class_id, answer in merged.items() if answer is None]
    return set(nominations_by_pair(pairs=pairs).values())
