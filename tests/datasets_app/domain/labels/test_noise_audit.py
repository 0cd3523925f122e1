import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.proportion import proportion_confint

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.noise_audit import audit_noise
from datasets_app.domain.proportion import proportions, wilson_interval


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0.01, 0.99))
def test_the_wilson_interval_is_that_of_statsmodels(total, share, level):
    n = round(share * total)
    low, high = wilson_interval(n, total, level=level)
    expected = proportion_confint(n, total, alpha=1 - level, method="wilson")
    assert (float(low), float(high)) == pytest.approx(expected, abs=1e-9)
    assert 0 <= low <= n / total <= high <= 1


def test_nothing_is_known_of_a_share_of_nothing():
    found = proportions([0, 3], [0, 3])
    assert math.isnan(found.share[0])
    assert (found.low[0], found.high[0]) == (0, 1)
    assert (found.share[1], found.high[1]) == (1, 1)


@pytest.mark.parametrize(
    ("n", "total", "level"), [(2, 1, 0.95), (-1, 1, 0.95), (0, 1, 0.0), (0, 1, 1.0)]
)
def test_shares_beyond_their_total_are_refused(n, total, level):
    with pytest.raises(RuleError):
        wilson_interval(n, total, level=level)


@st.composite
def looked_at_twice(draw):
    shape = (draw(st.integers(0, 6)), draw(st.integers(1, 4)))
    proposed, present, undecided = (draw(arrays(bool, shape)) for _ in range(3))
    return proposed, present, undecided & ~present


@given(looked_at_twice())
def test_the_audit_is_what_looking_at_label_after_label_finds(labels):
    proposed, present, undecided = labels
    audit = audit_noise(proposed, present, undecided=undecided)
    n_classes = proposed.shape[1]
    counts = np.zeros((n_classes, 5), int)  # confirmed, rejected, undecided, added, present
    for clip, index in np.ndindex(*proposed.shape):
        if proposed[clip, index]:
            kind = 0 if present[clip, index] else 2 if undecided[clip, index] else 1
            counts[index, kind] += 1
        counts[index, 3] += present[clip, index] and not proposed[clip, index]
        counts[index, 4] += present[clip, index]
    for noise, (confirmed, rejected, _, added, there) in (
        (audit.per_class, counts.T),
        (audit.overall, counts.sum(axis=0)),
    ):
        assert (noise.confirmed.n == confirmed).all()
        assert (noise.rejected.n == rejected).all()
        assert (noise.confirmed.total == confirmed + rejected).all()
        assert (noise.added.n == added).all()
        assert (noise.added.total == there).all()
    assert audit.n_undecided == counts[:, 2].sum()
    assert audit.clips_gained.n == (present & ~proposed).any(axis=1).sum()


def test_the_figures_of_fsd50k_come_out_with_their_intervals():
    """The paper's own figures, on a collection made to have them."""
    rng = np.random.default_rng(0)
    proposed = np.ones((1000, 1), bool)
    present = np.arange(1000)[:, None] < 943
    extra = (rng.permutation(1000) < 509)[:, None]
    nothing = np.zeros_like(proposed)
    audit = audit_noise(np.hstack([proposed, nothing]), np.hstack([present, extra]))
    assert float(audit.overall.confirmed.share) == 0.943
    assert float(audit.clips_gained.share) == 0.509
    assert audit.clips_gained.low < 0.509 < audit.clips_gained.high
    assert (audit.per_class.added.n.tolist(), audit.per_class.confirmed.total.tolist()) == (
        [0, 509],
        [1000, 0],
    )


def test_labels_of_other_clips_or_of_two_states_are_refused():
    with pytest.raises(RuleError, match="same clips and classes"):
        audit_noise([[1, 0]], [[1, 0]] * 2)
    with pytest.raises(RuleError, match="1 labels both present and undecided"):
        audit_noise([[1, 0]], [[1, 0]], undecided=[[1, 0]])
