"""Opens a challenge on a release, moves its deadline, and ends it."""

import secrets
from collections.abc import Iterator
from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.challenges.eval_truth import EvalTruth, read_eval_truth
from datasets_app.challenges.models import Challenge, ChallengeClip, Metric
from datasets_app.domain.challenges.entry_rules import is_open
from datasets_app.domain.challenges.public_private import anonymous_names, divide_public_private
from datasets_app.domain.label_matrix import as_label_matrix
from datasets_app.people.models import User
from datasets_app.releases.models import Release

MOST_A_DAY = 100
MOST_TASK_LETTERS = 5000
_SEED_BITS = 62
_BATCH = 2000


class ChallengeRefused(ValueError):
    """The challenge cannot be opened or changed like this; the sentence says why."""


def is_challenge_open(challenge: Challenge, *, now: datetime | None = None) -> bool:
    """Say whether a challenge takes submissions; see ``entry_rules.is_open``."""
    return is_open(
        now or timezone.now(),
        closes_at=challenge.closes_at,
        ended_early_at=challenge.ended_early_at,
    )


@transaction.atomic
def open_challenge(
    *,
    release: Release,
    title: str,
    closes_at: datetime,
    metric: Metric = Metric.LWLRAP,
    task: str = "",
    public_share: float = 0.3,
    daily_limit: int = 5,
    seed: int | None = None,
    actor: User | None = None,
    now: datetime | None = None,
) -> Challenge:
    """Open a challenge on a release: its eval labels become what is to be predicted.

    The labels are copied from the release's files, so that nothing decided later moves a score.

    Parameters
    ----------
    closes_at
        Exclusive: a submission at that instant is too late.
    public_share
        Of the eval clips of each class, above 0 and below 1.
    daily_limit
        Scored submissions of a team in a UTC day, inclusive.
    seed
        Secret; drawn at random unless given.

    Raises
    ------
    ChallengeRefused
        A value is out of bounds, the title is taken, or the labels are public already.
    ReleaseFileError, RuleError
        The release cannot be read, or its eval clips cannot be divided or scored.
    """
    now = now or timezone.now()
    title, task = " ".join(title.split()), task.strip()
    _check_frame(release, title, task, closes_at, daily_limit, metric, now)
    truth = read_eval_truth(release)
    seed = secrets.randbits(_SEED_BITS) if seed is None else seed
    if not 0 <= seed < 1 << _SEED_BITS:
        raise ChallengeRefused(f"Received the seed {seed}; give one from 0 to 2^62 - 1.")
    is_public = divide_public_private(
        as_label_matrix(truth.targets & truth.decided),
        truth.groups,
        public_share=public_share,
        seed=seed,
    )
    _check_can_be_scored(truth, is_public, metric)
    challenge = Challenge.objects.create(
        release=release,
        title=title,
        task=task,
        metric=metric,
        classes=truth.classes,
        seed=seed,
        public_share=public_share,
        daily_limit=daily_limit,
        opened_by=actor,
        opened_at=now,
        closes_at=closes_at,
    )
    names = anonymous_names(len(truth.fnames), seed=seed)
    clips = _clips(challenge, truth, is_public, names)
    ChallengeClip.objects.bulk_create(clips, batch_size=_BATCH)
    after = {"title": title, "release": release.version, "metric": str(metric)}
    after |= {"closes_at": closes_at.isoformat(), "daily_limit": daily_limit}
    record_event(actor=actor, verb="open_challenge", record=challenge, after=after)
    return challenge


@transaction.atomic
def move_deadline(
    *,
    challenge: Challenge,
    closes_at: datetime,
    actor: User | None = None,
    now: datetime | None = None,
) -> Challenge:
    """Set another deadline, while the challenge is open.

    Raises
    ------
    ChallengeRefused
        It has ended, for then the private scores are out; or the deadline is past.
    """
    now = now or timezone.now()
    found = _lock_open(challenge, now)
    _check_deadline(closes_at, now)
    before = {"closes_at": found.closes_at.isoformat()}
    found.closes_at = closes_at
    found.save(update_fields=["closes_at"])
    after = {"closes_at": closes_at.isoformat()}
    record_event(actor=actor, verb="move_deadline", record=found, before=before, after=after)
    return found


