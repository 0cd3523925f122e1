"""Everything needed to go on with training, in one safetensors file written in one step.

There is no random state in it: each epoch draws from (seed, epoch), so the epoch's number is all
that is needed to draw the same numbers again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


@dataclass(slots=True)
class TrainingState:
    """Where training stands after ``epoch`` epochs.

    ``stagnant`` counts epochs since the best one; ``curves`` has one entry per epoch; ``plan``
    names what is trained (recipe, seed, release), so that another plan's checkpoint is not taken
    up.
    """

    plan: str
    lr: float
    epoch: int = 0
    best_map: float = -1.0
    best_epoch: int = 0
    stagnant: int = 0
    curves: list[dict[str, Any]] = field(default_factory=list)


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
    # Clones: safetensors refuses tensors that share memory.
    tensors = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    save_file(tensors, unfinished, metadata={"state": json.dumps(asdict(state))})
    unfinished.replace(path)


def load_checkpoint(
    path: Path, plan: str, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[TrainingState, dict[str, Tensor]] | None:
    """Restore network and optimiser; return the state and the best weights.

    Returns None, having changed nothing, if there is no checkpoint, it cannot be read, or it
    belongs to another plan: training then begins anew.
    """
    try:
        with safe_open(path, "pt") as file:
            state = TrainingState(**json.loads((file.metadata() or {})["state"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None
    if state.plan != plan:
        return None
    network.load_state_dict(_with_prefix(tensors, "model."))
    _restore_optimizer(optimizer, _with_prefix(tensors, "optimizer."), state.lr)
    return state, _with_prefix(tensors, "best.")


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
