"""What people see of releases: the list, a release with its card, and what changed."""

from django.urls import path

from annotator.releases import views

HERE = "collections/<collection_name:name>/releases"

urlpatterns = [
    path(f"{HERE}/", views.release_list, name="releases"),
    path(f"{HERE}/<version:version>/", views.release, name="release"),
    path(
        f"{HERE}/<version:version>/changes/<version:since>",
        views.changes,
        name="release-changes",
    ),
]
