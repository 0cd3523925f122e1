"""Tensors in a safetensors file: written whole or not at all, read without running code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ml_worker.job_context import JobRefused


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Replace ``path`` in one step; a full disk raises ``OSError`` and leaves the old file.

    The library's own writing says "full disk" in words only, hence not ``save_file``.
    """
    # Clones: safetensors refuses tensors that share memory.
    own = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    content = save(own, dict(metadata or {}))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return tensors and metadata.

    Raises
    ------
    JobRefused
        The file is missing or is no safetensors file, such as a pickle; it is never unpickled.
    """
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise JobRefused(
            f"{path} is not a safetensors file ({error}); other formats are not read."
        ) from error
