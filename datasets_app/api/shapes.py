"""The JSON of each record."""

from typing import Any

from rest_framework import serializers

from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.domain.labels.label_states import LabelOrigin
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.splits.models import SplitAssignment
from ml_worker.contract import JobKind

LONGEST_COMMENT = 2000
ANSWERS = [answer.value for answer in Answer]


class ClassNameShape(serializers.Serializer):
    """A class as others name it."""

    mid = serializers.CharField(help_text="AudioSet's identifier, or the curator's own.")
    name = serializers.CharField()


class CollectionShape(serializers.Serializer):
    """A body of clips with its settings."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    ontology = serializers.CharField(source="ontology.name")
    shortest_s = serializers.FloatField()
    longest_s = serializers.FloatField()
    min_votes = serializers.IntegerField()
    max_votes = serializers.IntegerField()
    decision_method = serializers.CharField()
    decision_threshold = serializers.FloatField()
    class_goal = serializers.IntegerField()
    is_simulated = serializers.BooleanField()
    is_private = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class SoundClassShape(ClassNameShape):
    """A class of a collection's ontology."""

    description = serializers.CharField(allow_blank=True)
    faq = serializers.CharField(allow_blank=True)
    citation_uri = serializers.CharField(allow_blank=True)
    is_abstract = serializers.BooleanField()
    is_omitted = serializers.BooleanField()
    parents = serializers.ListField(child=serializers.CharField(), help_text="Their mids.")


class ClipShape(serializers.Serializer):
    """A recording, with what its publisher said and what was measured."""

    uuid = serializers.UUIDField()
    collection = serializers.CharField(source="collection.name")
    external_id = serializers.CharField()
    freesound_id = serializers.IntegerField(allow_null=True)
    uploader = serializers.CharField(source="uploader.name")
    title = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    license = serializers.CharField()
    source_url = serializers.CharField(allow_blank=True)
    state = serializers.CharField()
    sha256 = serializers.CharField(allow_null=True)
    duration_s = serializers.FloatField(allow_null=True)
    sample_rate_hz = serializers.IntegerField(allow_null=True)
    n_channels = serializers.IntegerField(allow_null=True)
    loudness_lufs = serializers.FloatField(allow_null=True)
    added_at = serializers.DateTimeField()


class NominationShape(serializers.Serializer):
    """A class proposed for a clip.

    Whoever judges without steering is told the ``uuid`` of those on their pages and of those they
    answered, and no more of what bears on the answer.
    """

    uuid = serializers.UUIDField(allow_null=True)
    collection = serializers.CharField(source="collection.name")
    clip = serializers.UUIDField(source="clip.uuid")
    sound_class = ClassNameShape()
    origin = serializers.ChoiceField(choices=Nomination.Origin.choices)
    created_at = serializers.DateTimeField()
    answer = serializers.ChoiceField(
        choices=ANSWERS, allow_blank=True, help_text="The caller's own, or empty."
    )
    evidence = serializers.DictField(allow_null=True, help_text="Null for who judges.")
    priority = serializers.FloatField(allow_null=True, help_text="Null for who judges.")
    n_wanted = serializers.IntegerField(allow_null=True, help_text="Null for who judges.")
    is_open = serializers.BooleanField(allow_null=True, help_text="Null for who judges.")


class VoteShape(serializers.Serializer):
    """An answer. ``annotator``, ``is_trusted`` and ``is_expert`` are told to curators only."""

    nomination = serializers.UUIDField()
    clip = serializers.UUIDField()
    collection = serializers.CharField()
    sound_class = ClassNameShape()
    answer = serializers.ChoiceField(choices=ANSWERS)
    task = serializers.CharField()
    comment = serializers.CharField(allow_blank=True)
    heard_fraction = serializers.FloatField(allow_null=True)
    seconds_taken = serializers.FloatField(allow_null=True)
    gain_db = serializers.FloatField(allow_null=True)
    cast_at = serializers.DateTimeField()
    annotator = serializers.CharField(allow_null=True)
    is_trusted = serializers.BooleanField(allow_null=True)
    is_expert = serializers.BooleanField(allow_null=True)


