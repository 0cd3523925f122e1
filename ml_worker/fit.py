"""The training loop: Adam, masked cross-entropy, early stop on validation mAP, resumable."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml_worker.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from ml_worker.devices import reduced_precision
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.losses import masked_bce
from ml_worker.metrics import average_precision
from ml_worker.patches import PatchSet
from ml_worker.recipe import Recipe
from ml_worker.release import LabelState
from ml_worker.score import score_clips

CHECKPOINT_FILE, CURVES_FILE = "checkpoint.safetensors", "curves.jsonl"


@dataclass(frozen=True, slots=True)
class LabelledPatches:
    """Patches of some clips with what is known of them: ``states`` (n_clips, n_classes)."""

    patches: PatchSet
    states: NDArray[np.int8]

    @property
    def targets(self) -> NDArray[np.bool_]:
        """Which (clip, class) are positive."""
        return self.states == LabelState.POSITIVE

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Which (clip, class) count in loss and metrics."""
        return self.states != LabelState.UNDECIDED


class Fitter:
    """Trains one network, from the start or from the checkpoint in the job's work folder."""

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        plan: str,
        context: JobContext,
        device: torch.device,
    ) -> None:
        """Take up the checkpoint if it belongs to ``plan``."""
        self.network = network.to(device, memory_format=torch.channels_last)
        self.recipe = recipe
        self._context = context
        self._device = device
        self._optimizer = torch.optim.Adam(network.parameters(), lr=recipe.lr)
        self._checkpoint: Path = context.work_dir / CHECKPOINT_FILE
        restored = load_checkpoint(self._checkpoint, plan, network, self._optimizer)
        self.state, self._best = restored or (TrainingState(plan=plan, lr=recipe.lr), {})

    def fit(self, train: LabelledPatches, val: LabelledPatches) -> None:
        """Train to the end of the recipe and leave the network with its best epoch's weights."""
        self._write_curves()
        progress = self._context.progress
        progress.start("training", total=self.recipe.epochs, unit="epochs", done=self.state.epoch)
        while not self._is_finished():
            began_s = time.monotonic()
            loss = self._train_epoch(train)
            val_map = self._validate(val)
            self._end_epoch(loss, val_map, time.monotonic() - began_s)
            progress.advance(message=f"loss {loss:.4f}, validation mAP {val_map:.3f}")
        self.network.load_state_dict(self._best)

    def _is_finished(self) -> bool:
        return self.state.epoch >= self.recipe.epochs or self.state.stagnant >= self.recipe.patience

    def _train_epoch(self, train: LabelledPatches) -> float:
        """Return the mean loss per patch."""
        rng = np.random.default_rng([self._context.spec.seed, self.state.epoch])
        torch.manual_seed(int(rng.integers(2**63)))
        targets = torch.from_numpy(train.targets.astype(np.float32))
        masks = torch.from_numpy(train.decided.astype(np.float32))
        self.network.train()
        total, n_patches = 0.0, 0
        for indices in train.patches.shuffled(self.recipe.batch_size, rng):
            self._context.check_stop()
            clips = train.patches.clip_of_patch[indices]
            inputs = torch.from_numpy(train.patches.gather(indices))
            batch = _mix(inputs, targets[clips], masks[clips], self.recipe.mixup_alpha, rng)
            total += self._step(*batch) * len(indices)
            n_patches += len(indices)
        return total / n_patches

    def _step(self, inputs: Tensor, targets: Tensor, masks: Tensor) -> float:
        inputs = inputs.to(self._device).contiguous(memory_format=torch.channels_last)
        with reduced_precision(self._device):
            logits = self.network(inputs)
        loss = masked_bce(logits, targets.to(self._device), masks.to(self._device))
        value = loss.item()
        if not math.isfinite(value):
            raise JobRefused(
                f"The loss became {value} in epoch {self.state.epoch + 1} at learning rate "
                f"{self.state.lr:g}; train again with a lower one."
            )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return value

    def _validate(self, val: LabelledPatches) -> float:
        """Return macro mAP over the classes that have a positive validation clip."""
        stop = self._context.check_stop
        scores = score_clips(self.network, val.patches, self._device, lambda _: stop())
        columns = zip(val.targets.T, scores.T, val.decided.T, strict=True)
        return float(np.mean([average_precision(t[d], s[d]) for t, s, d in columns if t.any()]))

    def _end_epoch(self, loss: float, val_map: float, seconds: float) -> None:
        state = self.state
        state.epoch += 1
        entry = {"epoch": state.epoch, "train_loss": loss, "val_map": val_map, "lr": state.lr}
        state.curves.append(entry | {"seconds": round(seconds, 3)})
        if val_map > state.best_map:
            state.best_map, state.best_epoch, state.stagnant = val_map, state.epoch, 0
            self._best = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        else:
            state.stagnant += 1
            if state.stagnant % self.recipe.lr_patience == 0:
                self._set_lr(state.lr / 2)
        save_checkpoint(self._checkpoint, state, self.network, self._optimizer, self._best)
        self._write_curves()

    def _set_lr(self, lr: float) -> None:
        self.state.lr = lr
        for group in self._optimizer.param_groups:
            group["lr"] = lr

    def _write_curves(self) -> None:
        """Write ``JOB/curves.jsonl`` anew: after a kill it may be an epoch ahead."""
        path = self._context.job_dir / CURVES_FILE
        unfinished = path.with_name(f".{CURVES_FILE}")
        unfinished.write_text(curves_text(self.state), encoding="utf-8")
        unfinished.replace(path)


def curves_text(state: TrainingState) -> str:
    """Return one JSON line per epoch: epoch, train_loss, val_map, lr, seconds."""
    return "".join(json.dumps(entry) + "\n" for entry in state.curves)


def _mix(
    inputs: Tensor, targets: Tensor, masks: Tensor, alpha: float, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Mix each patch with another of the batch (mixup); a mask of either masks the mixture."""
    if alpha <= 0:
        return inputs, targets, masks
    share = float(rng.beta(alpha, alpha))
    other = torch.from_numpy(rng.permutation(len(inputs)))
    return (
        share * inputs + (1 - share) * inputs[other],
        share * targets + (1 - share) * targets[other],
        torch.minimum(masks, masks[other]),
    )
