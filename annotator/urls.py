"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path, register_converter

from annotator.addresses import CollectionNameConverter, MidConverter, VersionConverter
from annotator.health import health
from annotator.reference.views import api_reference
from annotator.watching.metrics import metrics

register_converter(CollectionNameConverter, "collection_name")
register_converter(MidConverter, "mid")
register_converter(VersionConverter, "version")

handler403 = "annotator.errors.forbidden"
handler404 = "annotator.errors.not_found"
handler500 = "annotator.errors.server_error"

urlpatterns = [
    path("", include("annotator.accounts.urls")),
    path("", include("annotator.tasks.urls")),
    path("", include("annotator.refinement.urls")),
    path("", include("annotator.curation.urls")),
    path("", include("annotator.explore.urls")),
    path("", include("annotator.challenges.urls")),
    path("", include("annotator.downloads.urls")),
    path("", include("annotator.releases.urls")),
    path("", include("annotator.webhooks.urls")),
    path("health/", health, name="health"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", api_reference, name="api-reference"),
    path("api/v1/", include("datasets_app.api.urls")),
    path("admin/", admin.site.urls),
]
