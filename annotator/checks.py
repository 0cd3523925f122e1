"""What must be right before the site starts, each with a stable id and a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from annotator.catalogues import catalogues, is_compiled
from annotator.settings.env import DEVELOPMENT_SECRET


@register(Tags.security, deploy=True)
def check_secret_is_own(**_: Any) -> list[CheckMessage]:
    """Production must not sign sessions with the key that stands in the source."""
    if settings.SECRET_KEY != DEVELOPMENT_SECRET:
        return []
    hint = "Set SECRET_KEY to a long random string in the environment."
    return [Error("SECRET_KEY is the development default.", hint=hint, id="harken.E001")]


@register()
def check_var_dir_is_writable(**_: Any) -> list[CheckMessage]:
    """Media, jobs and the embedded database are written below the var folder."""
    probe = settings.VAR_DIR / ".writable"
    try:
        probe.touch()
    except OSError as error:
        hint = "Give the site's user the folder, or name another in HARKEN_VAR_DIR."
        return [Error(f"{settings.VAR_DIR}: {error.strerror}.", hint=hint, id="harken.E002")]
    return []


@register(Tags.translation)
def check_translations_are_compiled(**_: Any) -> list[CheckMessage]:
    """Pages in another language read compiled sentences; old ones would mix two languages."""
    old = [po.parent.parent.name for po in catalogues() if not is_compiled(po)]
    if not old:
        return []
    hint = "Run: python manage.py compile_translations"
    message = f"The translations are not compiled, or older than their text: {', '.join(old)}."
    return [Error(message, hint=hint, id="harken.E003")]
