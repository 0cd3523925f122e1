"""Who somebody is here: their roles and their annotator record, in one question.

Every request asks it. Written as SQL because two questions become one, and because it takes longer
to put them together than the database to answer them; the same text runs on both databases.
"""

from typing import NamedTuple

from django.db import connection

from datasets_app.people.models import Annotator, User

_STANDING = """
SELECT held.name AS role, NULL AS id, NULL AS source, NULL AS name
FROM datasets_app_user_groups AS member JOIN auth_group AS held ON held.id = member.group_id
WHERE member.user_id = %s
UNION ALL SELECT NULL, id, source, name FROM datasets_app_annotator WHERE user_id = %s"""

_FIELDS = ("id", "source", "name", "user_id")


class Standing(NamedTuple):
    """The roles given to a person, and their annotator record if there is one yet."""

    roles: frozenset[User.Role]
    annotator: Annotator | None


def read_standing(*, user: User) -> Standing:
    """Read a person's standing; one query, none for somebody who is not on record."""
    if user.pk is None:
        return Standing(frozenset(), None)
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [user.pk, user.pk])
        rows = cursor.fetchall()
    names = {role for role, *_ in rows}
    roles = frozenset(role for role in User.Role if role.value in names)
    for _, pk, source, name in rows:
        if pk is not None:
            row = (pk, source, name, user.pk)
            return Standing(roles, Annotator.from_db(connection.alias, _FIELDS, row))
    return Standing(roles, None)
