"""Replies leave at even times, so that what a reply took does not tell what it was about.

The services do as many queries and writes for a verification clip as for any other, but not the
very same ones: a tenth of a millisecond remains, and enough answers would show it.
"""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

STEP_S = 0.008
"""More than an answer takes on a machine that is not overloaded; nobody hears or sees it."""
_CHANCE = random.SystemRandom()


def replies_at_even_times(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hold each reply back to a whole number of ``STEP_S`` since the request, and up to one more.

    The whole steps hide the tenth wherever no step ends within it, the random part where one does.
    """

    @wraps(view)
    def paced(*args: Any, **named: Any) -> HttpResponse:
        began_s = time.monotonic()
        response = view(*args, **named)
        to_whole_step_s = (began_s - time.monotonic()) % STEP_S
        time.sleep(to_whole_step_s + _CHANCE.uniform(0, STEP_S))
        return response

    return paced
