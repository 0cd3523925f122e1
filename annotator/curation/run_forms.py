"""What curators may ask of the learning worker."""

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets_app.clips.models import Collection, QueueOrder
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.models import Job
from datasets_app.jobs.starting import (
    FLAG_USES,
    MIN_EXAMPLES,
    SPLITS,
    start_cold_start,
    start_embedding,
    start_evaluation,
    start_flagging,
    start_scoring,
    start_training,
)
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind

NAME = r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
NAME_MESSAGE = _("Give a name of letters, digits, dots, dashes and underscores.")


class _StartForm(forms.Form):
    """A form over one collection's releases and jobs; ``start`` does what was asked."""

    def __init__(self, collection: Collection, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.collection = collection
        for name, kind in (
            ("run", JobKind.TRAIN),
            ("flags_of", JobKind.FLAG),
            ("embeddings", JobKind.EMBED),
        ):
            if name in self.fields:
                self.fields[name].queryset = Job.objects.filter(
                    collection=collection, kind=kind.value, state=JobState.FINISHED.value
                ).select_related("collection", "release")
        if "release" in self.fields:
            releases = Release.objects.filter(collection=collection)
            self.fields["release"].queryset = releases.select_related("collection")

    def start(self, actor: User) -> Job:
        """Start the job of a valid form."""
        raise NotImplementedError


def _job_field(*, required: bool = True) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(Job.objects.none(), to_field_name="uuid", required=required)


def _release_field(*, required: bool = True) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Release.objects.none(), to_field_name="version", required=required
    )


def _name_field(label: str) -> forms.RegexField:
    return forms.RegexField(NAME, label=label, error_messages={"invalid": NAME_MESSAGE})


class TrainForm(_StartForm):
    """A recipe, a release, a seed; with flags, what to do with them."""

    release = _release_field()
    recipe = _name_field("recipe")
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    flags_of = _job_field(required=False)
    flag_use = forms.ChoiceField(choices=[(u, u) for u in FLAG_USES], required=False)

    def start(self, actor: User) -> Job:
        """Train."""
        given = self.cleaned_data
        return start_training(
            release=given["release"],
            recipe=given["recipe"],
            seed=given["seed"] or 0,
            flags_of=given["flags_of"],
            flag_use=given["flag_use"] or FLAG_USES[0],
            actor=actor,
        )


class EvaluateForm(_StartForm):
    """A run and a split."""

    run = _job_field()
    split = forms.ChoiceField(choices=[(s, s) for s in SPLITS], initial="eval")

    def start(self, actor: User) -> Job:
        """Measure."""
        return start_evaluation(
            run=self.cleaned_data["run"], split=self.cleaned_data["split"], actor=actor
        )


class ScoreForm(_StartForm):
    """A run and, if it is not the run's own, a release."""

    run = _job_field()
    release = _release_field(required=False)

    def start(self, actor: User) -> Job:
        """Score."""
        given = self.cleaned_data
        return start_scoring(run=given["run"], release=given["release"], actor=actor)


class FlagForm(_StartForm):
    """A run, a release and how much of each class to flag."""

    run = _job_field()
    release = _release_field()
    top_percent = forms.FloatField(min_value=0.01, max_value=100)

    def start(self, actor: User) -> Job:
        """Flag."""
        given = self.cleaned_data
        return start_flagging(
            release=given["release"],
            run=given["run"],
            top_percent=given["top_percent"],
            actor=actor,
        )


class ColdStartForm(_StartForm):
    """Embeddings, a release, how much of each class to flag, and the fewest examples."""

    embeddings = _job_field()
    release = _release_field()
    top_percent = forms.FloatField(min_value=0.01, max_value=100)
    min_examples = forms.IntegerField(min_value=MIN_EXAMPLES[0], max_value=MIN_EXAMPLES[1])

    def start(self, actor: User) -> Job:
        """Flag without a trained run."""
        given = self.cleaned_data
        return start_cold_start(
            release=given["release"],
            embeddings=given["embeddings"],
            top_percent=given["top_percent"],
            min_examples=given["min_examples"],
            actor=actor,
        )


class EmbedForm(_StartForm):
    """A provider; a release or, without one, the whole collection; a run for "trained-run"."""

    provider = _name_field("provider")
    release = _release_field(required=False)
    run = _job_field(required=False)

    def start(self, actor: User) -> Job:
        """Embed."""
        given = self.cleaned_data
        return start_embedding(
            collection=self.collection,
            provider=given["provider"],
            release=given["release"],
            run=given["run"],
            actor=actor,
        )


class QueueOrderForm(forms.Form):
    """Which open nominations come first."""

    order = forms.ChoiceField(choices=QueueOrder.choices)


START_FORMS: dict[str, type[_StartForm]] = {
    "train": TrainForm,
    "evaluate": EvaluateForm,
    "score": ScoreForm,
    "flag": FlagForm,
    "cold-start": ColdStartForm,
    "embed": EmbedForm,
}
