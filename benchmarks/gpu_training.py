"""How busy training keeps a GPU, on features of noise.

::

    python -m benchmarks.gpu_training [--recipe vgg42] [--clips 4000] [--epochs 3]

Protocol: clips of 1 to 10 s of noise with 200 classes; the recipe as it is but for its epochs; the
whole training loop with loading, augmentation, validation on a twentieth and checkpoints. Figures
are of the last epoch, after compilation: patches and clips a second while training; the mean of
nvidia-smi's utilisation, read five times a second over the same epoch, validation included; and the
share of the chip's peak that the model's own arithmetic takes (forward counted by PyTorch, backward
as twice that). Without a GPU it runs on the processor and gives the rates alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

N_CLASSES = 200
PEAK_TFLOPS = 989.0
"""Dense bfloat16 of an H100 or H200 (SXM), by its data sheet."""


def main() -> int:
    """Train, print the figures as JSON and return 0."""
    parser = argparse.ArgumentParser(description="How busy training keeps a GPU.")
    parser.add_argument("--recipe", default="vgg42")
    parser.add_argument("--clips", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--peak-tflops", type=float, default=PEAK_TFLOPS)
    options = parser.parse_args()
    print(json.dumps(measure(options), indent=1))
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of the last epoch."""
    import torch

    from ml_worker.contract import JobKind, JobSpec
    from ml_worker.devices import choose_device, describe_device
    from ml_worker.job_context import JobContext
    from ml_worker.models.registry import build_model
    from ml_worker.training.fit import Fitter
    from ml_worker.training.recipe import Precision, load_recipe

    overrides: dict[str, Any] = {"epochs": options.epochs, "patience": options.epochs}
    if options.batch_size:
        overrides["batch_size"] = options.batch_size
    recipe = load_recipe(options.recipe, overrides)
    device = choose_device()
    train, val = _noise(options.clips, 0), _noise(max(20, options.clips // 20), 1)
    torch.manual_seed(0)
    network = build_model(recipe.model, N_CLASSES)
    n_flops = 3 * _forward_flops(network)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "work").mkdir()
        context = JobContext(JobSpec("gpu", JobKind.TRAIN, {}), place, place / "work", place)
        fitter = Fitter(network, recipe, {"recipe": options.recipe}, context, device)
        with Utilisation(device.type == "cuda") as utilisation:
            fitter.fit(train, val)
    last = fitter.state.curves[-1]
    patches_per_s = last["patches_per_s"]
    busy = utilisation.mean_of_last(last["seconds"])
    return {
        "recipe": options.recipe,
        "device": describe_device(device, Precision(recipe.precision)),
        "batch_size": recipe.batch_size,
        "n_clips": options.clips,
        "patches_per_s": patches_per_s,
        "clips_per_s": round(patches_per_s * options.clips / len(train.patches), 1),
        "data_wait_share": last["data_wait_share"],
        "gpu_busy_share": busy,
        "gflop_per_patch": round(n_flops / 1e9, 2),
        "peak_tflops": options.peak_tflops if busy is not None else None,
        "model_flop_share": None
        if busy is None
        else round(n_flops * patches_per_s / (options.peak_tflops * 1e12), 4),
        "seconds_by_epoch": [entry["seconds"] for entry in fitter.state.curves],
    }


class Utilisation:
    """Reads nvidia-smi's utilisation five times a second, where there is a GPU."""

    def __init__(self, has_gpu: bool) -> None:
        """Read nothing without a GPU."""
        self._has_gpu = has_gpu
        self._readings: list[tuple[float, float]] = []

    def __enter__(self) -> "Utilisation":
        """Begin to read."""
        if self._has_gpu:
            query = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200"]
            self._process = subprocess.Popen(
                ["nvidia-smi", *query], stdout=subprocess.PIPE, text=True
            )
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End reading."""
        self._ended_s = time.monotonic()
        if self._has_gpu:
            self._process.terminate()
            self._process.wait()
            self._reader.join()

    def mean_of_last(self, seconds: float) -> float | None:
        """Return the mean share, from 0 to 1, over the last seconds; None if nothing was read."""
        recent = [value for at, value in self._readings if at > self._ended_s - seconds]
        return round(sum(recent) / len(recent) / 100, 3) if recent else None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip().isdigit():
                self._readings.append((time.monotonic(), float(line)))


def _forward_flops(network: Any) -> int:
    """Return the floating-point operations of one patch's way forward; a multiply-add is two."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    network.eval()
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 1, 101, 96))
    return int(counter.get_total_flops())


def _noise(n: int, part: int) -> Any:
    import numpy as np

    from ml_worker.features.front_end import FrontEnd
    from ml_worker.features.patches import Normalisation, PatchSet
    from ml_worker.training.fit import LabelledPatches

    front_end, rng = FrontEnd(), np.random.default_rng([7, part])
    frames: list[Any] = [
        rng.standard_normal((length, front_end.n_bands), dtype=np.float32).astype(np.float16)
        for length in rng.integers(front_end.patch_frames, 1000, n)
    ]
    states = (rng.random((n, N_CLASSES)) < 3 / N_CLASSES).astype(np.int8)
    return LabelledPatches(PatchSet(frames, front_end, Normalisation.of_frames(frames)), states)


if __name__ == "__main__":
    sys.exit(main())
