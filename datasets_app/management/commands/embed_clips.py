"""``embed_clips --collection NAME --provider P``: an embedding of every clip."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from datasets_app.jobs.starting import start_embedding
from datasets_app.management.job_command import JobCommand
from datasets_app.management.stage_command import (
    add_collection_argument,
    get_collection,
    get_release,
    get_run,
)


class Command(JobCommand):
    """Have the learning worker embed a collection or a release."""

    help = "Embed every recording: for similar sounds, a cold start and a diverse queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, the provider and what it needs."""
        add_collection_argument(parser)
        parser.add_argument("--release", metavar="V", help="embed a release's clips instead")
        parser.add_argument("--provider", default="log-mel-statistics", metavar="P")
        parser.add_argument("--model", default="", metavar="PATH", help="the provider's weights")
        parser.add_argument("--run", type=UUID, metavar="R", help="of provider trained-run")

    def run(self, *, collection: str, release: str | None, run: UUID | None, **given: Any) -> None:
        """Embed and count."""
        job = start_embedding(
            collection=get_collection(collection),
            release=get_release(release, collection) if release else None,
            provider=given["provider"],
            model=given["model"],
            run=get_run(run) if run else None,
        )
        job = self.follow(job, "embedding")
        told = f"{job.summary['n_clips']} clips by {job.summary['size']} numbers"
        self.say(f"Embedding {job.uuid}: {told}; {job.out_dir}")