class LabelShape(serializers.Serializer):
    """What was decided of a nomination."""

    nomination = serializers.UUIDField(source="nomination.uuid")
    clip = serializers.UUIDField(source="nomination.clip.uuid")
    sound_class = ClassNameShape(source="nomination.sound_class")
    state = serializers.ChoiceField(choices=[s.value for s in DecisionState])
    value = serializers.ChoiceField(choices=[v.value for v in LabelValue], allow_blank=True)
    reached_by = serializers.ChoiceField(choices=[r.value for r in ReachedBy])
    posterior = serializers.FloatField(allow_null=True)
    origin = serializers.ChoiceField(choices=[o.value for o in LabelOrigin])
    decided_at = serializers.DateTimeField()


class SplitShape(serializers.Serializer):
    """A division of a collection's clips into dev (train, val) and eval."""

    uuid = serializers.UUIDField()
    collection = serializers.CharField(source="collection.name")
    parent = serializers.UUIDField(source="parent.uuid", allow_null=True, default=None)
    seed = serializers.IntegerField()
    eval_share = serializers.FloatField()
    val_share = serializers.FloatField()
    contamination = serializers.DictField(help_text="Figures of each strategy by its name.")
    created_at = serializers.DateTimeField()


class AssignmentShape(serializers.Serializer):
    """The place of one clip in a split."""

    clip = serializers.UUIDField(source="clip.uuid")
    external_id = serializers.CharField(source="clip.external_id")
    part = serializers.ChoiceField(choices=SplitAssignment.Part.choices)


class ReleaseShape(serializers.Serializer):
    """A frozen state of a collection."""

    uuid = serializers.UUIDField()
    collection = serializers.CharField(source="collection.name")
    version = serializers.CharField()
    parent = serializers.CharField(source="parent.version", allow_null=True, default=None)
    split = serializers.UUIDField(source="split.uuid")
    manifest_sha256 = serializers.CharField()
    summary = serializers.DictField()
    is_public = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ProgressShape(serializers.Serializer):
    """How far a job is, by its worker."""

    stage = serializers.CharField(allow_blank=True)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    unit = serializers.CharField(allow_blank=True)
    eta_s = serializers.FloatField(allow_null=True)


class JobShape(serializers.Serializer):
    """Work of a worker; ``progress`` is null before it is taken, once it ended, and in lists."""

    uuid = serializers.UUIDField()
    collection = serializers.CharField(source="collection.name")
    kind = serializers.ChoiceField(choices=[k.value for k in JobKind])
    state = serializers.ChoiceField(choices=[s.value for s in JobState])
    release = serializers.CharField(source="release.version", allow_null=True, default=None)
    source = serializers.UUIDField(source="source.uuid", allow_null=True, default=None)
    teacher = serializers.UUIDField(source="teacher.uuid", allow_null=True, default=None)
    recipe = serializers.CharField(allow_blank=True)
    seed = serializers.IntegerField()
    asked = serializers.DictField()
    summary = serializers.DictField()
    error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    progress = serializers.SerializerMethodField()

    def get_progress(self, job: Any) -> ProgressShape(allow_null=True):  # type: ignore[valid-type]
        """Return what ``context`` holds of an open job."""
        found = self.context.get("progress")
        return None if found is None else ProgressShape(found).data


class PageItemShape(serializers.Serializer):
    """A nomination on a page, in its order."""

    nomination = serializers.UUIDField()
    clip = serializers.UUIDField()
    duration_s = serializers.FloatField(allow_null=True)
    loudness_lufs = serializers.FloatField(allow_null=True)
    answer = serializers.ChoiceField(choices=ANSWERS, allow_blank=True)
    comment = serializers.CharField(allow_blank=True)


class PageShape(serializers.Serializer):
    """Up to twelve nominations of a class, kept for one person until it expires or is released."""

    uuid = serializers.UUIDField()
    sound_class = ClassNameShape()
    expires_at = serializers.DateTimeField()
    items = PageItemShape(many=True)
