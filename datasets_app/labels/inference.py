"""From a collection's votes to decisions: by the rule, by majority, or by Dawid and Skene.

Every method also gives each nomination a posterior, and with it the number of answers it still
wants: it stops asking once presence or absence is clear, and asks for more while it is not.
"""

from collections.abc import Collection as Ids
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from datasets_app.clips.models import Collection, DecisionMethod
from datasets_app.domain.labels.dawid_skene import dawid_skene
from datasets_app.domain.labels.decision import (
    Decisions,
    DecisionState,
    ReachedBy,
    decide_nominations,
)
from datasets_app.domain.labels.posterior_decision import decide_by_majority, decide_by_posterior
from datasets_app.domain.labels.redundancy import PRESENCE_OUTCOMES, vote_posteriors, wanted_votes
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.labels.models import AnnotatorReliability, TruthFit
from datasets_app.labels.settling import StandingWord, settle, standing_words
from datasets_app.votes.selectors import (
    VoteCounts,
    VoteTriples,
    count_votes,
    list_vote_triples,
)

UNIFORM_PRIOR = (1.0, 1.0, 1.0, 0.0)
"""Without a fit, each of PP, PNP and NP is as likely; a recording is not by itself unsure."""
SMOOTHING = 1.0
"""Votes added to each cell of a confusion matrix, so that a few answers prove no one infallible."""


@dataclass(frozen=True, slots=True)
class Inference:
    """What was found of n nominations; ``posterior`` is that of the more probable of present and
    absent, ``n_wanted`` the answers still asked for; arrays of shape (n,).
    """

    nomination_ids: NDArray[np.int64]
    decisions: Decisions
    posterior: NDArray[np.float64]
    n_wanted: NDArray[np.int64]


def infer(*, collection: Collection, nominations: Ids[int] | None = None) -> Inference:
    """Decide the nominations with votes (or those with the given ids) by the collection's method.

    Writes nothing. Posteriors use the last fit's confusion matrices where there are some, else a
    reliability of 0.8 for everyone.
    """
    return infer_from(
        collection=collection,
        votes=count_votes(collection=collection, nominations=nominations),
        triples=list_vote_triples(collection=collection, nominations=nominations),
        words=standing_words(collection=collection, nominations=nominations),
    )


def infer_from(
    *,
    collection: Collection,
    votes: VoteCounts,
    triples: VoteTriples,
    words: Iterable[StandingWord],
    has_fit: bool = True,
) -> Inference:
    """Decide as ``infer`` does, from what was read already; no query without a fit, else two.

    A nomination without votes may be among them: it comes out incomplete. ``has_fit`` False spares
    the question for one.
    """
    posteriors = _posteriors(collection, votes, triples, has_fit=has_fit)
    decisions = settle(_decide(collection, votes, posteriors), votes.nomination_ids, words)
    n_votes = votes.counts.sum(axis=1)
    wanted = wanted_votes(
        posteriors,
        n_votes,
        threshold=collection.decision_threshold,
        min_votes=collection.min_votes,
        max_votes=collection.max_votes,
        outcomes=PRESENCE_OUTCOMES,
    )
    by_one_word = (ReachedBy.EXPERT, ReachedBy.ADJUDICATION)
    closed = (decisions.state == DecisionState.CONFLICTED) | np.isin(
        decisions.reached_by.astype(str), by_one_word
    )
    outcomes = np.column_stack([posteriors[:, :2].sum(axis=1), posteriors[:, 2]])
    return Inference(
        nomination_ids=votes.nomination_ids,
        decisions=decisions,
        posterior=outcomes.max(axis=1, initial=0.0),
        n_wanted=np.where(closed, 0, np.maximum(wanted - n_votes, 0)),
    )


@transaction.atomic
def fit_annotators(*, collection: Collection) -> TruthFit | None:
    """Fit Dawid and Skene's model to all trusted votes and keep its matrices; None without votes.

    The matrices of the fit before are replaced.
    """
    triples = list_vote_triples(collection=collection)
    if not len(triples.value):
        return None
    found = dawid_skene(
        triples.nomination_ids,
        triples.annotator_ids,
        triples.value,
        len(ANSWERS),
        smoothing=SMOOTHING,
    )
    TruthFit.objects.filter(collection=collection).delete()
    fit = TruthFit.objects.create(
        collection=collection,
        priors=found.priors.tolist(),
        n_iterations=found.n_iterations,
        log_likelihood=found.log_likelihood,
    )
    raters, n_votes = np.unique(triples.annotator_ids, return_counts=True)
    given = dict(zip(raters.tolist(), n_votes.tolist(), strict=True))
    AnnotatorReliability.objects.bulk_create(
        AnnotatorReliability(
            fit=fit, annotator_id=rater, confusion=matrix.tolist(), n_votes=given[rater]
        )
        for rater, matrix in zip(found.raters.tolist(), found.confusion, strict=True)
    )
    return fit


def _posteriors(
    collection: Collection, votes: VoteCounts, triples: VoteTriples, *, has_fit: bool
) -> NDArray[np.float64]:
    unit = np.searchsorted(votes.nomination_ids, triples.nomination_ids)
    fit = TruthFit.objects.filter(collection=collection).first() if has_fit else None
    if fit is None:
        return vote_posteriors(
            unit, triples.value, n_units=len(votes.nomination_ids), prior=UNIFORM_PRIOR
        )
    of_voters = fit.reliabilities.order_by("annotator")
    if len(votes.nomination_ids) == 1:
        of_voters = of_voters.filter(annotator__in=triples.annotator_ids.tolist())
    known = list(of_voters.values_list("annotator", "confusion"))
    place = {annotator: i for i, (annotator, _) in enumerate(known)}
    raters = [place.get(a, -1) for a in triples.annotator_ids.tolist()]
    return vote_posteriors(
        unit,
        triples.value,
        n_units=len(votes.nomination_ids),
        prior=fit.priors,
        rater=raters if known else None,
        confusion=[matrix for _, matrix in known] or None,
    )


def _decide(
    collection: Collection, votes: VoteCounts, posteriors: NDArray[np.float64]
) -> Decisions:
    if collection.decision_method == DecisionMethod.DAWID_SKENE:
        return decide_by_posterior(
            posteriors, votes.counts, votes.last_expert, threshold=collection.decision_threshold
        )
    if collection.decision_method == DecisionMethod.MAJORITY:
        return decide_by_majority(votes.counts, votes.last_expert, min_votes=collection.min_votes)
    return decide_nominations(votes.counts, votes.last_expert)
