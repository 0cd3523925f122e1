"""The format check names every problem with its line and column."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.challenges.format_problems import Kind, SubmissionMalformed
from datasets_app.domain.challenges.submission_format import Expected, read_submission

EXPECTED = Expected(("e0", "e1"), ("/m/a", "/m/b"), ("Ant", "Bee"), takes_labels=False)
LABELS = Expected(("e0", "e1"), ("/m/a", "/m/b"), ("Ant", "Bee"), takes_labels=True)
GOOD = "fname,/m/a,/m/b\ne0,0.1,0.2\ne1,-3,4e-1\n"


def read(text: str | bytes, expected: Expected = EXPECTED) -> np.ndarray:
    data = text.encode() if isinstance(text, str) else text
    return read_submission(io.BytesIO(data), expected).scores


def problems(text: str | bytes, expected: Expected = EXPECTED) -> list[tuple[int, int, Kind]]:
    with pytest.raises(SubmissionMalformed) as refused:
        read(text, expected)
    return [(found.line, found.column, found.kind) for found in refused.value.found]


def sentences(text: str | bytes, expected: Expected = EXPECTED) -> list[str]:
    with pytest.raises(SubmissionMalformed) as refused:
        read(text, expected)
    return list(refused.value.problems)


def test_a_good_file_is_read():
    assert read(GOOD).tolist() == [[0.1, 0.2], [-3.0, 0.4]]


@pytest.mark.parametrize(
    "text",
    [
        "fname,/m/b,/m/a\ne1,0.4,-3\ne0,.2,0.1\n",
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD.rstrip("\n"),
        GOOD + "\n\r\n",
        'fname,"/m/a","/m/b"\n"e0","0.1",0.2\ne1,-3,"0.4"\n',
    ],
    ids=["other order", "crlf", "byte order mark", "no last newline", "blank lines", "quotes"],
)
def test_what_spreadsheets_write_changes_nothing(text):
    assert read(text).tolist() == [[0.1, 0.2], [-3.0, 0.4]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(1, 1, Kind.EMPTY_FILE)]),
        ("\n\n", [(1, 1, Kind.EMPTY_FILE)]),
        (GOOD.replace("fname", "file"), [(1, 1, Kind.HEADER_FIRST)]),
        (
            GOOD.replace("/m/b", "/m/c"),
            [(1, 3, Kind.HEADER_UNKNOWN), (1, 4, Kind.HEADER_MISSING)],
        ),
        (
            GOOD.replace("/m/b", "/m/a"),
            [(1, 3, Kind.HEADER_TWICE), (1, 4, Kind.HEADER_MISSING)],
        ),
        (GOOD.replace("e1", "e7"), [(3, 1, Kind.UNKNOWN_FNAME), (4, 1, Kind.MISSING_FNAME)]),
        (GOOD.replace("e1", "e0"), [(3, 1, Kind.FNAME_TWICE), (4, 1, Kind.MISSING_FNAME)]),
        (GOOD.replace("e0,0.1,0.2\n", ""), [(3, 1, Kind.MISSING_FNAME)]),
        (GOOD.replace("0.2", "0.2,9"), [(2, 4, Kind.N_CELLS)]),
        (GOOD.replace("0.1,0.2", "0.1"), [(2, 3, Kind.N_CELLS)]),
        (GOOD.replace("0.2", "high"), [(2, 3, Kind.NOT_A_NUMBER)]),
        (GOOD.replace("0.2", ""), [(2, 3, Kind.NOT_A_NUMBER)]),
        (GOOD.replace("0.2", "1_0"), [(2, 3, Kind.NOT_A_NUMBER)]),
        (GOOD.replace("0.2", "٣"), [(2, 3, Kind.NOT_A_NUMBER)]),
        (GOOD.replace("0.2", '"0,2"'), [(2, 3, Kind.NOT_A_NUMBER)]),
        (GOOD.replace("0.1", "nan"), [(2, 2, Kind.NOT_FINITE)]),
        (GOOD.replace("0.1", "-inf"), [(2, 2, Kind.NOT_FINITE)]),
        (GOOD.replace("0.1", "1e999"), [(2, 2, Kind.NOT_FINITE)]),
        (GOOD.replace("0.1", "=A1*2"), [(2, 2, Kind.FORMULA)]),
        (GOOD.replace("0.1", "@sum(a)"), [(2, 2, Kind.FORMULA)]),
        (GOOD.encode().replace(b"0.2", b"\xff"), [(2, 3, Kind.NOT_UTF8)]),
        (GOOD.encode("utf-16"), [(1, 1, Kind.UTF16)]),
        (GOOD.replace("\n", "\r"), [(1, 1, Kind.LINE_ENDS)]),
        ("fname" + "," * 5000, [(1, 1, Kind.LONG_LINE)]),
    ],
)
def test_each_problem_has_its_line_and_column(text, found):
    assert problems(text) == found


def test_the_largest_size_is_itself_allowed():
    most = GOOD + "\n" * (EXPECTED.most_bytes - len(GOOD))
    assert read(most).tolist() == read(GOOD).tolist()
    n_lines = most.count("\n")
    assert problems(most + "\n") == [(n_lines + 1, 1, Kind.TOO_LARGE)]


def test_a_cell_of_endless_quotes_is_too_long():
    mids = tuple(f"/m/{i}" for i in range(5000))
    many = Expected(("e0",), mids, mids, takes_labels=False)
    text = 'fname,"' + "x" * 140_000 + '"\n'
    assert problems(text, many) == [(1, 1, Kind.LONG_LINE)]


def test_all_problems_are_told_at_once():
    text = "fname,/m/a,/m/c\ne0,x,nan\ne9,1,2\n"
    assert sentences(text) == [
        "Line 1, column 3: Received /m/c, which is no class of this challenge; take the header of "
        "the example file.",
        "Line 1, column 4: The class /m/b has no column; every class needs one.",
        "Line 2, column 2: Received x, which is no number; write one such as 0.25, with a point.",
        "Line 2, column 3: Received nan; allowed are finite numbers, so not nan or inf.",
        "Line 3, column 1: Received e9, which is no clip of this challenge; names are those of "
        "eval_clips.csv, without a file ending.",
        "Line 4, column 1: The clip e1 has no line; every eval clip needs one.",
    ]


@pytest.mark.parametrize(("n", "is_cut"), [(19, False), (20, True), (21, True)])
def test_twenty_problems_are_enough(n, is_cut):
    names = tuple(f"e{i}" for i in range(n))
    expected = Expected(names, ("/m/a",), ("Ant",), takes_labels=False)
    text = "fname,/m/a\n" + "".join(f"{name},?\n" for name in names)
    with pytest.raises(SubmissionMalformed) as refused:
        read(text, expected)
    assert len(refused.value.found) == min(n, 20)
    assert refused.value.is_cut is is_cut


def test_what_was_received_is_shown_short_and_inert():
    (first, *_) = sentences(GOOD.replace("0.1", '"=HYPERLINK(""x"")"'))
    assert "Received '=HYPERLINK(" in first
    (first, *_) = sentences(GOOD.replace("0.1", "\x1b[2J" + "y" * 99))
    assert "\x1b" not in first
    assert len(first) < 160


def test_a_file_that_never_ends_is_given_up_on():
    class Endless:
        n_read = 0

        def readline(self, size: int) -> bytes:
            self.n_read += size
            return b"," * size

    endless = Endless()
    with pytest.raises(SubmissionMalformed):
        read_submission(endless, EXPECTED)
    assert endless.n_read < 2 * EXPECTED.most_bytes


def test_one_to_three_labels_for_map_at_3():
    scores = read("fname,label\ne0,Bee Ant\ne1,/m/b\n", LABELS)
    assert scores.tolist() == [[2, 3], [-np.inf, 3]]


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("", Kind.N_LABELS),
        ("Ant Bee Ant Bee", Kind.N_LABELS),
        ("Ant Ant", Kind.LABEL_TWICE),
        ("Cow", Kind.LABEL_UNKNOWN),
    ],
)
def test_labels_are_checked(label, kind):
    assert problems(f"fname,label\ne0,{label}\ne1,Bee\n", LABELS) == [(2, 2, kind)]


def test_labels_are_taken_for_map_at_3_only():
    assert (1, 2, Kind.HEADER_UNKNOWN) in problems("fname,label\ne0,Ant\ne1,Bee\n")
    assert read(GOOD, LABELS).tolist() == read(GOOD).tolist()


def test_the_problems_cross_a_process_border():
    with pytest.raises(SubmissionMalformed) as refused:
        read("")
    assert pickle.loads(pickle.dumps(refused.value)).found == refused.value.found


@given(st.binary(max_size=300) | st.text(alphabet='fnameANT,/\n\r"=.0123 -_e', max_size=200))
def test_any_bytes_end_in_scores_or_in_problems(data):
    try:
        scores = read(data)
    except SubmissionMalformed as error:
        assert 1 <= len(error.found) <= 20
        assert all(found.line >= 1 and found.column >= 1 for found in error.found)
    else:
        assert np.isfinite(scores).all()


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=2, max_size=2))
def test_what_python_writes_is_read_back_exactly(rows):
    lines = [f"e{i},{a!r},{b!r}\n" for i, (a, b) in enumerate(rows)]
    assert read("fname,/m/a,/m/b\n" + "".join(lines)).tolist() == [list(row) for row in rows]
