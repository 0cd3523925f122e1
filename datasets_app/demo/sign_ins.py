"""The demo's three people, for a site on one's own machine only."""

from django.conf import settings

from datasets_app.people.models import User
from datasets_app.people.services import grant_role

PASSWORD = "harken-demo"  # noqa: S105  # nosec B105
PEOPLE = {
    "annotator": (User.Role.ANNOTATOR,),
    "curator": (User.Role.ANNOTATOR, User.Role.EXPERT, User.Role.CURATOR),
    "admin": tuple(User.Role),
}


def make_demo_sign_ins() -> list[str]:
    """Make the three users where missing and return a line for each.

    Raises
    ------
    ValueError
        The site is not a development site: known passwords have no place elsewhere.
    """
    if not settings.DEBUG:
        raise ValueError("Demo sign-ins have a known password; they are made on development sites.")
    lines = []
    for name, roles in PEOPLE.items():
        user, created = User.objects.get_or_create(username=name)
        if created:
            user.is_staff = user.is_superuser = name == "admin"
            user.set_password(PASSWORD)
            user.save()
        for role in roles:
            grant_role(user=user, role=role)
        lines.append(f"{name} / {PASSWORD}" if user.check_password(PASSWORD) else f"{name}")
    return lines
