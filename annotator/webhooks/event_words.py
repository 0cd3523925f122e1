"""What the events of webhooks are called in the reader's language."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVENT_WORDS: Mapping[str, str | Promise] = {
    "release.built": _("a release is complete"),
    "release.published": _("a release is open to everybody"),
    "release.unpublished": _("a release is no longer open to everybody"),
    "job.finished": _("a job finished"),
    "job.failed": _("a job failed"),
    "job.cancelled": _("a job was cancelled"),
    "split.made": _("a split was made or continued"),
    "labels.inferred": _("the labels were decided anew"),
    "conflict.settled": _("a conflict was settled"),
    "clips.added": _("recordings were added"),
    "clip.withdrawn": _("a recording was withdrawn"),
    "clip.restored": _("a recording came back"),
    "nominations.added": _("labels were proposed"),
    "campaign.opened": _("a campaign was opened"),
    "campaign.closed": _("a campaign was closed"),
    "ping": _("a test from this page"),
}
