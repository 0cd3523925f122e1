"""Where curators see and steer a collection."""

from django.urls import path

from annotator.curation.views import collection

urlpatterns = [path("collections/<collection_name:name>/", collection, name="collection")]
