"""Rates and times left follow the present stage."""

from ml_worker.contract import JobProgress
from ml_worker.progress import ProgressReporter
from ml_worker.progress_display import describe


def test_rate_and_time_left_count_only_what_this_run_did():
    now_s = [100.0]
    reporter = ProgressReporter(clock=lambda: now_s[0])
    reporter.start("training", total=10, unit="epochs", done=4)
    assert (reporter.snapshot().rate_per_s, reporter.snapshot().eta_s) == (None, None)
    now_s[0] += 4.0
    reporter.advance(2, message="loss 0.1")
    progress = reporter.snapshot()
    assert (progress.done, progress.rate_per_s, progress.eta_s) == (6, 0.5, 8.0)
    assert progress.message == "loss 0.1"
    reporter.start("evaluating", total=1, unit="clips")
    assert (reporter.snapshot().done, reporter.snapshot().message) == (0, "")


def test_a_line_says_stage_count_and_time_left():
    progress = JobProgress("training", 3, 10, "epochs", eta_s=12.4, message="loss 0.1")
    assert describe(progress) == "training: 3 of 10 epochs, about 12 s left (loss 0.1)"