@transaction.atomic
def end_challenge(
    *, challenge: Challenge, actor: User | None = None, now: datetime | None = None
) -> Challenge:
    """End a challenge before its deadline: the private scores come out, and it stays ended.

    Raises
    ------
    ChallengeRefused
        It has ended already.
    """
    now = now or timezone.now()
    found = _lock_open(challenge, now)
    found.ended_early_at = now
    found.save(update_fields=["ended_early_at"])
    after = {"ended_early_at": now.isoformat()}
    record_event(actor=actor, verb="end_challenge", record=found, after=after)
    return found


def _lock_open(challenge: Challenge, now: datetime) -> Challenge:
    found = Challenge.objects.select_for_update().get(pk=challenge.pk)
    if not is_challenge_open(found, now=now):
        raise ChallengeRefused(_("The challenge has ended; it cannot be changed any more."))
    return found


def _check_frame(
    release: Release,
    title: str,
    task: str,
    closes_at: datetime,
    daily_limit: int,
    metric: str,
    now: datetime,
) -> None:
    if not 1 <= len(title) <= 100 or not title.isprintable():
        raise ChallengeRefused(_("Give a title of 1 to 100 printable characters."))
    if len(task) > MOST_TASK_LETTERS or "\x00" in task:
        raise ChallengeRefused(_("Describe the task in 5000 characters or fewer."))
    if metric not in Metric.values:
        raise ChallengeRefused(f"Received the metric {metric!r}; known are {Metric.values}.")
    if not 1 <= daily_limit <= MOST_A_DAY:
        raise ChallengeRefused(
            _("Received %(n)d submissions a day; allowed are 1 to 100.") % {"n": daily_limit}
        )
    _check_deadline(closes_at, now)
    public = release.collection.releases.filter(is_public=True).first()
    if public is not None:
        raise ChallengeRefused(
            _("Release %(version)s of this collection is public, so eval labels are out already.")
            % {"version": public.version}
        )
    if release.challenges.filter(title=title).exists():
        raise ChallengeRefused(_("The release has a challenge of that title; give another."))


def _check_deadline(closes_at: datetime, now: datetime) -> None:
    if timezone.is_naive(closes_at) or closes_at <= now:
        raise ChallengeRefused(_("The deadline must lie in the future; give a later one, in UTC."))


def _check_can_be_scored(truth: EvalTruth, is_public: np.ndarray, metric: str) -> None:
    n_labels = (truth.targets & truth.decided).sum(axis=1)
    if not n_labels[is_public].any() or not n_labels[~is_public].any():
        raise ChallengeRefused(
            _("One side of the eval clips would have no label to find; release more eval clips.")
        )
    if metric == Metric.MAP_AT_3 and (n_labels != 1).any():
        raise ChallengeRefused(
            _(
                "MAP@3 needs exactly one label for each eval clip, and %(n)d of %(all)d have "
                "another number; choose another metric."
            )
            % {"n": int((n_labels != 1).sum()), "all": len(n_labels)}
        )


def _clips(
    challenge: Challenge, truth: EvalTruth, is_public: np.ndarray, names: list[str]
) -> Iterator[ChallengeClip]:
    for position, row in enumerate(np.argsort(names)):
        yield ChallengeClip(
            challenge=challenge,
            position=position,
            name=names[row],
            fname=truth.fnames[row],
            is_public=bool(is_public[row]),
            positive=np.flatnonzero(truth.targets[row]).tolist(),
            undecided=np.flatnonzero(~truth.decided[row]).tolist(),
        )
