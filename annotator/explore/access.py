"""Who may see a clip, and what of it while it is still to be judged."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404

from annotator.accounts.roles import JUDGES, check_user_has_role, has_any_role
from datasets_app.clips.access import visible_collections
from datasets_app.clips.models import Clip, Collection
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotator_of_user, has_role

MEMBERS = (*JUDGES, User.Role.CURATOR)
"""Whoever has any role may explore."""


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Someone who looks at a page. ``annotator`` is None for those who judge nothing."""

    user: User
    annotator: Annotator | None
    is_expert: bool
    is_curator: bool

    @property
    def sees_all_votes(self) -> bool:
        """Experts and curators see who answered what."""
        return self.is_expert or self.is_curator

    @property
    def is_blind(self) -> bool:
        """Whoever judges sees nobody's answer before their own; curators steer and see all."""
        return self.annotator is not None and not self.is_curator


def onlooker(user: User) -> Onlooker:
    """Return ``user`` with what their roles let them see.

    Raises
    ------
    PermissionDenied
        They have no role at all.
    """
    check_user_has_role(user, *MEMBERS)
    judges = has_any_role(user, *JUDGES)
    return Onlooker(
        user,
        annotator_of_user(user=user) if judges else None,
        has_role(user=user, role=User.Role.EXPERT),
        has_role(user=user, role=User.Role.CURATOR),
    )


def get_collection(name: str, user: User) -> Collection:
    """Return a collection by its name, with its ontology, if ``user`` may see it.

    Raises
    ------
    Http404
        There is none that they may see; which of the two is not said.
    """
    found = visible_collections(user).select_related("ontology").filter(name=name).first()
    if found is None:
        raise Http404
    return found


def get_visible_clip(uuid: UUID, person: Onlooker) -> Clip:
    """Return a clip that ``person`` may see; withdrawn ones are for curators only.

    Raises
    ------
    Http404
        There is none for them.
    """
    clips = Clip.objects.select_related("collection__ontology", "uploader")
    clip = clips.filter(uuid=uuid, collection__in=visible_collections(person.user)).first()
    if clip is None or (clip.state != Clip.State.AVAILABLE and not person.is_curator):
        raise Http404
    return clip
