"""The description of the API itself, and the reply to addresses that are not there."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.errors import not_there
from datasets_app.api.resource import Resource


@method_decorator(login_not_required, name="dispatch")
class Description(SpectacularAPIView):
    """``/schema/``: OpenAPI 3.1 as JSON."""

    renderer_classes = [OpenApiJsonRenderer]
    authentication_classes = []
    permission_classes = []
    throttle_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the description; it says nothing of any record."""
        return super().get(request, *args, **kwargs)


@extend_schema(exclude=True)
class NothingHere(Resource):
    """Any other address below ``/api/v1/``."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse whatever is asked, as a problem document."""
        super().initial(request, *args, **kwargs)
        raise not_there()
