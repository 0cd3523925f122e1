"""How often something may be tried: counted in the database, so for all processes together.

A window begins with the first try and ends by itself; nothing that is tried meanwhile makes it
longer. So whoever is kept out by another's tries is kept out for one window and never for good.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, models
from django.utils import timezone

_COUNT = """
INSERT INTO datasets_app_trywindow (key_sha256, n, ends_at) VALUES (%s, 1, %s)
ON CONFLICT (key_sha256) DO UPDATE SET
    n = CASE WHEN datasets_app_trywindow.ends_at <= %s THEN 1
        ELSE datasets_app_trywindow.n + 1 END,
    ends_at = CASE WHEN datasets_app_trywindow.ends_at <= %s THEN excluded.ends_at
        ELSE datasets_app_trywindow.ends_at END
RETURNING n"""
MOST_SWEPT = 500


class TryWindow(models.Model):
    """How often something was tried since its window began. The key says neither what nor who."""

    key_sha256 = models.CharField(max_length=64, unique=True)
    n = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.n} until {self.ends_at:%Y-%m-%d %H:%M}"


class TooManyTries(Exception):
    """The limit is reached; ``wait_s`` is how many seconds are left, at least 1."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` tries (inclusive) of one kind by one party in ``window_s`` seconds."""

    name: str
    most: int
    window_s: int

    def count(self, who: str) -> None:
        """Count one try of ``who``, in one atomic statement.

        Raises
        ------
        TooManyTries
            It is one too many.
        """
        now = timezone.now()
        stamp, end = (_adapted(t) for t in (now, now + timedelta(seconds=self.window_s)))
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [self._key(who), end, stamp, stamp])
            (n,) = cursor.fetchone()
        if n == 1:
            _sweep()
        if n > self.most:
            self.check(who, leave=0)

    def check(self, who: str, *, leave: int = 1) -> None:
        """Ask, without counting, whether ``who`` has at least ``leave`` tries left.

        Raises
        ------
        TooManyTries
            There are fewer.
        """
        open_windows = TryWindow.objects.filter(
            key_sha256=self._key(who), n__gt=self.most - leave, ends_at__gt=timezone.now()
        )
        ends_at = open_windows.values_list("ends_at", flat=True).first()
        if ends_at is not None:
            raise TooManyTries(max(1, round((ends_at - timezone.now()).total_seconds())))

    def forget(self, who: str) -> None:
        """Let ``who`` begin anew, as after a try that succeeded."""
        TryWindow.objects.filter(key_sha256=self._key(who)).delete()

    def _key(self, who: str) -> str:
        return hashlib.sha256(f"{self.name}\0{who}".encode("utf-8", "replace")).hexdigest()


def _adapted(moment: object) -> object:
    return connection.ops.adapt_datetimefield_value(moment)


def _sweep() -> None:
    """Delete some of the windows that have ended; what a flood leaves goes in a few steps."""
    ended = TryWindow.objects.filter(ends_at__lte=timezone.now() - timedelta(days=1))
    TryWindow.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[:MOST_SWEPT])).delete()
