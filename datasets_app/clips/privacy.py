"""Making a collection private, and choosing who sees it then.

Only people with a role can be members, and nobody takes themselves out: so that a collection is
not lost to the one who steers it by a slip. An administrator can always mend it.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.domain.errors import RuleError
from datasets_app.people.models import User
from datasets_app.people.roles import roles_of


@transaction.atomic
def set_collection_private(*, collection: Collection, is_private: bool, actor: User) -> None:
    """Show a collection to its members alone, or to everybody with a role again.

    Who makes it private becomes a member; members are kept when it is opened again.
    """
    locked = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
    if is_private:
        locked.members.add(actor)
    collection.is_private = is_private
    if locked.is_private == is_private:
        return
    locked.is_private = is_private
    locked.save(update_fields=["is_private"])
    record_event(
        actor=actor,
        verb="set_collection_private",
        record=locked,
        before={"is_private": not is_private},
        after={"is_private": is_private},
    )


@transaction.atomic
def add_collection_member(*, collection: Collection, user: User, actor: User) -> None:
    """Let a person see a private collection; adding them twice changes nothing.

    Raises
    ------
    RuleError
        They have no role on this site, or their account is closed.
    """
    if not user.is_active or not (user.is_superuser or roles_of(user)):
        raise RuleError(
            _("%(name)s has no role here; give them one on the page of people first.")
            % {"name": user.get_username()}
        )
    if collection.members.filter(pk=user.pk).exists():
        return
    collection.members.add(user)
    _record(collection, user, actor, "add_collection_member")


@transaction.atomic
def remove_collection_member(*, collection: Collection, user: User, actor: User) -> None:
    """Take a person out of a private collection; their answers stay.

    Raises
    ------
    RuleError
        They would take themselves out.
    """
    if user.pk == actor.pk:
        raise RuleError(_("Nobody takes themselves out; ask another curator of the collection."))
    if not collection.members.filter(pk=user.pk).exists():
        return
    collection.members.remove(user)
    _record(collection, user, actor, "remove_collection_member")


def _record(collection: Collection, user: User, actor: User, verb: str) -> None:
    record_event(actor=actor, verb=verb, record=collection, after={"member": str(user.uuid)})
