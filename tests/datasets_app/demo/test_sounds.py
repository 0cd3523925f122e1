"""Every sound class gives sounds of the asked length, different per clip, equal per seed."""

import numpy as np
import pytest

from datasets_app.demo.mixtures import active_rms, join, overlay
from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.vocabulary import load_builtin_ontology
from datasets_app.demo.waves import coloured_noise, decaying, onsets_s

EVERY_KIND = pytest.mark.parametrize(
    "kind", SOUND_KINDS.values(), ids=lambda kind: kind.synthesise.__name__
)


def synthesise(kind, seed, n_samples, rate_hz):
    source, rng = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    return kind.synthesise(source, rng, n_samples, rate_hz)


def test_at_least_twelve_classes_are_synthesised_and_each_is_in_the_ontology():
    assert len(SOUND_KINDS) >= 12
    assert set(SOUND_KINDS) <= {entry["id"] for entry in load_builtin_ontology()}


@EVERY_KIND
@pytest.mark.parametrize(("duration_s", "rate_hz"), [(0.5, 22_050), (12.0, 22_050), (2.3, 48_000)])
def test_a_sound_fills_the_asked_length_with_a_peak_of_one(kind, duration_s, rate_hz):
    n_samples = round(duration_s * rate_hz)
    for seed in range(3):
        samples = synthesise(kind, seed, n_samples, rate_hz)
        assert samples.shape == (n_samples,)
        assert np.max(np.abs(samples)) == pytest.approx(1.0)


@EVERY_KIND
def test_a_seed_gives_one_sound_and_another_seed_another(kind):
    first, again, other = (synthesise(kind, seed, 22_050, 22_050) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.9


@pytest.mark.parametrize("quieter_db", [3.0, 12.0])
def test_the_second_sound_of_an_overlay_is_quieter_by_the_asked_amount(quieter_db):
    rng = np.random.default_rng(3)
    predominant, second = rng.standard_normal((2, 22_050))
    mixed = overlay(predominant, second, quieter_db=quieter_db)
    weights, *_ = np.linalg.lstsq(np.stack([predominant, second], axis=1), mixed, rcond=None)
    level_db = 20 * np.log10(
        weights[0] * active_rms(predominant) / (weights[1] * active_rms(second))
    )
    assert level_db == pytest.approx(quieter_db, abs=1e-6)


def test_joined_sounds_keep_their_order_and_add_their_lengths():
    loud, soft = np.ones(8_000), np.ones(2_000)
    joined = join(loud, soft, quieter_db=6.0206, second_first=True, rate_hz=8_000)
    assert len(joined) == 10_000
    assert joined[1_000] == pytest.approx(0.5, abs=1e-4)
    assert joined[6_000] == pytest.approx(1.0)


def test_a_decay_reaches_minus_sixty_db_at_its_decay_time():
    level_db = 20 * np.log10(decaying(np.array([0.5]), decay_s=0.5)[0])
    assert level_db == pytest.approx(-60.0, abs=0.01)


def test_brown_noise_falls_six_db_per_octave():
    samples = coloured_noise(np.random.default_rng(0), 2**17, 44_100, -6.0206)
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies_hz = np.fft.rfftfreq(2**17, 1 / 44_100)
    low = power[(frequencies_hz > 500) & (frequencies_hz < 1000)].mean()
    high = power[(frequencies_hz > 1000) & (frequencies_hz < 2000)].mean()
    assert 10 * np.log10(low / high) == pytest.approx(6.0, abs=0.5)


def test_even_the_shortest_sound_has_an_event():
    times = onsets_s(np.random.default_rng(0), 0.5, period_s=10.0, jitter=0.1, first_s=5.0)
    assert times == [pytest.approx(0.5 / 3)]
