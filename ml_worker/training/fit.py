"""The training loop: Adam, masked cross-entropy, early stop on validation mAP, resumable."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ml_worker.devices import loading_threads, reduced_precision
from ml_worker.job_context import JobCancelled, JobContext, JobInterrupted, JobRefused
from ml_worker.metrics import average_precision
from ml_worker.score import score_clips
from ml_worker.training.batches import EpochBatches, LabelledPatches, TrainingBatch
from ml_worker.training.checkpoint import (
    CHECKPOINT_FILE,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)
from ml_worker.training.loading import Loader
from ml_worker.training.losses import masked_bce, weigh_classes
from ml_worker.training.parallel import Group
from ml_worker.training.recipe import ClassWeights, Keep, Precision, Recipe, Schedule

__all__ = ["CHECKPOINT_FILE", "CURVES_FILE", "Fitter", "LabelledPatches", "curves_text"]

CURVES_FILE = "curves.jsonl"
CHECKPOINT_EVERY_S = 60.0
"""Besides each epoch's end; setting ``checkpoint_every_s`` of a train job replaces it."""
GPU_LOOK_STEPS = 32
"""Looking at the loss makes the processor wait for the GPU, so it is not looked at every step."""


class Fitter:
    """Trains one network, from the start or from the checkpoint in the job's work folder."""

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        plan: Mapping[str, Any],
        context: JobContext,
        device: torch.device,
        group: Group | None = None,
    ) -> None:
        """Take up the checkpoint, which must belong to ``plan``.

        Raises
        ------
        JobRefused
            The checkpoint is of another training, or a setting is not allowed.
        """
        self.network = network.to(device, memory_format=torch.channels_last)
        self.recipe = recipe
        self._group = group or Group()
        self._context = context
        self._device = device
        self._checkpoint_every_s = _checkpoint_every_s(context)
        self._optimizer = torch.optim.Adam(
            network.parameters(), lr=recipe.lr, fused=device.type == "cuda"
        )
        self._checkpoint: Path = context.work_dir / CHECKPOINT_FILE
        restored = load_checkpoint(self._checkpoint, plan, network, self._optimizer)
        self.state, self._best = restored or (TrainingState(plan=dict(plan), lr=recipe.lr), {})
        self._saved_s = time.monotonic()
        # On the device and summed step by step, so that a pause leaves the same rounding.
        first_sum = self.state.loss_sum if self._group.is_first else 0.0
        self._loss_sum = torch.tensor(first_sum, dtype=torch.float64, device=device)
        learner = self._group.share(network, device)
        torch.backends.cudnn.benchmark = True  # on a GPU: patches are all of one size
        compiles = recipe.compile and device.type == "cuda"
        self._learner = torch.compile(learner) if compiles else learner
        self._class_weights: Tensor | None = None
        self._loss_shown = ""

    def fit(self, train: LabelledPatches, val: LabelledPatches) -> None:
        """Train to the end of the recipe and leave the network with the weights to keep."""
        self._write_curves()
        n_positive = train.targets.sum(axis=0)
        weights = weigh_classes(
            n_positive, ClassWeights(self.recipe.class_weights), self.recipe.class_weight_cap
        )
        if weights is not None:
            self._class_weights = torch.from_numpy(weights).to(self._device)
        self._begin_progress(len(self._batches(train)))
        try:
            while not self._is_finished():
                self._train_epoch(train)
                began_s = time.monotonic()
                val_map = self._validate(val)
                self._end_epoch(val_map, time.monotonic() - began_s)
        except (JobInterrupted, JobCancelled):
            self._save()
            raise
        self.network.load_state_dict(self._best)

    def _is_finished(self) -> bool:
        return self.state.epoch >= self.recipe.epochs or self.state.stagnant >= self.recipe.patience

    def _batches(self, train: LabelledPatches) -> EpochBatches:
        return EpochBatches(
            train,
            self.recipe,
            seed=self._context.spec.seed,
            epoch=self.state.epoch,
            rank=self._group.rank,
            pin_memory=self._device.type == "cuda",
        )

    def _train_epoch(self, train: LabelledPatches) -> None:
        """Take the steps that the epoch still lacks."""
        state, batches = self.state, self._batches(train)
        self.network.train()
        began_s = time.monotonic() - state.train_s
        waited_s = state.wait_s
        steps = range(state.step, len(batches))
        n_threads = loading_threads(self._device)
        with Loader(batches.make, steps, n_threads=n_threads, n_ahead=2 * n_threads) as loader:
            for batch in loader:
                self._follow_schedule(len(batches))
                self._step(batch)
                state.step += 1
                state.train_s = time.monotonic() - began_s
                state.wait_s = waited_s + loader.wait_s
                self._context.progress.advance(message=self._message())
                self._pause_if_asked()
        self._look_at_loss()
        state.train_s = time.monotonic() - began_s

    def _step(self, batch: TrainingBatch) -> None:
        torch.manual_seed(batch.torch_seed)
        inputs = self._on_device(batch.inputs).contiguous(memory_format=torch.channels_last)
        with reduced_precision(self._device, Precision(self.recipe.precision)):
            logits = self._learner(inputs)
        loss = masked_bce(
            logits,
            self._on_device(batch.targets),
            self._on_device(batch.negative_mask),
            self._class_weights,
        )
        self._loss_sum += loss.detach() * len(batch.inputs)
        self.state.n_patches += batch.n_patches
        if self._device.type == "cpu" or self.state.step % GPU_LOOK_STEPS == 0:
            self._look_at_loss()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.recipe.clip_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self._optimizer.step()

    def _follow_schedule(self, n_steps: int) -> None:
        if self.recipe.schedule == Schedule.COSINE:
            share = (self.state.epoch + self.state.step / n_steps) / self.recipe.epochs
            self._set_lr(self.recipe.lr * 0.5 * (1 + math.cos(math.pi * share)))

    def _on_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device, non_blocking=True)

    def _look_at_loss(self) -> None:
        """Refuse to go on with a loss that is no number."""
        self.state.loss_sum = float(self._loss_sum)
        if not math.isfinite(self.state.loss_sum):
            raise JobRefused(
                f"The loss became {self.state.loss_sum} in epoch {self.state.epoch + 1} at "
                f"learning rate {self.state.lr:g}; train again with a lower one."
            )
        if self.state.n_patches:
            # Of this process alone, but near enough to be shown.
            mean = self.state.loss_sum * self._group.size / self.state.n_patches
            self._loss_shown = f", loss {mean:.4f}"

    def _pause_if_asked(self) -> None:
        """End or write a checkpoint where the processes agree to, between two steps."""
        context = self._context
        is_due = time.monotonic() - self._saved_s >= self._checkpoint_every_s
        ends, saves = self._group.any(context.stop.is_set() or context.cancel.is_set(), is_due)
        if ends:
            context.check_stop()
            raise JobInterrupted(f"Job {context.spec.job_id} was ended by another process.")
        if saves:
            self._save()

    def _validate(self, val: LabelledPatches) -> float:
        """Return macro mAP over the classes that have a positive validation clip."""
        value = 0.0
        if self._group.is_first:
            # The others wait for the value: then all end at the next step, not one of them here.
            stop = self._context.check_stop if self._group.size == 1 else _go_on
            precision = Precision(self.recipe.precision)
            scores = score_clips(
                self.network, val.patches, self._device, lambda _: stop(), precision
            )
            columns = zip(val.targets.T, scores.T, val.decided.T, strict=True)
            value = float(
                np.mean([average_precision(t[d], s[d]) for t, s, d in columns if t.any()])
            )
        return self._group.from_first(value)

    def _end_epoch(self, val_map: float, validation_s: float) -> None:
        state = self.state
        state.curves.append(self._curve_entry(val_map, validation_s))
        state.epoch += 1
        state.step, state.n_patches, state.train_s, state.wait_s = 0, 0, 0.0, 0.0
        self._loss_sum.zero_()
        if val_map > state.best_map or self.recipe.keep == Keep.LAST:
            state.best_map, state.best_epoch, state.stagnant = val_map, state.epoch, 0
            self._best = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        else:
            state.stagnant += 1
            halves = self.recipe.schedule == Schedule.PLATEAU
            if halves and state.stagnant % self.recipe.lr_patience == 0:
                self._set_lr(state.lr / 2)
        self._save()
        self._write_curves()

    def _curve_entry(self, val_map: float, validation_s: float) -> dict[str, float]:
        state = self.state
        train_s = max(state.train_s, 1e-9)
        return {
            "epoch": state.epoch + 1,
            "train_loss": self._group.sum(float(self._loss_sum)) / state.n_patches,
            "val_map": val_map,
            "lr": state.lr,
            "seconds": round(state.train_s + validation_s, 3),
            "patches_per_s": round(state.n_patches / train_s, 1),
            "data_wait_share": round(state.wait_s / train_s, 4),
        }

    def _set_lr(self, lr: float) -> None:
        self.state.lr = lr
        for group in self._optimizer.param_groups:
            group["lr"] = lr

    def _save(self) -> None:
        """Write the checkpoint; the first process does, for all."""
        self._saved_s = time.monotonic()
        self._look_at_loss()
        self.state.loss_sum = self._group.sum(self.state.loss_sum)
        if self._group.is_first:
            save_checkpoint(self._checkpoint, self.state, self.network, self._optimizer, self._best)

    def _begin_progress(self, n_steps: int) -> None:
        done = self.state.epoch * n_steps + self.state.step
        total = self.recipe.epochs * n_steps
        self._context.progress.start("training", total=total, unit="steps", done=done)
        self._context.progress.say(self._message())

    def _message(self) -> str:
        state, n_epochs = self.state, self.recipe.epochs
        text = f"epoch {min(state.epoch + 1, n_epochs)} of {n_epochs}{self._loss_shown}"
        if state.curves:
            text += f", validation mAP {state.curves[-1]['val_map']:.3f}"
        return text

    def _write_curves(self) -> None:
        """Write ``JOB/curves.jsonl`` anew: after a kill it may be an epoch ahead."""
        if not self._group.is_first:
            return
        path = self._context.job_dir / CURVES_FILE
        unfinished = path.with_name(f".{CURVES_FILE}")
        try:
            unfinished.write_text(curves_text(self.state), encoding="utf-8")
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise


def curves_text(state: TrainingState) -> str:
    """Return one JSON line per epoch.

    epoch, train_loss, val_map, lr, seconds (training and validation), patches_per_s (training) and
    data_wait_share (of the training seconds, those in which the network waited for a batch).
    """
    return "".join(json.dumps(entry) + "\n" for entry in state.curves)


def _checkpoint_every_s(context: JobContext) -> float:
    value = context.spec.settings.get("checkpoint_every_s", CHECKPOINT_EVERY_S)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise JobRefused(f"checkpoint_every_s is {value!r}; it must be a number of 0 or more.")
    return float(value)


def _go_on() -> None:
    """Look at nothing."""
