"""Weights are written whole or not at all, and opening them runs no code."""

import errno
import os
import pickle
from pathlib import Path

import pytest
import torch

from ml_worker.job_context import JobRefused
from ml_worker.tensor_file import read_tensors, write_tensors


def test_tensors_are_read_as_they_were_written(tmp_path):
    shared = torch.arange(6.0)
    tensors = {"a": shared, "b": shared.view(2, 3), "c": torch.tensor(7)}
    write_tensors(tmp_path / "x.safetensors", tensors, {"state": "…"})
    found, metadata = read_tensors(tmp_path / "x.safetensors")
    assert metadata == {"state": "…"}
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.safetensors"
    write_tensors(path, {"a": torch.zeros(1)})
    # What is written before it is renamed is "no space left on device", by the kernel's own word.
    unfinished = tmp_path / f".x.safetensors.{os.getpid()}"
    unfinished.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        write_tensors(path, {"a": torch.ones(100)})
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert [p.name for p in tmp_path.iterdir()] == ["x.safetensors"]
    assert float(read_tensors(path)[0]["a"]) == 0.0
    assert Path("/dev/full").is_char_device()


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("write", [pickle.dump, torch.save])
def test_a_pickle_is_refused_unopened(tmp_path, write):
    path = tmp_path / "x.safetensors"
    with path.open("wb") as handle:
        write(Trap(tmp_path / "sprung"), handle)
    with pytest.raises(JobRefused, match=r"is not a safetensors file .*other formats are not read"):
        read_tensors(path)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(JobRefused, match=r"nowhere\.safetensors"):
        read_tensors(tmp_path / "nowhere.safetensors")
