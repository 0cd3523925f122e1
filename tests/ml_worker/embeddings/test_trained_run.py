"""A trained run embeds by what its last dense layer is given."""

import numpy as np
import pytest
import torch

from ml_worker.embeddings.provider import ProviderFailed, load_provider
from ml_worker.embeddings.trained_run import TrainedRunModel
from ml_worker.features.front_end import FrontEnd
from ml_worker.features.patches import Normalisation
from ml_worker.models.registry import MODELS, build_model
from ml_worker.recordings.audio import decode
from ml_worker.release import read_release
from ml_worker.trained_model import TrainedModel
from ml_worker.training.recipe import load_recipe


def test_the_last_dense_layer_makes_the_runs_logits_of_the_embeddings(finished_run):
    release, run = finished_run
    provider = load_provider("trained-run", str(run))
    assert provider.model.scene_embedding_size == 192
    clip = read_release(release).clips[0]
    audio = decode(clip.path).mono()[None]
    embeddings, times_ms = provider.timestamp_embeddings(audio)
    assert embeddings.shape == (1, 2, 192)
    assert times_ms.shape == (1, 2)
    np.testing.assert_allclose(provider.scene_embeddings(audio), embeddings.mean(axis=1), rtol=1e-6)
    network = provider.model.trained.network
    dense = [m for m in network.modules() if isinstance(m, torch.nn.Linear)][-1]
    logits = embeddings[0] @ dense.weight.detach().numpy().T + dense.bias.detach().numpy()
    assert logits.mean(axis=0).argmax() == [c.mid for c in provider.model.trained.classes].index(
        clip.mids[0]
    )


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_architecture_has_the_layer(name):
    bands = np.zeros(96, np.float32)
    trained = TrainedModel(
        build_model(name, 3),
        load_recipe("small_cnn", {}),
        (),
        FrontEnd(),
        Normalisation(bands, bands + 1),
    )
    model = TrainedRunModel(trained)
    patches = np.random.default_rng(0).normal(size=(2, 1, 101, 96)).astype(np.float32)
    embeddings = model.embed_patches(patches)
    assert embeddings.shape == (2, model.scene_embedding_size)
    assert not np.allclose(embeddings[0], embeddings[1])


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ProviderFailed, match="give the result folder of a train job"):
        load_provider("trained-run")
    with pytest.raises(Exception, match="name the result folder of a finished train job"):
        load_provider("trained-run", str(tmp_path))
