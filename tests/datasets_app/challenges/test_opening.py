"""Opening a challenge hides the labels, divides the clips, and refuses what could not be fair."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.challenges.eval_truth import load_truth
from datasets_app.challenges.models import Challenge, Metric
from datasets_app.challenges.opening import ChallengeRefused, move_deadline, open_challenge
from datasets_app.challenges.package import package_path
from datasets_app.domain.errors import RuleError
from datasets_app.releases.layout import LABELS
from datasets_app.releases.services import build_release
from tests.datasets_app.challenges.conftest import CLOSES, OPENED
from tests.datasets_app.challenges.eval_release import fname_of, make_collection, make_release
from tests.datasets_app.releases.small_collection import make_collection as make_small_collection


def test_uploaders_stay_together_and_classes_are_on_both_sides(challenge):
    sides = dict(challenge.clips.values_list("fname", "is_public"))
    for number in range(0, 12, 2):
        assert sides[fname_of("eval", number)] == sides[fname_of("eval", number + 1)]
    truth = load_truth(challenge)
    assert truth.targets[truth.is_public].any(axis=0).all()
    assert truth.targets[~truth.is_public].any(axis=0).all()


def test_the_event_does_not_tell_the_seed(challenge):
    event = AuditEvent.objects.get(verb="open_challenge")
    assert event.after.keys() == {"title", "release", "metric", "closes_at", "daily_limit"}


def test_the_seed_is_drawn_unless_given(release):
    seeds = {
        open_challenge(release=release, title=title, closes_at=CLOSES, now=OPENED).seed
        for title in ("One", "Two")
    }
    assert len(seeds) == 2
    assert min(seeds) > 2**20


def test_what_people_could_not_decide_counts_for_nobody(release):
    labels = Path(release.path) / LABELS
    labels.chmod(0o644)
    with labels.open("a") as table:
        table.write("eval-secret-0,/m/rain,undecided,rated\n")
    challenge = open_challenge(release=release, title="A", closes_at=CLOSES, now=OPENED)
    clip = challenge.clips.get(fname="eval-secret-0")
    assert (clip.positive, clip.undecided) == ([0], [2])
    assert not load_truth(challenge).decided[clip.position, 2]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"title": " "}, "1 to 100"),
        ({"title": "x" * 101}, "1 to 100"),
        ({"title": "a\u202eb"}, "printable"),
        ({"task": "x" * 5001}, "5000"),
        ({"closes_at": OPENED}, "in the future"),
        ({"closes_at": datetime(2031, 1, 1)}, "in UTC"),
        ({"daily_limit": 0}, "1 to 100"),
        ({"daily_limit": 101}, "1 to 100"),
        ({"metric": "accuracy"}, "known are"),
        ({"seed": -1}, "seed"),
        ({"public_share": 1.0}, "public share"),
    ],
)
def test_rules_out_of_bounds_open_nothing(release, fields, why):
    asked = {"title": "Hear it", "closes_at": CLOSES, "now": OPENED} | fields
    with pytest.raises((ChallengeRefused, RuleError), match=why):
        open_challenge(release=release, **asked)
    assert not Challenge.objects.exists()


def test_a_title_is_used_once_a_release(challenge, release):
    with pytest.raises(ChallengeRefused, match="give another"):
        open_challenge(release=release, title="Hear  it", closes_at=CLOSES, now=OPENED)


def test_what_is_public_can_be_no_challenge(release):
    release.is_public = True
    release.save()
    with pytest.raises(ChallengeRefused, match=r"1\.0 of this collection is public"):
        open_challenge(release=release, title="A", closes_at=CLOSES, now=OPENED)


def test_map_at_3_needs_one_label_each(db, tmp_path):
    release = make_release(make_collection("two"), tmp_path / "two", labels_per_clip=2)
    with pytest.raises(ChallengeRefused, match="12 of 12 have another number"):
        open_challenge(
            release=release, title="A", closes_at=CLOSES, metric=Metric.MAP_AT_3, now=OPENED
        )


def test_one_uploader_cannot_be_divided(db, tmp_path):
    release = make_release(make_collection("one"), tmp_path / "one", n_eval=2)
    with pytest.raises(RuleError, match="two uploaders or more"):
        open_challenge(release=release, title="A", closes_at=CLOSES, now=OPENED)


def test_the_deadline_moves_while_the_challenge_is_open(challenge):
    later = CLOSES + timedelta(days=1)
    moved = move_deadline(challenge=challenge, closes_at=later, now=CLOSES - timedelta(seconds=1))
    assert moved.closes_at == later
    with pytest.raises(ChallengeRefused, match="has ended"):
        move_deadline(challenge=challenge, closes_at=later + timedelta(days=1), now=later)
    with pytest.raises(ChallengeRefused, match="in the future"):
        move_deadline(challenge=challenge, closes_at=OPENED, now=OPENED)


def test_a_release_as_it_is_built_is_opened_by_command(db, tmp_path):
    """The two eval clips of the small collection: one on each side."""
    collection = make_small_collection()
    build_release(collection=collection, version="1.0", out=tmp_path / "release")
    said = StringIO()
    arguments = ["--release", "1.0", "--title", "Small", "--closes-at", "2100-01-01T00:00"]
    call_command("open_challenge", *arguments, "--metric", "map_macro", stdout=said)
    challenge = Challenge.objects.get()
    assert str(package_path(challenge)) in said.getvalue()
    assert "2100-01-01 00:00 UTC" in said.getvalue()
    assert [len(clip.positive) > 0 for clip in challenge.clips.all()] == [True, True]
    assert sorted(challenge.clips.values_list("is_public", flat=True)) == [False, True]
    sha256 = challenge.package_sha256
    call_command("write_challenge_package", str(challenge.uuid), stdout=said)
    assert sha256 in said.getvalue()
