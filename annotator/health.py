"""Whether the site can do its work, for whatever watches over it."""

import os
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


def database_answers() -> bool:
    """Say whether the database answers a question."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        return False


def var_is_writable() -> bool:
    """Say whether media, jobs and messages can be written."""
    return os.access(settings.VAR_DIR, os.W_OK | os.X_OK)


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "var_folder": var_is_writable,
}


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every check passes, else 503; names no path and no address."""
    found = {name: check() for name, check in CHECKS.items()}
    return JsonResponse(
        {"ok": all(found.values()), **found}, status=200 if all(found.values()) else 503
    )
