"""Recordings that sound like one, where the collection has been embedded."""

from pathlib import Path

from datasets_app.clips.models import Clip, Collection
from datasets_app.clips.similarity import similar_clips
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.models import Job
from ml_worker.contract import JobKind

N_SHOWN = 6
N_ASKED = 24
"""More than are shown: some may have been withdrawn since."""


def latest_embeddings(collection: Collection) -> Path | None:
    """Return the folder of the collection's latest finished embed job, None without one."""
    jobs = Job.objects.filter(
        collection=collection, kind=JobKind.EMBED.value, state=JobState.FINISHED.value
    )
    folder = jobs.order_by("-pk").values_list("out_dir", flat=True).first()
    return Path(folder) if folder else None


def clips_like(clip: Clip, embeddings: Path) -> list[Clip]:
    """Return the available clips most like ``clip``, the most similar first: one query.

    Raises
    ------
    NotSimilar
        The clip has no embedding, or the folder is gone; the message is one sentence.
    """
    nearest = similar_clips(embed_dir=embeddings, clip_id=clip.external_id, n=N_ASKED)
    order = {external_id: rank for rank, (external_id, _) in enumerate(nearest)}
    found = clip.collection.clips.filter(
        external_id__in=order, state=Clip.State.AVAILABLE, sha256__isnull=False
    )
    ordered = sorted(found.select_related("uploader"), key=lambda c: order[c.external_id])
    return ordered[:N_SHOWN]
