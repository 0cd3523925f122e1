"""What is typed on the pages of people and accounts."""

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from datasets_app.people.invitations import LONGEST_DAYS
from datasets_app.people.models import User


class SentenceForm(forms.Form):
    """A form whose first problem can be said in one sentence."""

    def first_problem(self) -> str:
        """Return the first problem with the name of its field."""
        name, problems = next(iter(self.errors.items()))
        label = self.fields[name].label or name.replace("_", " ") if name in self.fields else ""
        return f"{label}: {problems[0]}" if label else str(problems[0])


class InvitationForm(SentenceForm):
    """Whom to invite, into which roles, for how long."""

    roles = forms.MultipleChoiceField(label=_("Roles"), choices=User.Role.choices)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=LONGEST_DAYS, initial=14)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def clean_roles(self) -> list[User.Role]:
        """Return roles, not their names."""
        return [User.Role(name) for name in self.cleaned_data["roles"]]


class RoleForm(SentenceForm):
    """One role, given or taken."""

    role = forms.ChoiceField(choices=User.Role.choices)
    is_given = forms.TypedChoiceField(
        choices=[("1", "1"), ("0", "0")], coerce=lambda value: value == "1"
    )


class AccountActionForm(SentenceForm):
    """What to do with someone's account, and their name typed to confirm it."""

    action = forms.ChoiceField(choices=[("transfer", "transfer"), ("delete", "delete")])
    to = forms.CharField(label=_("To the account"), max_length=150, required=False)
    typed_name = forms.CharField(label=_("Name of the account"), max_length=150)


class JoinForm(forms.Form):
    """The name and password of someone who was invited."""

    username = forms.CharField(
        label=_("Your name here"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("A password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_username(self) -> str:
        """Refuse a name that someone has, whatever its case."""
        name = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("This name is taken; choose another."))
        return name

    def clean_password(self) -> str:
        """Hold the password against the site's rules."""
        password = self.cleaned_data["password"]
        password_validation.validate_password(password)
        return password
