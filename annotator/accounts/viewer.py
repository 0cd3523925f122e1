"""Who is reading: what every page may ask of its reader, for the ways it offers."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from annotator.accounts.roles import JUDGES, has_any_role
from datasets_app.people.models import User


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the reader may do, by their roles."""

    may_judge: bool
    may_refine: bool
    may_adjudicate: bool
    may_steer: bool
    may_invite: bool


def viewer(request: HttpRequest) -> dict[str, object]:
    """Give templates ``viewer``; the roles are asked for only where a template reads it."""
    return {"viewer": SimpleLazyObject(lambda: _viewer(request.user))}


def _viewer(user: User) -> Viewer:
    role = User.Role
    return Viewer(
        may_judge=has_any_role(user, *JUDGES),
        may_refine=has_any_role(user, role.EXPERT),
        may_adjudicate=has_any_role(user, role.EXPERT, role.CURATOR),
        may_steer=has_any_role(user, role.CURATOR),
        may_invite=has_any_role(user, role.CURATOR, role.ADMINISTRATOR),
    )
