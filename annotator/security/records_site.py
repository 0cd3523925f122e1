"""Django's admin, for superusers alone, behind the site's own sign-in."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _


class RecordsSite(AdminSite):
    """The records, looked up by those who run the installation.

    There is no second place where passwords are taken: what guards the sign-in page guards all.
    """

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in superusers; the flag is_staff opens nothing."""
        return request.user.is_active and request.user.is_superuser

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send strangers to the sign-in page, and refuse everybody else."""
        if request.user.is_authenticated:
            raise PermissionDenied(_("The records are open to superusers of this site alone."))
        return redirect_to_login(request.GET.get("next", "/admin/"))
