"""Frames are stored once, found again, and made anew when the disk has spoiled them."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ml_worker.features.feature_store import FeatureStore
from ml_worker.features.front_end import FrontEnd

NAMES = [hashlib.sha256(bytes([i])).hexdigest() for i in range(5)]


def frames_of(number: int, n_frames: int = 101) -> np.ndarray:
    rng = np.random.default_rng(number)
    return rng.normal(size=(n_frames + number, 96)).astype(np.float16)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "features"


@pytest.fixture
def store(folder) -> FeatureStore:
    return FeatureStore(folder, FrontEnd())


@pytest.fixture
def filled(store, folder) -> FeatureStore:
    store.add({name: frames_of(i) for i, name in enumerate(NAMES)})
    return FeatureStore(folder, FrontEnd())


def damage(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_an_empty_store_lacks_everything(store):
    assert store.missing([NAMES[0], NAMES[0], NAMES[1]]) == NAMES[:2]
    assert len(store.mapped([])) == 0


def test_what_was_added_is_found_by_another_process_in_any_order(filled):
    assert filled.missing(NAMES) == []
    mapped = filled.mapped(NAMES[::-1])
    assert len(mapped) == 5
    for i, frames in enumerate(mapped):
        np.testing.assert_array_equal(frames, frames_of(4 - i))
    assert [len(f) for f in mapped[1:3]] == [104, 103]


def test_all_recordings_share_one_map(filled):
    one, other = filled.mapped(NAMES[:2])
    assert one.base is other.base is not None
    with pytest.raises(ValueError, match="read-only"):
        one[0, 0] = 0


def test_adding_again_writes_nothing(filled):
    size = filled.data_path.stat().st_size
    filled.add({NAMES[0]: frames_of(9)})
    assert filled.data_path.stat().st_size == size
    np.testing.assert_array_equal(filled.mapped(NAMES[:1])[0], frames_of(0))


def test_a_recording_that_is_lacking_is_named(filled):
    with pytest.raises(KeyError, match="nowhere"):
        filled.mapped(["nowhere"])


def test_another_front_end_or_kind_of_device_has_a_store_of_its_own(filled, folder):
    assert FeatureStore(folder, FrontEnd(hop=441)).missing(NAMES) == NAMES
    assert FeatureStore(folder, FrontEnd(), "cuda").missing(NAMES) == NAMES


def test_a_changed_byte_costs_only_its_recording(filled, folder):
    damage(filled.data_path, 2 * 96 * 101 + 7)
    fresh = FeatureStore(folder, FrontEnd())
    assert fresh.missing(NAMES) == [NAMES[1]]
    assert filled.missing(NAMES) == [NAMES[1]], "a store that is open sees it too"
    fresh.add({NAMES[1]: frames_of(1)})
    assert fresh.missing(NAMES) == []
    for i, frames in enumerate(fresh.mapped(NAMES)):
        np.testing.assert_array_equal(frames, frames_of(i))


def test_a_byte_changed_with_the_old_time_put_back_is_noticed(filled, folder):
    before = filled.data_path.stat()
    damage(filled.data_path, 3)
    os.utime(filled.data_path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert FeatureStore(folder, FrontEnd()).missing(NAMES) == [NAMES[0]]


def test_a_data_file_cut_short_costs_what_was_cut(filled, folder):
    os.truncate(filled.data_path, filled.data_path.stat().st_size - 1)
    assert FeatureStore(folder, FrontEnd()).missing(NAMES) == [NAMES[4]]


def test_a_lost_data_file_costs_all(filled, folder):
    filled.data_path.unlink()
    fresh = FeatureStore(folder, FrontEnd())
    assert fresh.missing(NAMES) == NAMES
    fresh.add({NAMES[2]: frames_of(2)})
    np.testing.assert_array_equal(fresh.mapped([NAMES[2]])[0], frames_of(2))


@pytest.mark.parametrize("n_lost", [1, 100, 151])
def test_a_record_half_written_by_a_killed_worker_is_written_over(filled, folder, n_lost):
    index = filled.folder / "index.bin"
    os.truncate(index, index.stat().st_size - n_lost)
    fresh = FeatureStore(folder, FrontEnd())
    assert fresh.missing(NAMES) == [NAMES[4]]
    fresh.add({NAMES[4]: frames_of(4)})
    assert FeatureStore(folder, FrontEnd()).missing(NAMES) == []
    np.testing.assert_array_equal(fresh.mapped(NAMES)[4], frames_of(4))


def test_rows_half_written_by_a_killed_worker_are_passed_over(filled, folder):
    with filled.data_path.open("ab") as handle:
        handle.write(b"x" * 77)
    fresh = FeatureStore(folder, FrontEnd())
    fresh.add({"f" * 64: frames_of(7)})
    assert fresh.missing([*NAMES, "f" * 64]) == []
    np.testing.assert_array_equal(fresh.mapped(["f" * 64])[0], frames_of(7))


def test_a_changed_index_record_is_not_believed(filled, folder):
    damage(filled.folder / "index.bin", 70)
    assert FeatureStore(folder, FrontEnd()).missing(NAMES) == [NAMES[0]]


def test_a_full_disk_leaves_the_store_as_it_was(filled, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr("ml_worker.features.feature_store.os.fsync", full)
        filled.add({"e" * 64: frames_of(6)})
    fresh = FeatureStore(folder, FrontEnd())
    assert fresh.missing([*NAMES, "e" * 64]) == ["e" * 64]
    fresh.add({"e" * 64: frames_of(6)})
    for i, frames in enumerate(fresh.mapped([*NAMES[:2], "e" * 64])):
        np.testing.assert_array_equal(frames, frames_of([0, 1, 6][i]))


def test_an_untouched_store_is_not_read_again(filled, folder, monkeypatch):
    def fail(*_):
        raise AssertionError("read again")

    monkeypatch.setattr("ml_worker.features.feature_store._is_whole", fail)
    assert FeatureStore(folder, FrontEnd()).missing(NAMES) == []


def test_two_writers_fill_one_store_at_once(store, folder):
    """Two processes do so in test_features; the lock holds between any two who open it."""
    names = [f"{i:064x}" for i in range(20)]

    def fill(own: FeatureStore) -> None:
        for i, name in enumerate(names):
            if own.missing([name]):
                own.add({name: np.full((3, 96), i, np.float16)})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, [FeatureStore(folder, FrontEnd()) for _ in range(2)]))
    assert store.missing(names) == []
    for i, frames in enumerate(store.mapped(names)):
        np.testing.assert_array_equal(frames, np.full((3, 96), i))
    assert store.data_path.stat().st_size == 20 * 3 * 96 * 2, "no recording is there twice"
