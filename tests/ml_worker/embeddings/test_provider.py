"""Providers are found by entry points, and none is believed unchecked."""

import numpy as np
import pytest
import torch

from ml_worker.embeddings.provider import ProviderFailed, load_provider, provider_names

AUDIO = np.full((5, 8000), 0.25, np.float32)


def test_the_built_in_providers_are_there():
    expected = {"log-mel-statistics", "mfcc-statistics", "trained-run", "yamnet"}
    assert expected <= set(provider_names())


def test_a_provider_of_another_package_is_found_and_used(install):
    install()
    assert "fake" in provider_names()
    provider = load_provider("fake")
    assert provider.version == "fake-embeddings 4.2"
    assert provider.sample_rate_hz == 8000
    scene = provider.scene_embeddings(AUDIO)
    assert scene.dtype == np.float32
    np.testing.assert_array_equal(scene, [[0.25, 0.5, 1.0]] * 5)
    embeddings, times_ms = provider.timestamp_embeddings(AUDIO)
    assert embeddings.shape == (5, 2, 2)
    np.testing.assert_array_equal(times_ms, [[0, 500]] * 5)


def test_a_torch_module_is_put_into_evaluation(install):
    install("""
import torch
class Net(torch.nn.Module):
    sample_rate, scene_embedding_size, timestamp_embedding_size = 16000, 4, 4
def load_model(path=""):
    return Net().train()
def get_scene_embeddings(audio, model):
    assert not model.training and not torch.is_grad_enabled()
    return torch.ones(len(audio), 4, dtype=torch.float64, requires_grad=False)
""")
    provider = load_provider("fake")
    np.testing.assert_array_equal(provider.scene_embeddings(AUDIO), np.ones((5, 4)))
    assert torch.is_grad_enabled()


def test_an_unknown_provider_names_those_there_are():
    with pytest.raises(ProviderFailed, match=r"no embedding provider 'nothing'.*mfcc-statistics"):
        load_provider("nothing")


def test_two_packages_with_one_name_are_refused(install):
    install(name="yamnet")
    with pytest.raises(ProviderFailed, match="Two packages bring"):
        load_provider("yamnet")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nowhere_at_all", "failed with ModuleNotFoundError"),
        ("raise SystemExit(3)", "failed with SystemExit: 3"),
        ("x = 1", "has no function load_model"),
        ("x = ((", "failed with SyntaxError"),
    ],
)
def test_a_provider_that_cannot_be_used_is_refused_in_a_sentence(install, source, words):
    install(source=source)
    with pytest.raises(ProviderFailed, match=words):
        load_provider("fake")


@pytest.mark.parametrize("value", ["0", "-3", "1.5", "True", "None", "10**9", "'many'"])
@pytest.mark.parametrize("attribute", ["sample_rate", "scene_embedding_size"])
def test_a_model_with_impossible_sizes_is_refused(install, attribute, value):
    install(f"\nModel.{attribute} = {value}\n")
    with pytest.raises(ProviderFailed, match=f"its model's {attribute} is"):
        load_provider("fake")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("np.zeros((len(audio), 4))", r"shape \(5, 4\), not \(5, 3\)"),
        ("np.zeros((1, 3))", r"shape \(1, 3\), not \(5, 3\)"),
        ("np.full((len(audio), 3), np.nan)", "hold what is no number"),
        ("np.full((len(audio), 3), 1e300)", "hold what is no number"),
        ("'words'", "are no array of numbers"),
        ("None", "hold what is no number|are no array|have shape"),
        ("1 / 0", "failed with ZeroDivisionError: division by zero"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_wrong_embeddings_are_refused_in_a_sentence(install, answer, words):
    install(f"\ndef get_scene_embeddings(audio, model):\n    return {answer}\n")
    with pytest.raises(ProviderFailed, match=words) as failure:
        load_provider("fake").scene_embeddings(AUDIO)
    assert "'fake'" in str(failure.value)
    assert str(failure.value).endswith(".")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("np.zeros((5, 2, 2))", "no pair"),
        ("(np.zeros((5, 2, 2)), np.zeros(5))", r"timestamps of shape \(5,\)"),
        ("(np.zeros((5, 3, 2)), np.zeros((5, 2)))", r"shape \(5, 3, 2\), not \(5, 2, 2\)"),
        ("(np.zeros((5, 2, 2)), np.full((5, 2), np.inf))", "timestamps hold"),
    ],
)
def test_wrong_timestamp_embeddings_are_refused_in_a_sentence(install, answer, words):
    install(f"\ndef get_timestamp_embeddings(audio, model):\n    return {answer}\n")
    with pytest.raises(ProviderFailed, match=words):
        load_provider("fake").timestamp_embeddings(AUDIO)
