"""What people write down to open a challenge and to take part in one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets_app.challenges.models import Metric
from datasets_app.challenges.opening import MOST_TASK_LETTERS
from datasets_app.clips.models import Collection
from datasets_app.domain.challenges.team_name import MOST_LETTERS
from datasets_app.releases.models import Release

TIME_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class DeadlineForm(forms.Form):
    """When submissions end, in UTC."""

    closes_at = forms.DateTimeField(input_formats=TIME_FORMATS, label=_("Deadline"))


class OpenForm(DeadlineForm):
    """The rules of a new challenge."""

    title = forms.CharField(max_length=100, label=_("Title"))
    task = forms.CharField(max_length=MOST_TASK_LETTERS, required=False, label=_("Task"))
    release = forms.ModelChoiceField(
        Release.objects.none(), to_field_name="version", label=_("Release")
    )
    metric = forms.ChoiceField(choices=Metric.choices, label=_("Metric"))
    public_share = forms.FloatField(min_value=0.01, max_value=0.99, label=_("Public share"))
    daily_limit = forms.IntegerField(min_value=1, max_value=100, label=_("Daily limit"))

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        """Offer the releases of ``collection``."""
        super().__init__(*args, **kwargs)
        self.fields["release"].queryset = collection.releases.select_related("collection")


class SubmitForm(forms.Form):
    """A file of predictions, and by whom."""

    team = forms.CharField(max_length=4 * MOST_LETTERS, required=False, label=_("Team"))
    note = forms.CharField(max_length=400, required=False, label=_("Note"))
    predictions = forms.FileField(label=_("File"), allow_empty_file=True)


class ChoiceForm(forms.Form):
    """One submission that is to count, or not."""

    submission = forms.UUIDField()
    is_chosen = forms.BooleanField(required=False)


class JudgeForm(forms.Form):
    """A team taken out of the ranking, or let back in."""

    deed = forms.ChoiceField(choices=[("disqualify", ""), ("readmit", "")])
    reason = forms.CharField(max_length=1000, required=False, label=_("Reason"))
