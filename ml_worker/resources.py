"""What a job used of the machine, and which code made its result."""

from __future__ import annotations

import functools
import hashlib
import platform
import resource
import sys
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "harken",
    "numpy",
    "scipy",
    "scikit-learn",
    "soundfile",
    "pyloudnorm",
    "torch",
    "torchaudio",
    "safetensors",
    "ai-edge-litert",
    "usearch",
)
_MODULES = {"scikit-learn": "sklearn", "ai-edge-litert": "ai_edge_litert"}


class ResourceMeter:
    """Seconds and peak memory of this process from the meter's making on."""

    def __init__(self) -> None:
        """Begin to measure."""
        self._began_s = time.monotonic()
        with suppress(OSError):  # another operating system, or a container that forbids it
            Path("/proc/self/clear_refs").write_text("5")
        if (cuda := _cuda_in_use()) is not None:
            cuda.reset_peak_memory_stats()

    def read(self) -> dict[str, float]:
        """Return ``seconds``, ``peak_memory_bytes`` and, with a GPU, ``peak_gpu_memory_bytes``."""
        used: dict[str, float] = {
            "seconds": round(time.monotonic() - self._began_s, 3),
            "peak_memory_bytes": peak_memory_bytes(),
        }
        if (cuda := _cuda_in_use()) is not None:
            used["peak_gpu_memory_bytes"] = cuda.max_memory_allocated()
        return used


def peak_memory_bytes() -> int:
    """Return the most memory this process has had resident since a ``ResourceMeter`` began.

    Where the system cannot begin anew, since the process began.
    """
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        line = next(line for line in lines if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def made_by() -> dict[str, str]:
    """Return what makes a result: code, versions and, of a job with torch, device and threads.

    Packages that are not loaded are left out. The kind of processor and the number of threads are
    what a bit-for-bit repetition needs besides the seed.
    """
    versions = {
        "python": platform.python_version(),
        "code": code_digest(),
        "processor": processor_name(),
    }
    if (torch := sys.modules.get("torch")) is not None:
        versions["n_threads"] = str(torch.get_num_threads())
        cuda = _cuda_in_use()
        versions["device"] = "cpu" if cuda is None else cuda.get_device_name()
    for name in PACKAGES:
        if name == "harken" or _MODULES.get(name, name) in sys.modules:
            try:
                versions[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                versions[name] = "unknown"
    return versions


def processor_name() -> str:
    """Return the processor's model as the system names it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


@functools.cache
def code_digest() -> str:
    """Return the sha256 of the worker's own source: the same code has the same, however installed.

    Read once, early, so that an update of the files under a running worker is not taken for its
    code.
    """
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _cuda_in_use() -> Any:
    """Return torch's module for GPUs if the job has loaded it and used one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return torch.cuda
