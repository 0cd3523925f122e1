"""YAMNet embeds and scores as published; without weights or package it says so."""

import sys

import numpy as np
import pytest
import soundfile

from ml_worker.embeddings import yamnet
from ml_worker.embeddings.provider import ProviderFailed, load_provider
from ml_worker.features.resampling import resample


@pytest.fixture(scope="module")
def weights(request):
    return str(request.getfixturevalue("shared_data") / "weights" / "yamnet.tflite")


@pytest.fixture(scope="module")
def bark(request) -> np.ndarray:
    clips = request.getfixturevalue("shared_data") / "esc10" / "clips"
    samples, rate_hz = soundfile.read(clips / "1-100032-A.ogg", dtype="float32")
    return resample(samples, rate_hz, 16_000)[None]


@pytest.mark.real_data
def test_a_bark_is_heard_and_embedded(weights, shared_data, bark):
    provider = load_provider("yamnet", weights)
    lines = (shared_data / "weights" / "yamnet_class_map.csv").read_text().splitlines()[1:]
    names = [line.split(",", 2)[2].strip('"') for line in lines]
    heard = provider.model.run(bark[0, 3 * yamnet.HOP :][: yamnet.WINDOW])[1]
    assert names[heard.argmax()] in {"Animal", "Dog", "Bark"}
    scores = yamnet.get_scene_scores(bark, provider.model)[0]
    assert names[scores.argmax()] == "Silence", "most windows are"
    embeddings, times_ms = provider.timestamp_embeddings(bark)
    assert embeddings.shape == (1, 10, 1024)
    assert times_ms[0, [0, 1, -1]].tolist() == [487.5, 967.5, 4513.5]
    assert embeddings.std() > 0.1
    assert (embeddings >= 0).all(), "a mean after a rectifier"
    np.testing.assert_allclose(provider.scene_embeddings(bark), embeddings.mean(axis=1))


@pytest.mark.real_data
def test_embeddings_are_those_of_the_reference_kernels(weights, bark):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    model = load_provider("yamnet", weights).model
    window = np.ascontiguousarray(bark[0, 3 * yamnet.HOP :][: yamnet.WINDOW])
    reference = Interpreter(
        weights,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )
    reference.allocate_tensors()
    reference.set_tensor(model.input_tensor, window)
    reference.invoke()
    expected = reference.get_tensor(model.embedding_tensor).reshape(-1)
    np.testing.assert_allclose(model.run(window)[0], expected, atol=1e-4)


@pytest.mark.real_data
def test_a_short_sound_is_repeated_to_one_window(weights):
    provider = load_provider("yamnet", weights)
    audio = np.random.default_rng(0).normal(0, 0.1, (2, 5000)).astype(np.float32)
    embeddings, times_ms = provider.timestamp_embeddings(audio)
    assert embeddings.shape == (2, 1, 1024)
    assert times_ms.tolist() == [[487.5], [487.5]]


def test_missing_weights_are_a_sentence(tmp_path):
    with pytest.raises(ProviderFailed, match=r"give the path of yamnet\.tflite as 'model'"):
        load_provider("yamnet")
    with pytest.raises(ProviderFailed, match="There is no file"):
        load_provider("yamnet", str(tmp_path / "yamnet.tflite"))


def test_a_missing_package_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "yamnet.tflite").write_bytes(b"weights")
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ProviderFailed, match=r"install harken\[yamnet\]"):
        load_provider("yamnet", str(tmp_path / "yamnet.tflite"))


def test_a_file_that_is_no_model_is_a_sentence(tmp_path):
    (tmp_path / "yamnet.tflite").write_bytes(b"no flat buffer" * 100)
    with pytest.raises(ProviderFailed, match="is no TensorFlow Lite model"):
        load_provider("yamnet", str(tmp_path / "yamnet.tflite"))
