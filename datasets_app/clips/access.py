"""Who may see which collections: every page, list and address asks here, and nowhere else.

A collection is seen by everybody who has a role here; a private one by its members alone.
Administrators see all of them, or nobody could mend one whose members have left. Whoever is not
signed in, was closed out, or has no role yet sees none.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from datasets_app.clips.models import Collection
from datasets_app.people.models import User
from datasets_app.people.roles import has_role, roles_of

_MEMBERSHIPS = Collection.members.through


def visible_collections(user: User | None) -> QuerySet[Collection]:
    """Return the collections this person may see; None is somebody who is not signed in.

    The query takes no question of its own where the person's roles were asked for before.
    """
    if not _is_somebody(user):
        return Collection.objects.none()
    if has_role(user=user, role=User.Role.ADMINISTRATOR):
        return Collection.objects.all()
    mine = _MEMBERSHIPS.objects.filter(collection_id=OuterRef("pk"), user_id=user.pk)
    return Collection.objects.filter(Q(is_private=False) | Exists(mine))


def user_can_see(*, user: User | None, collection: Collection) -> bool:
    """Say whether ``collection`` is among those that ``visible_collections`` returns.

    Asks the database only about private collections: for what every answer passes through.
    """
    if not _is_somebody(user):
        return False
    return not collection.is_private or visible_collections(user).filter(pk=collection.pk).exists()


def people_who_see(collection: Collection) -> QuerySet[User]:
    """Return the active people with a role who may see ``collection``."""
    people = User.objects.filter(is_active=True)
    if not collection.is_private:
        return people.filter(Q(is_superuser=True) | Exists(_roles_held()))
    administers = Q(is_superuser=True) | Exists(_roles_held(User.Role.ADMINISTRATOR))
    of_it = _MEMBERSHIPS.objects.filter(collection_id=collection.pk, user_id=OuterRef("pk"))
    return people.filter(administers | Q(Exists(of_it), Exists(_roles_held())))


def _is_somebody(user: User | None) -> bool:
    """Say whether ``user`` is signed in, active, and has been given a role."""
    if user is None or not user.is_active or not user.is_authenticated:
        return False
    return user.is_superuser or bool(roles_of(user))


def _roles_held(*roles: User.Role) -> QuerySet:
    wanted = [role.value for role in roles or User.Role]
    return User.groups.through.objects.filter(user_id=OuterRef("pk"), group__name__in=wanted)
