"""What a page needs of a person's preferences."""

from django import template

from annotator.accounts.preferences import Preferences, preferences_of
from datasets_app.people.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def user_preferences(context: template.Context) -> Preferences:
    """Return the preferences of the person who sees the page."""
    user: User = context["request"].user
    return preferences_of(user)
