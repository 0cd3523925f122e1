"""What commands share that start one job and follow it to its end."""

from datasets_app.jobs.dispatch import wait_for_job
from datasets_app.jobs.following import FINISHERS
from datasets_app.jobs.models import Job
from datasets_app.management.stage_command import ProgressBar, StageCommand
from ml_worker.contract import QUEUE_OF_KIND, JobKind


class JobCommand(StageCommand):
    """A stage command that waits for a job."""

    def follow(self, job: Job, description: str) -> Job:
        """Show a job's progress until it has ended, and return it.

        Raises
        ------
        JobFailed
            It failed or was cancelled.
        """
        bar = ProgressBar(description, "unit")
        wait_for_job(
            job,
            finish=FINISHERS[job.kind],
            on_progress=bar.show_job,
            on_untaken=self.say_no_worker(QUEUE_OF_KIND[JobKind(job.kind)].value),
        )
        bar.close()
        return job
