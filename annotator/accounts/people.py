"""What the page of people shows: who is here, in which roles, and which invitations are open."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from datasets_app.people.models import Invitation, User
from datasets_app.people.roles import roles_grantable_by

PAGE_SIZE = 50
ROLE_ORDER = tuple(User.Role)


@dataclass(frozen=True, slots=True)
class RoleSwitch:
    """One role of one person, and whether the reader may change it."""

    role: User.Role
    is_given: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with their roles and how many answers they gave."""

    user: User
    switches: list[RoleSwitch]
    n_votes: int


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of people, the open invitations, and the roles the reader may invite into."""

    people: list[PersonRow]
    page: Page
    query: str
    role: str
    invitations: list[Invitation]
    grantable: list[User.Role]


def people_page(*, reader: User, query: str, role: str, number: str | None) -> PeoplePage:
    """Return a page of active people by name: six queries, whatever their number."""
    grantable = roles_grantable_by(reader)
    page = Paginator(_people(query, role), PAGE_SIZE).get_page(number)
    people = [_row(user, reader, grantable) for user in page.object_list]
    shown = [r for r in ROLE_ORDER if r in grantable]
    return PeoplePage(people, page, query, role, list(_open_invitations(reader)), shown)


def _people(query: str, role: str) -> QuerySet[User]:
    people = User.objects.filter(is_active=True).order_by("username")
    if query:
        people = people.filter(Q(username__icontains=query) | Q(email__icontains=query))
    if role in ROLE_ORDER:
        people = people.filter(Exists(Group.objects.filter(user=OuterRef("pk"), name=role)))
    groups = Prefetch("groups", Group.objects.only("name"))
    return people.prefetch_related(groups).annotate(n_votes=Count("annotator__votes"))


def _row(user: User, reader: User, grantable: frozenset[User.Role]) -> PersonRow:
    given = {group.name for group in user.groups.all()}
    switches = [
        RoleSwitch(role, role.value in given, role in grantable and user.pk != reader.pk)
        for role in ROLE_ORDER
    ]
    return PersonRow(user, switches, user.n_votes)


def _open_invitations(reader: User) -> QuerySet[Invitation]:
    is_open = Q(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())
    invitations = Invitation.objects.filter(is_open).select_related("invited_by")
    if User.Role.ADMINISTRATOR not in roles_grantable_by(reader):
        invitations = invitations.filter(invited_by=reader)
    return invitations.order_by("-created_at")[:PAGE_SIZE]
