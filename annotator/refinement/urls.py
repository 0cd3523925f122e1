"""Where experts label everything audible in a clip, and settle conflicts."""

from django.urls import path

from annotator.refinement.adjudication_views import adjudicate, adjudications
from annotator.refinement.views import (
    class_to_compare,
    classes_to_find,
    refine,
    refine_changes,
    refine_clip,
)

COLLECTION = "collections/<collection_name:name>"

urlpatterns = [
    path(f"{COLLECTION}/refine", refine, name="refine"),
    path(f"{COLLECTION}/refine/classes.json", classes_to_find, name="refine-classes"),
    path(f"{COLLECTION}/refine/compare/<mid:mid>", class_to_compare, name="refine-compare"),
    path(f"{COLLECTION}/refine/<uuid:clip>", refine_clip, name="refine-clip"),
    path(f"{COLLECTION}/refine/<uuid:clip>/changes", refine_changes, name="refine-changes"),
    path(f"{COLLECTION}/adjudicate", adjudicate, name="adjudicate"),
    path(f"{COLLECTION}/adjudications", adjudications, name="adjudications"),
]
