"""Several processes, each with a share of every batch, that train one network (torchrun).

::

    torchrun --nproc-per-node 2 -m ml_worker run JOB OUT

Gradients are averaged by DistributedDataParallel, over NCCL on GPUs and gloo on CPUs. Batch
normalisation uses each process's share; the first process's running statistics count. What the
processes must agree on (to stop, to write) goes over gloo, on the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from ml_worker.training.ranks import Rank, own_rank

PATIENCE = timedelta(days=1)
"""The first process may compute features for hours while the others wait."""


@dataclass(frozen=True, slots=True)
class Group:
    """The processes that train together; alone, every method is trivial."""

    rank: Rank = field(default_factory=Rank)
    _control: Any = None

    @property
    def is_first(self) -> bool:
        """Say whether this process is the one that writes."""
        return self.rank.is_first

    @property
    def size(self) -> int:
        """Number of processes."""
        return self.rank.n_processes

    def any(self, *flags: bool) -> list[bool]:
        """Return, for each flag, whether it is set in any process."""
        if self.size == 1:
            return list(flags)
        values = torch.tensor(flags, dtype=torch.uint8)
        distributed.all_reduce(values, distributed.ReduceOp.MAX, group=self._control)
        return [bool(v) for v in values]

    def sum(self, value: float) -> float:
        """Return the sum over the processes."""
        if self.size == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64)
        distributed.all_reduce(total, group=self._control)
        return float(total)

    def from_first(self, value: float) -> float:
        """Return the first process's value."""
        if self.size == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64)
        distributed.broadcast(shared, src=0, group=self._control)
        return float(shared)

    @contextmanager
    def first_goes_ahead(self) -> Iterator[None]:
        """Let the first process do the block before the others, which find what it has made."""
        if not self.is_first:
            self._wait()
        yield
        if self.is_first:
            self._wait()

    def share(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Return the network as one whose gradients are averaged over the processes."""
        if self.size == 1:
            return network
        devices = [device] if device.type == "cuda" else None
        return DistributedDataParallel(network, device_ids=devices)

    def _wait(self) -> None:
        if self.size > 1:
            distributed.barrier(group=self._control)


@contextmanager
def joined_group(device: torch.device) -> Iterator[Group]:
    """Meet the other processes that torchrun started; alone where it did not."""
    rank = own_rank()
    if rank.n_processes == 1:
        yield Group()
        return
    if device.type == "cuda":
        torch.cuda.set_device(rank.local)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    try:
        yield Group(rank, distributed.new_group(backend="gloo", timeout=PATIENCE))
    finally:
        distributed.destroy_process_group()
