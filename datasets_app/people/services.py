"""Roles of users, and the annotator record behind a user or an imported name."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import Group

from datasets_app.people.models import Annotator, User


def grant_role(*, user: User, role: User.Role) -> None:
    """Give ``user`` a role."""
    group, _ = Group.objects.get_or_create(name=role.value)
    user.groups.add(group)


def has_role(*, user: User, role: User.Role) -> bool:
    """Say whether ``user`` has a role; a superuser has all of them."""
    return user.is_superuser or user.groups.filter(name=role.value).exists()


def annotator_of_user(*, user: User) -> Annotator:
    """Return the annotator record of a signed-in person, made on first use."""
    known = Annotator.objects.filter(user=user).first()
    if known is not None:
        return known
    of_site = Annotator.objects.filter(source=Annotator.SITE)
    is_taken = of_site.filter(name=user.username).exists()  # by someone who was renamed since
    name = f"{user.username[:110]} {user.uuid}" if is_taken else user.username
    annotator, _ = Annotator.objects.get_or_create(
        user=user, defaults={"source": Annotator.SITE, "name": name}
    )
    return annotator


def annotators_of_source(*, source: str, names: Collection[str]) -> Mapping[str, Annotator]:
    """Return the annotators that came with ``source``, by name, made where missing."""
    Annotator.objects.bulk_create(
        [Annotator(source=source, name=name) for name in sorted(set(names))],
        ignore_conflicts=True,
    )
    return {a.name: a for a in Annotator.objects.filter(source=source)}
