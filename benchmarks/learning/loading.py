"""Whether learning waits for its data."""

from pathlib import Path

import numpy as np
import torch

from benchmarks.learning.features import clips_of, context_in, store_in
from benchmarks.measuring import Outcome, measured
from ml_worker.features.front_end import FrontEnd
from ml_worker.features.patches import Normalisation, PatchSet
from ml_worker.features.releases import load_features
from ml_worker.models.registry import build_model
from ml_worker.release import LabelState
from ml_worker.training.batches import LabelledPatches
from ml_worker.training.fit import CHECKPOINT_FILE, Fitter
from ml_worker.training.recipe import load_recipe

Found = tuple[Outcome, dict[str, float]]

N_CLASSES, N_VAL_CLIPS = 10, 20
AUGMENTED = {
    "epochs": 1,
    "random_offsets": True,
    "mixup_alpha": 0.4,
    "n_time_masks": 2,
    "time_mask_frames": 20,
    "n_band_masks": 2,
    "band_mask_bands": 12,
}


def train(folder: Path) -> Found:
    """Train VGG-like for one epoch on the clips of the store, on CPU."""
    context, front_end = context_in(folder), FrontEnd()
    (context.work_dir / CHECKPOINT_FILE).unlink(missing_ok=True)
    frames = load_features(context, store_in(folder), clips_of(folder))
    normalisation = Normalisation.of_frames(frames)
    states = np.zeros((len(frames), N_CLASSES), np.int8)
    states[np.arange(len(frames)), np.arange(len(frames)) % N_CLASSES] = LabelState.POSITIVE
    parts = [
        LabelledPatches(PatchSet(frames[part], front_end, normalisation), states[part])
        for part in (slice(N_VAL_CLIPS, None), slice(N_VAL_CLIPS))
    ]
    recipe = load_recipe("vgg_like", AUGMENTED)
    torch.manual_seed(0)
    network = build_model(recipe.model, N_CLASSES)
    fitter = Fitter(network, recipe, {"benchmark": "loading"}, context, torch.device("cpu"))
    with measured(len(parts[0].patches), "patches") as outcome:
        fitter.fit(*parts)
    (epoch,) = fitter.state.curves
    percent = 100 * epoch["data_wait_share"]
    outcome.remark = f"waits for data {percent:.2f} % of the step time; seconds with validation"
    return outcome, {"waiting_percent": percent}
