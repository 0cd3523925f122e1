"""``clips.csv``: each row is used or refused by name; only an unreadable table stops all."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.clips.table import (
    AUDIO_SUFFIXES,
    REQUIRED_COLUMNS,
    ClipRow,
    ClipTableError,
    read_clip_table,
)

HEADER = "clip_id,file,uploader,license,title,freesound_id,source_url,description,tags\n"
GOOD = "good,good.wav,ana,CC0-1.0,A dog,12,https://x.example/12,Loud,dog;bark\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.wav").write_bytes(b"RIFF")
    return tmp_path


@pytest.fixture
def read(folder: Path) -> Callable[..., tuple[list[ClipRow], dict[str, str]]]:
    """Read a table; refusals by name."""

    def from_text(text: str | bytes) -> tuple[list[ClipRow], dict[str, str]]:
        content = text if isinstance(text, bytes) else text.encode()
        (folder / "clips.csv").write_bytes(content)
        rows, refusals = read_clip_table(folder)
        return rows, {refusal.clip_id: refusal.reason for refusal in refusals}

    return from_text


def test_a_row_is_read_with_everything_it_says(read):
    rows, refused = read(HEADER + GOOD)
    assert refused == {}
    assert rows == [
        ClipRow(
            clip_id="good",
            file="good.wav",
            uploader="ana",
            license="CC0-1.0",
            title="A dog",
            freesound_id=12,
            source_url="https://x.example/12",
            description="Loud",
            tags=["dog", "bark"],
        )
    ]


def test_the_four_required_columns_are_enough(read):
    rows, refused = read("clip_id,file,uploader,license\ngood,good.wav,ana,CC0\n")
    assert refused == {}
    assert (rows[0].title, rows[0].freesound_id, rows[0].tags) == ("", None, [])


@pytest.mark.parametrize("column", REQUIRED_COLUMNS)
def test_a_table_without_a_required_column_is_refused_naming_it(read, column):
    columns = [c for c in REQUIRED_COLUMNS if c != column]
    with pytest.raises(ClipTableError, match=f"lacks the column {column}; it needs"):
        read(",".join(columns) + "\n")


def test_an_empty_table_is_refused_naming_all_columns(read):
    with pytest.raises(ClipTableError, match="lacks the columns clip_id, file, uploader, license"):
        read("")


def test_a_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(ClipTableError, match=r"clips\.csv is missing"):
        read_clip_table(tmp_path)


def test_a_table_that_is_not_utf_8_is_refused(read):
    with pytest.raises(ClipTableError, match="cannot be read as UTF-8 csv"):
        read(HEADER.encode() + "good,good.wav,Zoë,CC0".encode("latin-1"))


def test_a_cell_longer_than_csv_allows_is_refused(read):
    with pytest.raises(ClipTableError, match="field larger than field limit"):
        read(HEADER + GOOD + "x" * 200_000)


def test_a_byte_order_mark_is_no_part_of_the_first_column(read):
    rows, refused = read(b"\xef\xbb\xbf" + (HEADER + GOOD).encode())
    assert [row.clip_id for row in rows] == ["good"]
    assert refused == {}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(read, end):
    rows, _ = read((HEADER + GOOD).replace("\n", end))
    assert [row.tags for row in rows] == [["dog", "bark"]]


def test_quoted_cells_may_hold_commas_quotes_and_lines(read):
    rows, refused = read(HEADER + 'good,good.wav,"Zoë, ""Z""",CC0,"two\nlines",,,,\n')
    assert refused == {}
    assert rows[0].uploader == 'Zoë, "Z"'
    assert rows[0].title == "two\nlines"


def test_blank_lines_and_blanks_around_cells_do_not_matter(read):
    rows, refused = read(HEADER + "\n" + " good , good.wav , ana , CC0 ,,,,, dog ; ;bark ;\n\n")
    assert refused == {}
    assert (rows[0].clip_id, rows[0].uploader, rows[0].tags) == ("good", "ana", ["dog", "bark"])


def test_other_columns_are_left_alone(read):
    rows, refused = read("fold,clip_id,file,uploader,license\n1,good,good.wav,ana,CC0\n")
    assert refused == {}
    assert rows[0].clip_id == "good"


def test_empty_cells_beyond_the_header_do_not_matter(read):
    rows, refused = read("clip_id,file,uploader,license\ngood,good.wav,ana,CC0,,\n")
    assert refused == {}
    assert rows[0].license == "CC0"


