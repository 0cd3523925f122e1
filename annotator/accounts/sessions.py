"""Sessions in the database, as Django keeps them, read with less ado.

Every request reads one, so a session that was ended is over at once. Its one row is asked for in
SQL, because it takes longer to put that question together than the database to answer it.
"""

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_LIVE = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's own, whose name it bears so that each reads what the other signed."""

    def load(self) -> dict[str, Any]:
        """Return what is kept of a live session; of none, nothing, and it gets a new key."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_LIVE, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])
