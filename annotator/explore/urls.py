"""Finding work, getting to know a class, and exploring what a collection holds."""

from django.urls import path

from annotator.explore import campaign_views, class_views, clip_views
from annotator.explore.views import clip_media

HERE = "collections/<collection_name:name>"

urlpatterns = [
    path("media/clips/<uuid:uuid>/<str:file>", clip_media, name="clip-media"),
    path(f"{HERE}/classes", class_views.classes, name="classes"),
    path(f"{HERE}/classes/<mid:mid>", class_views.class_, name="class"),
    path(f"{HERE}/branches/<mid:mid>", class_views.class_branch, name="class-branch"),
    path(f"{HERE}/heard/<mid:mid>", class_views.example_heard, name="example-heard"),
    path(f"{HERE}/goal", class_views.class_plan, name="class-plan"),
    path(f"{HERE}/goal/<mid:mid>", class_views.class_goal, name="class-goal"),
    path(f"{HERE}/examples/<int:pk>/remove", class_views.example_removed, name="example-removed"),
    path(f"{HERE}/campaigns", campaign_views.campaigns, name="campaigns"),
    path(
        f"{HERE}/campaigns/<uuid:uuid>/close",
        campaign_views.campaign_closed,
        name="campaign-closed",
    ),
    path(f"{HERE}/search", clip_views.search, name="search"),
    path(f"{HERE}/uploaders/<int:pk>", clip_views.uploader, name="uploader"),
    path("clips/<uuid:uuid>", clip_views.clip, name="clip"),
    path("clips/<uuid:uuid>/similar", clip_views.similar, name="similar-clips"),
    path("clips/<uuid:uuid>/examples", clip_views.example_added, name="example-added"),
]
