"""Large JSON objects are read entry by entry, whatever their layout."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.releases import published
from datasets_app.releases.published import object_entries
from datasets_app.releases.reading import ReleaseFileError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=60)
@given(
    entries=st.dictionaries(st.text(), VALUES, max_size=8),
    block=st.integers(1, 40),
    indent=st.sampled_from([None, 0, 2]),
)
def test_entries_come_out_as_they_went_in(entries, block, indent):
    text = json.dumps(entries, indent=indent)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "_BLOCK", block)
        (Path(folder) / "object.json").write_text(text)
        assert list(object_entries(Path(folder), "object.json")) == list(entries.items())


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a"', '{"a":', '{"a": 1', '{"a": 1,', '{"a": 1,}', '{"a": 1} x',
             '{"a": 1 "b": 2}', '{1: 2}', '{"a" 1}', "[" * 100_000, "\ud800"],
)  # fmt: skip
def test_what_is_no_object_ends_in_a_sentence(tmp_path, text):
    (tmp_path / "object.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ReleaseFileError, match=r"^object\.json cannot be read as JSON"):
        list(object_entries(tmp_path, "object.json"))


def test_a_missing_file_ends_in_a_sentence(tmp_path):
    with pytest.raises(ReleaseFileError, match="No such file"):
        list(object_entries(tmp_path, "object.json"))
