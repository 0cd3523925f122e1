"""The annotator record behind a user or an imported name."""

from collections.abc import Collection, Mapping

from datasets_app.people.models import Annotator, User
from datasets_app.people.roles import grant_role, has_role, standing_of

__all__ = ["annotator_of_user", "annotators_of_source", "grant_role", "has_role"]


def annotator_of_user(*, user: User) -> Annotator:
    """Return the annotator record of a signed-in person, made on first use.

    Asks nothing where the person's roles were asked for and there was a record.
    """
    known = standing_of(user).annotator
    if known is not None:
        return known
    of_site = Annotator.objects.filter(source=Annotator.SITE)
    is_taken = of_site.filter(name=user.username).exists()  # by someone who was renamed since
    name = f"{user.username[:110]} {user.uuid}" if is_taken else user.username
    annotator, _ = Annotator.objects.get_or_create(
        user=user, defaults={"source": Annotator.SITE, "name": name}
    )
    user._standing = None
    return annotator


def annotators_of_source(*, source: str, names: Collection[str]) -> Mapping[str, Annotator]:
    """Return the annotators that came with ``source``, by name, made where missing."""
    Annotator.objects.bulk_create(
        [Annotator(source=source, name=name) for name in sorted(set(names))],
        ignore_conflicts=True,
    )
    return {a.name: a for a in Annotator.objects.filter(source=source)}
