"""A clip's files, for whoever may hear it."""

from django.urls import path

from annotator.explore.views import clip_media

urlpatterns = [
    path("media/clips/<uuid:uuid>/<str:file>", clip_media, name="clip-media"),
]
