"""How much one caller may ask for in a minute: counted by token, person, or address.

Windows are the minutes of the clock. The count is one atomic step in Django's cache "counts", so
it holds across processes where that is Redis and for each process alone where it is
not.
"""

import time

from django.conf import settings
from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

WINDOW_S = 60


class CallerThrottle(BaseThrottle):
    """``API_REQUESTS_PER_MINUTE`` for a token or person, a tenth of it for an address."""

    def __init__(self) -> None:
        self._ends_in_s = WINDOW_S

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count one request; say whether it is still within the limit (inclusive)."""
        now = int(time.time())
        self._ends_in_s = WINDOW_S - now % WINDOW_S
        most = settings.API_REQUESTS_PER_MINUTE
        if request.auth is not None:
            who = f"token-{request.auth.pk}"
        elif request.user.is_authenticated:
            who = f"person-{request.user.pk}"
        else:
            who, most = f"address-{self.get_ident(request)}", max(most // 10, 1)
        return _count(f"api-{who}-{now // WINDOW_S}") <= most

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return self._ends_in_s


def _count(key: str) -> int:
    cache = caches["counts"]
    cache.add(key, 0, timeout=2 * WINDOW_S)
    try:
        return cache.incr(key)
    except ValueError:  # thrown out between the two steps
        cache.set(key, 1, timeout=2 * WINDOW_S)
        return 1
