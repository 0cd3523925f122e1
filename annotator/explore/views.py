"""Serves what the pages play and draw of a clip."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from annotator.explore.byte_ranges import file_response
from datasets_app.clips.access import visible_collections
from datasets_app.clips.media import PEAKS, PREVIEW, SPECTROGRAM, clip_folder
from datasets_app.clips.models import Clip

CONTENT_TYPES = {PREVIEW: "audio/mpeg", SPECTROGRAM: "image/png", PEAKS: "application/json"}


@login_required
@require_safe
def clip_media(request: HttpRequest, uuid: UUID, file: str) -> HttpResponseBase:
    """Send one of the three files made of an available clip; whole, or the range asked for."""
    if file not in CONTENT_TYPES:
        raise Http404
    audible = Clip.objects.filter(state=Clip.State.AVAILABLE, sha256__isnull=False)
    seen = visible_collections(request.user)
    clip = get_object_or_404(audible, uuid=uuid, collection__in=seen)
    path = clip_folder(clip.sha256) / file
    if not path.is_file():
        raise Http404
    response = file_response(request, path, CONTENT_TYPES[file], etag=f'"{clip.sha256[:32]}"')
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response
