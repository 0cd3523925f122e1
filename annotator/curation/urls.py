"""Where curators see and steer a collection."""

from django.urls import path

from annotator.curation.views import collection, runs

urlpatterns = [
    path("collections/<collection_name:name>/", collection, name="collection"),
    path("collections/<collection_name:name>/runs.json", runs, name="collection-runs"),
]
