"""What people see of releases: the list, a release with its card, and what changed."""

from django.urls import path

from annotator.releases import views

HERE = "collections/<collection_name:name>/releases"

urlpatterns = [
    path(f"{HERE}/", views.release_list, name="releases"),
    path(f"{HERE}/<str:version>/", views.release, name="release"),
    path(f"{HERE}/<str:version>/changes/<str:since>", views.changes, name="release-changes"),
]
