"""What people type about webhooks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets_app.domain.webhooks.happenings import NAMES
from datasets_app.webhooks.models import LONGEST_ADDRESS, WebhookDelivery


class WebhookForm(forms.Form):
    """An address and the events it is told of; the services check what the address is."""

    address = forms.CharField(max_length=LONGEST_ADDRESS, label=_("Address"))
    events = forms.MultipleChoiceField(
        choices=[(name, name) for name in NAMES], label=_("Events"), required=False
    )


class LogForm(forms.Form):
    """Which part of a log is shown."""

    state = forms.ChoiceField(choices=[("", ""), *WebhookDelivery.State.choices], required=False)
    before = forms.IntegerField(min_value=1, max_value=2**62, required=False)