@pytest.mark.parametrize(
    ("row", "name", "reason"),
    [
        (",good.wav,ana,CC0", "line 2", "clip_id must not be empty"),
        ("x,,ana,CC0", "x", "file must not be empty"),
        ("x,good.wav, ,", "x", "uploader and license must not be empty"),
        ("x", "x", "file and uploader and license must not be empty"),
        ("a/b,good.wav,ana,CC0", "a/b", "a clip_id is 1 to 128 letters"),
        ("-x,good.wav,ana,CC0", "-x", "the first a letter or digit"),
        (f"{'x' * 129},good.wav,ana,CC0", "x" * 129, "a clip_id is 1 to 128 letters"),
        (f"x,good.wav,{'u' * 201},CC0", "x", "uploader has more than 200 characters"),
        (f"x,good.wav,ana,{'l' * 201}", "x", "license has more than 200 characters"),
        (f"x,good.wav,ana,CC0,{'t' * 501}", "x", "title has more than 500 characters"),
        (f"x,good.wav,ana,CC0,,,{'s' * 1001}", "x", "source_url has more than 1000 characters"),
        ("x,good.wav,a\0na,CC0", "x", "the row holds a NUL character"),
        ("x,go\0od.wav,ana,CC0", "x", "the row holds a NUL character"),
        ("x,good.wav,ana,CC0,,twelve", "x", "freesound_id 'twelve' is not a whole number"),
        ("x,good.wav,ana,CC0,,-1", "x", "freesound_id '-1' is not a whole number"),
        ("x,good.wav,ana,CC0,,1234567890123456", "x", "is not a whole number"),
        ("x,good.wav,ana,CC0,A dog, barking,,,", "x", "freesound_id 'barking' is not"),
        ("x,good.wav,ana,CC0,,,,a,b,c", "x", "more cells than the header"),
        ("x,../good.wav,ana,CC0", "x", "must be a path below the folder, without '..'"),
        ("x,a/../good.wav,ana,CC0", "x", "must be a path below the folder, without '..'"),
        ("x,/etc/passwd,ana,CC0", "x", "must be a path below the folder, without '..'"),
        ("x,good.txt,ana,CC0", "x", "file 'good.txt' is none of .flac, .mp3, .ogg, .wav"),
        ("x,missing.wav,ana,CC0", "x", "file 'missing.wav' does not exist"),
        ("x,folder.wav,ana,CC0", "x", "file 'folder.wav' does not exist"),
        ("x,good.wav/more.wav,ana,CC0", "x", "file 'good.wav/more.wav' does not exist"),
        (f"x,{'n' * 300}.wav,ana,CC0", "x", "cannot be looked up"),
        ("x,loop.wav,ana,CC0", "x", "cannot be looked up"),
        ("x,outside.wav,ana,CC0", "x", "leads out of the folder through a link"),
        ("x,sub/secret.wav,ana,CC0", "x", "leads out of the folder through a link"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_by_name_and_the_others_go_on(
    read, folder, tmp_path_factory, row, name, reason
):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.wav").write_bytes(b"RIFF")
    (folder / "outside.wav").symlink_to(outside / "secret.wav")
    (folder / "sub").symlink_to(outside)
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    (folder / "folder.wav").mkdir()
    rows, refused = read(HEADER + row + "\n" + GOOD)
    assert [r.clip_id for r in rows] == ["good"]
    assert refused.keys() == {name}
    assert reason in refused[name]


def test_texts_of_exactly_the_longest_length_go_in(read):
    longest = f"{'x' * 128},good.wav,{'u' * 200},{'l' * 200},{'t' * 500},{'9' * 15},{'s' * 1000},,"
    rows, refused = read(HEADER + longest)
    assert refused == {}
    assert rows[0].freesound_id == 999_999_999_999_999


def test_a_repeated_clip_id_is_refused_with_both_lines(read):
    rows, refused = read(HEADER + GOOD + GOOD)
    assert len(rows) == 1
    assert refused["good"].startswith("line 3 repeats the clip_id of line 2")


def test_a_link_that_stays_in_the_folder_is_followed(read, folder):
    (folder / "alias.wav").symlink_to(folder / "good.wav")
    rows, _ = read(HEADER + GOOD.replace("good.wav", "alias.wav"))
    assert rows[0].file == "alias.wav"


@pytest.mark.parametrize("suffix", sorted(AUDIO_SUFFIXES))
def test_suffixes_are_known_in_upper_case_too(read, folder, suffix):
    (folder / f"LOUD{suffix.upper()}").write_bytes(b"x")
    rows, refused = read(HEADER + f"x,LOUD{suffix.upper()},ana,CC0")
    assert refused == {}
    assert len(rows) == 1


def test_every_row_of_esc_10_is_usable(shared_data):
    rows, refusals = read_clip_table(shared_data / "esc10")
    assert len(rows) == 320
    assert refusals == []


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(table=st.lists(st.lists(CELL, max_size=11), max_size=6))
def test_whatever_the_cells_hold_each_row_is_used_or_refused(folder, table):
    out = io.StringIO()
    csv.writer(out).writerows([HEADER.strip().split(","), *table])
    (folder / "clips.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    rows, refusals = read_clip_table(folder)
    blank = sum(not any(row) and len(row) <= 1 for row in table)
    assert len(rows) + len(refusals) in range(len(table) - blank, len(table) + 1)
    assert all(refusal.clip_id and refusal.reason.endswith(".") for refusal in refusals)
