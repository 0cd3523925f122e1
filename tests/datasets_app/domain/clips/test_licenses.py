"""Licences as links, and the line that credits a maker."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.clips.licenses import (
    attribution_line,
    license_address,
    license_name,
    safe_address,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CC0-1.0", "CC0 1.0"),
        ("cc-by-nc-sa-4.0", "CC BY-NC-SA 4.0"),
        ("CC BY 3.0", "CC BY 3.0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("All rights reserved", "All rights reserved"),
    ],
)
def test_a_licence_is_named_in_few_letters(text, name):
    assert license_name(text) == name


@given(st.text(max_size=60))
def test_a_licence_links_to_creative_commons_or_nowhere(text):
    address = license_address(text)
    assert address is None or urlsplit(address).hostname == "creativecommons.org"


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "//x.example", "data:text/html,x", "http://", "http://[", "ftp://x"],
)
def test_what_is_no_web_address_is_not_linked(text):
    assert safe_address(text) is None
    assert text not in attribution_line(
        title="T", uploader="u", license_text="CC0-1.0", source_url=text
    )
