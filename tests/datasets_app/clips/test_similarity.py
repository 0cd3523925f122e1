"""Similar clips are the nearest by cosine, and an index finds nearly all of them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from datasets_app.clips.similarity import (
    NotSimilar,
    open_folder,
    similar_clips,
    similar_to_vector,
)
from ml_worker.contract import JobKind, JobSpec
from ml_worker.job_context import JobContext
from ml_worker.similarity import build_index


def write_folder(folder: Path, embeddings: np.ndarray, *, exact_up_to: int = 10**9) -> Path:
    """Write what an embed job writes, through the worker's own index."""
    folder.mkdir()
    embeddings = np.asarray(embeddings, np.float32)
    np.save(folder / "embeddings.npy", embeddings)
    np.save(folder / "norms.npy", np.linalg.norm(embeddings, axis=1))
    with (folder / "clips.csv").open("w", newline="") as handle:
        rows = [["clip_id", "sha256"], *([f"c{i}", ""] for i in range(len(embeddings)))]
        csv.writer(handle, lineterminator="\n").writerows(rows)
    context = JobContext(JobSpec("j", JobKind.EMBED, {}), folder, folder, folder)
    index = build_index(context, folder, exact_up_to=exact_up_to)
    description = {"size": embeddings.shape[1], "index": index}
    (folder / "provider.json").write_text(json.dumps(description))
    return folder


def clustered(n_clips: int, size: int, n_clusters: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_clusters, size))
    cluster = rng.integers(0, n_clusters, n_clips)
    return (centres[cluster] + rng.normal(0, 0.5, (n_clips, size))).astype(np.float32)


def test_the_nearest_by_cosine_come_first_and_the_clip_itself_is_left_out(tmp_path):
    rows = [[1, 0], [10, 1], [0, 3], [-5, 0], [2, 2]]
    folder = write_folder(tmp_path / "e", rows)
    found = similar_clips(embed_dir=folder, clip_id="c0", n=3)
    assert [clip for clip, _ in found] == ["c1", "c4", "c2"]
    expected = [10 / np.sqrt(101), np.sqrt(0.5), 0.0]
    np.testing.assert_allclose([s for _, s in found], expected, atol=1e-6)
    assert all(isinstance(s, float) for _, s in found)
    everything = similar_clips(embed_dir=folder, clip_id="c0", n=100)
    assert [clip for clip, _ in everything] == ["c1", "c4", "c2", "c3"]


def test_equal_clips_come_in_the_folders_order(tmp_path):
    folder = write_folder(tmp_path / "e", np.ones((40, 3)))
    found = similar_clips(embed_dir=folder, clip_id="c1", n=3)
    assert [clip for clip, _ in found] == ["c0", "c2", "c3"]


def test_a_clip_of_zeros_is_like_no_other(tmp_path):
    folder = write_folder(tmp_path / "e", [[0, 0], [1, 0], [-1, 1]])
    assert similar_clips(embed_dir=folder, clip_id="c0", n=2) == [("c1", 0.0), ("c2", 0.0)]
    assert dict(similar_clips(embed_dir=folder, clip_id="c2", n=2))["c0"] == 0.0


def test_exact_search_agrees_with_a_plain_sort(tmp_path):
    rows = clustered(20_000, 16, 50)
    folder = write_folder(tmp_path / "e", rows)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    for row in (0, 9_999, 16_384, 19_999):
        cosines = units @ units[row]
        cosines[row] = -2
        expected = [f"c{i}" for i in np.argsort(-cosines)[:10]]
        found = similar_clips(embed_dir=folder, clip_id=f"c{row}", n=10)
        assert [clip for clip, _ in found] == expected


def test_an_index_finds_at_least_95_percent_of_the_ten_nearest(tmp_path):
    rows = clustered(5_000, 64, 40)
    exact = write_folder(tmp_path / "exact", rows)
    indexed = write_folder(tmp_path / "indexed", rows, exact_up_to=1000)
    assert open_folder(exact).index is None
    assert len(open_folder(indexed).index) == 5_000
    n_found = 0
    for row in range(0, 5_000, 50):
        wanted = similar_clips(embed_dir=exact, clip_id=f"c{row}", n=10)
        found = similar_clips(embed_dir=indexed, clip_id=f"c{row}", n=10)
        n_found += len(dict(wanted).keys() & dict(found).keys())
        assert found[0][1] == pytest.approx(dict(wanted).get(found[0][0], found[0][1]), abs=1e-5)
        assert f"c{row}" not in dict(found)
    assert n_found / 1000 >= 0.95


def test_an_index_leaves_out_clips_without_direction(tmp_path):
    rows = clustered(300, 8, 3)
    rows[7] = 0
    rows[8] *= 1e10
    folder = write_folder(tmp_path / "e", rows, exact_up_to=10)
    assert len(open_folder(folder).index) == 299
    assert len(similar_clips(embed_dir=folder, clip_id="c8", n=5)) == 5


def test_any_vector_of_the_provider_can_be_asked_about(tmp_path):
    folder = write_folder(tmp_path / "e", [[1, 0], [0, 1]])
    assert similar_to_vector(embed_dir=folder, vector=[0, 5], n=2) == [("c1", 1.0), ("c0", 0.0)]
    for vector in ([1, 2, 3], [[1, 0]], [np.nan, 1]):
        with pytest.raises(ValueError, match="it must be 2 finite numbers"):
            similar_to_vector(embed_dir=folder, vector=vector, n=1)


@pytest.mark.parametrize("n", [0, -1, 1001])
def test_a_number_out_of_range_is_refused(tmp_path, n):
    folder = write_folder(tmp_path / "e", [[1, 0], [0, 1]])
    with pytest.raises(ValueError, match=f"{n} similar clips were asked for"):
        similar_clips(embed_dir=folder, clip_id="c0", n=n)


def test_a_clip_without_embedding_is_a_sentence(tmp_path):
    folder = write_folder(tmp_path / "e", [[1, 0], [0, 1]])
    with pytest.raises(NotSimilar, match="Clip c9 has no embedding"):
        similar_clips(embed_dir=folder, clip_id="c9", n=1)


@pytest.mark.parametrize("file", ["provider.json", "embeddings.npy", "norms.npy", "clips.csv"])
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY broken"])
def test_a_broken_folder_is_a_sentence_without_its_place(tmp_path, file, content):
    folder = write_folder(tmp_path / "e", [[1, 0], [0, 1]])
    (folder / file).unlink() if content is None else (folder / file).write_bytes(content)
    with pytest.raises(NotSimilar, match="run the embed job again"):
        similar_clips(embed_dir=folder, clip_id="c0", n=1)


def test_a_lost_or_foreign_index_is_a_sentence(tmp_path):
    folder = write_folder(tmp_path / "e", clustered(50, 8, 2), exact_up_to=10)
    other = write_folder(tmp_path / "o", clustered(50, 4, 2), exact_up_to=10)
    (folder / "similar.usearch").write_bytes((other / "similar.usearch").read_bytes())
    with pytest.raises(NotSimilar, match="is of other embeddings"):
        similar_clips(embed_dir=folder, clip_id="c0", n=1)
    (folder / "similar.usearch").unlink()
    with pytest.raises(NotSimilar, match="is missing"):
        similar_clips(embed_dir=folder, clip_id="c0", n=1)


def test_a_folder_is_opened_once_and_again_when_it_has_changed(tmp_path):
    folder = write_folder(tmp_path / "e", [[1, 0], [0, 1]])
    first = open_folder(folder)
    assert open_folder(folder) is first
    (folder / "provider.json").touch()
    assert open_folder(folder) is not first
