"""Everything needed to go on with training, in one safetensors file written in one step.

There is no random state in it: each step draws from (seed, epoch, step), so the two numbers are all
that is needed to draw the same numbers again, mixup and dropout included.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ml_worker.job_context import JobRefused
from ml_worker.tensor_file import read_tensors, write_tensors

CHECKPOINT_FILE = "checkpoint.safetensors"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class TrainingState:
    """Where training stands: ``epoch`` whole epochs and ``step`` steps of the next.

    ``stagnant`` counts epochs since the best one; ``curves`` has one entry per epoch; ``plan``
    names what is trained (recipe, seed, data), so that another plan's checkpoint is not taken up.
    Of the epoch under way: ``loss_sum`` over its ``n_patches`` patches, the seconds spent training
    and, of those, waiting for data.
    """

    plan: dict[str, Any]
    lr: float
    epoch: int = 0
    best_map: float = -1.0
    best_epoch: int = 0
    stagnant: int = 0
    curves: list[dict[str, Any]] = field(default_factory=list)
    step: int = 0
    loss_sum: float = 0.0
    n_patches: int = 0
    train_s: float = 0.0
    wait_s: float = 0.0


def save_checkpoint(
    path: Path,
    state: TrainingState,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    best: Mapping[str, Tensor],
) -> None:
    """Write state, weights, optimiser and the best epoch's weights, replacing the file at once."""
    tensors = {f"model.{name}": t for name, t in network.state_dict().items()}
    tensors |= {f"best.{name}": t for name, t in best.items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": t for name, t in values.items()}
    write_tensors(path, tensors, {"state": json.dumps(asdict(state))})


def load_checkpoint(
    path: Path, plan: Mapping[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[TrainingState, dict[str, Tensor]] | None:
    """Restore network and optimiser; return the state and the best weights.

    Returns None, having changed nothing, if there is no checkpoint or it cannot be read: training
    then begins anew.

    Raises
    ------
    JobRefused
        It belongs to another plan or another architecture.
    """
    if not path.exists():
        return None
    try:
        state, tensors = _read(path)
    except JobRefused as error:
        _log.warning("Training begins anew: %s", error)
        return None
    _check_same_plan(path, state.plan, plan)
    try:
        network.load_state_dict(_with_prefix(tensors, "model."))
    except RuntimeError as error:
        raise JobRefused(
            f"{path} holds the weights of another architecture; start a new job, or delete the "
            "file to begin anew."
        ) from error
    _restore_optimizer(optimizer, _with_prefix(tensors, "optimizer."), state.lr)
    return state, _with_prefix(tensors, "best.")


def describe_resumption(job_dir: Path, out_dir: Path) -> str:
    """Say from where a stopped training job goes on.

    Raises
    ------
    JobRefused
        The job has ended, or left nothing to go on with.
    """
    if (out_dir / "result.json").exists():
        raise JobRefused(f"{out_dir} holds the result of the job: there is nothing to go on with.")
    path = job_dir / "work" / CHECKPOINT_FILE
    begin = f"begin with: python -m ml_worker run {job_dir} {out_dir}."
    if not path.exists():
        raise JobRefused(f"{job_dir} has no checkpoint to go on from; {begin}")
    try:
        state, _ = _read(path)
    except JobRefused as error:
        raise JobRefused(f"There is nothing to go on from ({error}); {begin}") from error
    steps = f" and step {state.step} of the next" if state.step else ""
    best = f"; the best so far is epoch {state.best_epoch}" if state.best_epoch else ""
    return f"Going on after epoch {state.epoch}{steps}{best}."


def _read(path: Path) -> tuple[TrainingState, dict[str, Tensor]]:
    tensors, metadata = read_tensors(path)
    try:
        return TrainingState(**json.loads(metadata["state"])), tensors
    except (KeyError, TypeError, ValueError) as error:
        raise JobRefused(f"{path} is no checkpoint of this version: {error!r}.") from error


def _check_same_plan(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    keys = [key for key in {**wanted, **found} if found.get(key) != wanted.get(key)]
    if keys:
        key = keys[0]
        raise JobRefused(
            f"{path} is of another training: {key} is {found.get(key)!r} there and "
            f"{wanted.get(key)!r} here; start a new job, or delete the file to begin anew."
        )


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], lr: float
) -> None:
    values: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, _, key = name.partition(".")
        values.setdefault(int(index), {})[key] = tensor
    whole = optimizer.state_dict()
    whole["state"] = values
    optimizer.load_state_dict(whole)
    for group in optimizer.param_groups:
        group["lr"] = lr
