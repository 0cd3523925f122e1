"""Lets nginx send the files, where a setting says so: ``X-Accel-Redirect``."""

from pathlib import Path
from urllib.parse import quote

from django.conf import settings


def handed_to_web_server(path: Path) -> str | None:
    """Return nginx's internal address of a file, or None when the site sends it itself.

    ``DOWNLOADS_BY_NGINX`` is ``LOCATION=FOLDER``: an ``internal`` location whose ``alias`` is that
    folder. Files elsewhere are sent by the site.
    """
    location, is_set, folder = settings.DOWNLOADS_BY_NGINX.partition("=")
    if not is_set or not path.is_relative_to(folder):
        return None
    return location.rstrip("/") + "/" + quote(path.relative_to(folder).as_posix())
