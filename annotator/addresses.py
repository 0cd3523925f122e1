"""How collections and classes stand in an address.

AudioSet's class identifiers begin with a slash (``/m/05tny_``); two slashes in a row do not survive
every proxy. So the leading slash is left out, and an identifier without one is marked by ``~``.
"""


class CollectionNameConverter:
    """A collection's name, as ``datasets_app.clips.models.COLLECTION_NAME`` allows it."""

    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

    def to_python(self, value: str) -> str:
        """Return the name as it stands."""
        return value

    def to_url(self, name: str) -> str:
        """Return the name as it stands."""
        return name


class VersionConverter:
    """A release's version, as ``datasets_app.releases.models.RELEASE_VERSION`` allows it."""

    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,31}"

    def to_python(self, value: str) -> str:
        """Return the version as it stands."""
        return value

    def to_url(self, version: str) -> str:
        """Return the version as it stands."""
        return version


class MidConverter:
    """Writes ``/m/05tny_`` as ``m/05tny_`` and a curator's own ``bark`` as ``~bark``.

    >>> MidConverter().to_url("/m/05tny_"), MidConverter().to_url("bark")
    ('m/05tny_', '~bark')
    >>> MidConverter().to_python("m/05tny_"), MidConverter().to_python("~bark")
    ('/m/05tny_', 'bark')
    """

    regex = r"[^\x00-\x1f]+"

    def to_python(self, value: str) -> str:
        """Return the class identifier of a piece of an address."""
        return value[1:] if value.startswith("~") else f"/{value}"

    def to_url(self, mid: str) -> str:
        """Return the piece of an address for a class identifier."""
        return mid[1:] if mid.startswith("/") else f"~{mid}"
