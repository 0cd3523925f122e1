"""The comparison page: runs side by side, and the commands that write reports."""

import re

import pytest

from ml_worker.__main__ import main
from ml_worker.job_context import JobRefused
from ml_worker.reports.comparison import is_apart, signed, write_comparison


@pytest.fixture
def two_runs(finished_run, finished_evaluation):
    """An evaluate job's result and a train job's, of one run."""
    return [finished_evaluation[1], finished_run[1]]


@pytest.fixture
def common_release(finished_run):
    """A copy of the release under another name: what is in a release decides, not its folder."""
    return finished_run[0]


def test_runs_stand_side_by_side_with_their_differences(two_runs, common_release, tmp_path, parse):
    out = tmp_path / "compare.html"
    assert write_comparison(two_runs, out, common_release) < 6_000_000
    page = parse(out)
    assert "2 runs on release" in page.text
    assert "Δ 0.000" in page.text
    assert "small_cnn, seed 1" in page.text
    assert sum("data-figure" in attributes for _, attributes in page.elements) == 3
    assert "Recipe, seed, device and versions are the same." in page.text


def test_a_train_jobs_result_needs_its_release(two_runs, tmp_path):
    with pytest.raises(JobRefused, match="evaluate the run first, or name the release"):
        write_comparison(two_runs, tmp_path / "compare.html")
    assert not (tmp_path / "compare.html").exists()


def test_the_commands_write_pages_and_say_what_is_wrong(two_runs, common_release, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert main(["report", str(two_runs[1]), str(common_release), str(out)]) == 0
    assert re.search(r"page\.html: \d\.\d MB", capsys.readouterr().out)
    arguments = ["compare", *map(str, two_runs), str(out)]
    assert main(arguments) == 1
    assert "name the release" in capsys.readouterr().err
    assert main([*arguments, "--release", str(common_release)]) == 0
    assert main(["report", str(tmp_path / "none"), str(common_release), str(out)]) == 1
    assert "holds no model.json" in capsys.readouterr().err


def test_a_difference_is_marked_only_if_its_interval_leaves_out_zero():
    assert is_apart({"low": 0.01, "high": 0.2})
    assert is_apart({"low": -0.2, "high": -0.01})
    assert not is_apart({"low": 0.0, "high": 0.2})
    assert not is_apart({"low": None, "high": None})
    assert signed(0.0) == "0.000"
