import numpy as np
import pytest

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.priority import validation_priority


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (0.29, 1),
        (0.3, 1302),
        (10.0, 1302),
        (10.01, 1202),
        (20.0, 1202),
        (20.01, 1102),
        (30.0, 1102),
        (30.01, 1),
        (0.0, 1),
    ],
)
def test_priority_changes_just_beyond_each_inclusive_bound(duration_s, expected):
    assert (
        validation_priority(n_present_votes=1, duration_s=duration_s, n_direct_labels=2) == expected
    )


def test_arrays_broadcast_and_agree_with_scalars():
    durations, votes = np.array([1.0, 15.0, 60.0]), np.array([[0], [2]])
    priorities = validation_priority(n_present_votes=votes, duration_s=durations, n_direct_labels=1)
    assert priorities.tolist() == [
        [validation_priority(n_present_votes=p, duration_s=d, n_direct_labels=1) for d in durations]
        for p in votes[:, 0]
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_present_votes": -1},
        {"duration_s": -0.1},
        {"duration_s": float("nan")},
        {"n_direct_labels": -3},
    ],
)
def test_negative_or_missing_numbers_are_refused(wrong):
    with pytest.raises(RuleError, match="give 0 or more"):
        validation_priority(
            **{"n_present_votes": 0, "duration_s": 1.0, "n_direct_labels": 0} | wrong
        )
