"""Where people judge recordings."""

from django.urls import path

from annotator.tasks.views import answers, validate

urlpatterns = [
    path("collections/<collection_name:name>/validate/<mid:mid>", validate, name="validate"),
    path("collections/<collection_name:name>/answers", answers, name="answers"),
]
