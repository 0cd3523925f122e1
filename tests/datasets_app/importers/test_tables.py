"""Reading without trust: a JSON object entry by entry says what ``json`` says, or refuses."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.importers import tables
from datasets_app.importers.spool import open_spool
from datasets_app.importers.tables import SourceError, read_json_object, read_rows

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    value=st.dictionaries(st.text(), JSON),
    indent=st.sampled_from([None, 1]),
    block=st.integers(1, 40),
)
def test_any_object_is_read_as_json_reads_it(tmp_path_factory, value, indent, block):
    path = tmp_path_factory.mktemp("json") / "object.json"
    path.write_text(json.dumps(value, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tables, "_BLOCK", block)
        assert dict(read_json_object(path)) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "[]", "{", '{"a"', '{"a":', '{"a": 1', '{"a": 1,', '{"a": 1,}', '{"a": 1} x',
     '{"a" 1}', '{1: 2}', '{"a": NaN}', '{"a": ' + "[" * 100_000, '{"a": "\n"}'],
)  # fmt: skip
def test_what_is_no_object_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "object.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"object\.json line 1 is not the JSON object expected"):
        list(read_json_object(path))


def test_the_line_of_a_fault_is_named(tmp_path):
    path = tmp_path / "object.json"
    path.write_text('{"a": 1,\n"b": 2,\n"c" 3}')
    with pytest.raises(SourceError, match="line 3"):
        list(read_json_object(path))


def test_an_endless_entry_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "LONGEST_ENTRY", 200_000)
    path = tmp_path / "object.json"
    path.write_text('{"a": "' + "x" * 1_000_000)
    with pytest.raises(SourceError, match="an entry has more than 200,000 characters"):
        list(read_json_object(path))


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(n: int) -> int:
        path = tmp_path / f"{n}.json"
        path.write_text(json.dumps({str(i): {"/m/x": [1.0, 0.5]} for i in range(n)}))
        tracemalloc.start()
        assert sum(1 for _ in read_json_object(path)) == n
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(40_000) < 2 * peak(4_000)


def test_rows_of_a_table_are_numbered_by_their_last_line(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('\ufeffa,b\n# no row\n\n"x\ny",z\n', encoding="utf-8")
    assert list(read_rows(path, comment="#")) == [(1, ["a", "b"]), (5, ["x\ny", "z"])]


def test_a_spool_gives_back_what_it_has_and_refuses_a_key_twice():
    with open_spool() as spool:
        spool.add("a", ((str(i), [i]) for i in range(2000)), file="f")
        assert spool.find("a", ["5", "1999", "x"]) == {"5": [5], "1999": [1999]}
        assert spool.find("b", ["5"]) == {}
        with pytest.raises(SourceError, match="f: the entry '5' is there twice"):
            spool.add("a", [("5", 1)], file="f")
