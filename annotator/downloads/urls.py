"""Where the files of releases are downloaded."""

from django.urls import path

from annotator.downloads import views

HERE = "collections/<collection_name:name>/releases/<version:version>"

urlpatterns = [
    path(f"{HERE}/files/<path:path>", views.release_file, name="release-file"),
    path(f"{HERE}/MANIFEST.json", views.manifest, name="release-manifest"),
    path(f"{HERE}/SHA256SUMS", views.sums, name="release-sums"),
    path(f"{HERE}/archives/<str:part>.tar", views.archive, name="release-archive"),
    path(f"{HERE}/publish", views.publish, name="publish-release"),
]
