"""Reads what people look for, set and offer."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets_app.clips.access import people_who_see
from datasets_app.clips.class_models import MOST_CLIPS_WANTED, ClassExample
from datasets_app.clips.class_services import MOST_DAYS
from datasets_app.clips.models import Clip, Collection
from datasets_app.clips.selectors import MOST_LETTERS
from datasets_app.labels.introductions import MOST_TIMES_HEARD
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator
from datasets_app.splits.models import SplitAssignment

LONGEST_S = 86_400
EVER = "withdrawn"


class HeardForm(forms.Form):
    """How much of which example was heard."""

    clip = forms.UUIDField()
    fraction = forms.FloatField(min_value=0, max_value=MOST_TIMES_HEARD)


class ExampleForm(forms.Form):
    """A clip to show what a class is, or is not."""

    mid = forms.CharField(max_length=64)
    kind = forms.ChoiceField(choices=ClassExample.Kind.choices)
    note = forms.CharField(max_length=300, required=False)


class GoalForm(forms.Form):
    """A goal; empty for the collection's own."""

    n_clips = forms.IntegerField(min_value=1, max_value=MOST_CLIPS_WANTED, required=False)


class PlanForm(forms.Form):
    """What holds for all classes of a collection."""

    n_clips = forms.IntegerField(min_value=1, max_value=MOST_CLIPS_WANTED)
    days = forms.IntegerField(min_value=0, max_value=MOST_DAYS)


class SearchForm(forms.Form):
    """What to look for among the clips; everything may be left empty."""

    q = forms.CharField(max_length=MOST_LETTERS, required=False, label=_("Words"))
    mid = forms.CharField(max_length=64, required=False, label=_("Class"))
    license = forms.CharField(max_length=200, required=False, label=_("Licence"))
    shortest_s = forms.FloatField(min_value=0, max_value=LONGEST_S, required=False)
    longest_s = forms.FloatField(min_value=0, max_value=LONGEST_S, required=False)
    part = forms.ChoiceField(choices=[("", ""), *SplitAssignment.Part.choices], required=False)
    state = forms.ChoiceField(choices=[("", ""), *Clip.State.choices], required=False)
    before = forms.IntegerField(min_value=1, max_value=2**62, required=False)


class CampaignForm(forms.Form):
    """A campaign as a curator writes it down."""

    name = forms.CharField(max_length=100)
    starts_on = forms.DateField(initial=date.today)
    ends_on = forms.DateField()
    goal = forms.IntegerField(min_value=1, max_value=MOST_CLIPS_WANTED)
    audience = forms.ChoiceField(choices=[("everyone", ""), ("people", "")])
    is_exclusive = forms.BooleanField(required=False)
    classes = forms.ModelMultipleChoiceField(SoundClass.objects.none())
    people = forms.ModelMultipleChoiceField(Annotator.objects.none(), required=False)

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        """Offer the classes of ``collection`` and the people of this site."""
        super().__init__(*args, **kwargs)
        self.fields["classes"].queryset = collection.ontology.classes.filter(is_omitted=False)
        of_it = people_who_see(collection)
        self.fields["people"].queryset = Annotator.objects.filter(user__in=of_it)

    def invited(self) -> list[Annotator] | None:
        """Return the people it is for, None for everyone."""
        if self.cleaned_data["audience"] == "everyone":
            return None
        return list(self.cleaned_data["people"])


def first_problem(form: forms.Form) -> str:
    """Return the first thing that is wrong with a form, with the field it is about."""
    name, problems = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else None
    return f"{label or name.replace('_', ' ')}: {problems[0]}"
