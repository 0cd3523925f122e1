"""Licences of recordings: where their text is, and how to credit the maker.

Conventions: a licence is written as its source wrote it: an SPDX identifier (``CC-BY-4.0``), a
Creative Commons address, or words.
"""

import re
from urllib.parse import urlsplit

_CODE = re.compile(r"cc[- ](by(?:-(?:nc|nd|sa))*)[- ](\d\.\d)", re.IGNORECASE)
_ZERO = re.compile(r"cc[- ]?0(?:[- ](\d\.\d))?", re.IGNORECASE)
_DEED = re.compile(
    r"https?://creativecommons\.org/(?:licenses/(by(?:-(?:nc|nd|sa))*)|publicdomain/(zero))/(\d\.\d)/?",
    re.IGNORECASE,
)
_HOME = "https://creativecommons.org"
MOST_LETTERS = 2000


def license_address(text: str) -> str | None:
    """Return where the text of a licence stands, None where the licence does not say which it is.

    Only Creative Commons licences with a version are known; any other address is not followed.

    Examples
    --------
    >>> license_address("CC-BY-4.0"), license_address("cc0-1.0")
    ('https://creativecommons.org/licenses/by/4.0/', 'https://creativecommons.org/publicdomain/zero/1.0/')
    >>> license_address("http://creativecommons.org/licenses/by-nc/3.0/")
    'https://creativecommons.org/licenses/by-nc/3.0/'
    >>> license_address("CC-BY") is None and license_address("javascript:alert(1)") is None
    True
    """
    if found := _ZERO.fullmatch(text):
        return f"{_HOME}/publicdomain/zero/{found[1] or '1.0'}/"
    if found := _CODE.fullmatch(text):
        return f"{_HOME}/licenses/{found[1].lower()}/{found[2]}/"
    if found := _DEED.fullmatch(text):
        kind = "publicdomain/zero" if found[2] else f"licenses/{found[1].lower()}"
        return f"{_HOME}/{kind}/{found[3]}/"
    return None


def license_name(text: str) -> str:
    """Return a licence in the fewest letters that still name it.

    >>> license_name("http://creativecommons.org/publicdomain/zero/1.0/"), license_name("CC-BY-4.0")
    ('CC0 1.0', 'CC BY 4.0')
    >>> license_name("my own")
    'my own'
    """
    address = license_address(text)
    if address is None:
        return text
    *_, kind, version = address.rstrip("/").split("/")
    return f"CC0 {version}" if kind == "zero" else f"CC {kind.upper()} {version}"


def attribution_line(*, title: str, uploader: str, license_text: str, source_url: str) -> str:
    """Return the line that credits the maker of a recording: title, maker, source, licence.

    Source: Creative Commons, *Recommended practices for attribution* (title, author, source,
    licence). What is unknown is left out.

    Examples
    --------
    >>> attribution_line(title="Bark", uploader="uma", license_text="CC-BY-4.0",
    ...                  source_url="https://freesound.org/s/7/")
    '“Bark” by uma (https://freesound.org/s/7/), CC BY 4.0, https://creativecommons.org/licenses/by/4.0/'
    """
    source = f" ({source_url})" if safe_address(source_url) else ""
    rights = [license_name(license_text), license_address(license_text) or ""]
    return ", ".join(part for part in (f"“{title}” by {uploader}{source}", *rights) if part)


def safe_address(text: str) -> str | None:
    """Return an address that a page may link to: http or https with a host, else None.

    >>> safe_address("https://freesound.org/s/7/")
    'https://freesound.org/s/7/'
    >>> safe_address("javascript:alert(1)") is None and safe_address("https:///x") is None
    True
    """
    if len(text) > MOST_LETTERS:
        return None
    try:
        parts = urlsplit(text)
        is_safe = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return text if is_safe else None
