"""``import_votes``: all of a file or nothing of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.audit.models import AuditEvent
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotator_of_user
from datasets_app.votes.importing import ImportSummary, import_votes
from datasets_app.votes.models import Vote, VoteRevision
from datasets_app.votes.table import VoteTableError

pytestmark = pytest.mark.django_db

HEADER = "annotator,clip_id,mid,answer\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def to_file(text: str | bytes) -> Path:
        path = tmp_path / "votes.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


@pytest.fixture
def read(collection, make_clip, write) -> Callable[..., ImportSummary]:
    """Import rows into a collection with the clips a and b."""
    make_clip("a")
    make_clip("b")

    def from_text(rows: str, header: str = HEADER) -> ImportSummary:
        return import_votes(collection=collection, path=write(header + rows))

    return from_text


def answers() -> dict[tuple[str, str, str], str]:
    rows = Vote.objects.values_list(
        "annotator__name", "nomination__clip__external_id", "nomination__sound_class__mid", "answer"
    )
    return {(name, clip, mid): answer for name, clip, mid, answer in rows}


def is_untouched() -> bool:
    tables: list[Any] = [Vote, VoteRevision, Nomination, Annotator]
    return not any(table.objects.exists() for table in tables)


def test_every_row_becomes_a_vote(read):
    summary = read("ada,a,/m/rain,PP\nben,a,/m/rain, np \nada,b,/m/dog,u\n")
    assert answers() == {
        ("ada", "a", "/m/rain"): "PP",
        ("ben", "a", "/m/rain"): "NP",
        ("ada", "b", "/m/dog"): "U",
    }
    assert (summary.n_rows, summary.n_added, summary.n_annotators) == (3, 3, 2)
    assert set(Vote.objects.values_list("task", flat=True)) == {Vote.Task.IMPORT}


def test_missing_nominations_are_created_with_where_they_came_from(read, make_nomination):
    summary = read("ada,a,/m/rain,PP\nben,a,/m/rain,PP\n")
    assert summary.n_nominations == 1
    nomination = Nomination.objects.get()
    assert nomination.origin == Nomination.Origin.IMPORT
    assert nomination.evidence == {"file": "votes.csv"}
    assert nomination.priority == 2300.0


def test_a_nomination_that_is_there_keeps_its_origin(read, collection, make_nomination):
    make_nomination(collection.clips.get(external_id="a"), "/m/rain")
    assert read("ada,a,/m/rain,PP\n").n_nominations == 0
    assert Nomination.objects.get().origin == Nomination.Origin.KEYWORD


def test_classes_that_keywords_may_not_nominate_can_be_voted_on(read):
    assert read("ada,a,/m/animal,PP\nada,a,/m/hum,NP\n").n_added == 2


def test_a_second_import_changes_nothing(read):
    rows = "ada,a,/m/rain,PP\nben,b,/m/dog,NP\n"
    read(rows)
    before = [list(t.objects.order_by("pk").values()) for t in (Vote, Nomination, Annotator)]
    summary = read(rows)
    assert (summary.n_added, summary.n_revised, summary.n_unchanged) == (0, 0, 2)
    assert summary.n_nominations == 0
    after = [list(t.objects.order_by("pk").values()) for t in (Vote, Nomination, Annotator)]
    assert after == before
    assert AuditEvent.objects.filter(verb="import_votes").count() == 1


def test_a_revised_answer_keeps_its_history(read):
    read("ada,a,/m/rain,PP\nben,a,/m/rain,PP\n")
    first = Vote.objects.get(annotator__name="ada")
    summary = read("ada,a,/m/rain,NP\nben,a,/m/rain,PP\n")
    assert (summary.n_added, summary.n_revised, summary.n_unchanged) == (0, 1, 1)
    assert answers()["ada", "a", "/m/rain"] == "NP"
    revision = VoteRevision.objects.get()
    assert (revision.vote_id, revision.answer) == (first.pk, "PP")
    assert revision.cast_at == first.cast_at


def test_a_revised_answer_moves_the_priority(read):
    read("ada,a,/m/rain,PP\n")
    read("ada,a,/m/rain,NP\n")
    assert Nomination.objects.get().priority == 300.0


def test_an_imported_name_is_not_the_user_of_that_name(read):
    person = annotator_of_user(user=User.objects.create_user("ada"))
    read("ada,a,/m/rain,PP\n")
    assert not person.votes.exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",a,/m/rain,PP", "annotator must be a name of 1 to 150 characters"),
        (f"{'x' * 151},a,/m/rain,PP", "annotator must be a name of 1 to 150 characters"),
        ("a\0da,a,/m/rain,PP", "annotator holds a NUL character"),
        ("ada,z,/m/rain,PP", "the collection has no clip 'z'"),
        ("ada,,/m/rain,PP", "the collection has no clip ''"),
        ("ada,a,/m/none,PP", "the ontology has no class '/m/none'"),
        ("ada,a,/m/rain,yes", "Answer 'yes' is not known: write PP, PNP, NP or U"),
        ("ada,a,/m/rain,", "Answer '' is not known"),
        ("ada,a", "the ontology has no class ''"),
        ("ada", "the collection has no clip ''"),
        ("ada,a,/m/rain,PP,again", "it has more cells than the header"),
        ("zoe,b,/m/dog,NP", "the same annotator, clip and class stand in line 2"),
    ],
)
def test_a_malformed_row_is_named_by_its_line_and_nothing_is_imported(read, row, reason):
    with pytest.raises(VoteTableError) as caught:
        read(f"zoe,b,/m/dog,PP\n{row}\nada,b,/m/rain,PP\n")
    assert f"line 3: {reason}" in str(caught.value)
    assert "nothing was imported because of 1 faulty line:" in str(caught.value)
    assert is_untouched()


def test_all_malformed_rows_are_listed_up_to_twenty(read):
    with pytest.raises(VoteTableError) as caught:
        read("ada,a,/m/rain,PP\n" + "ada,z,/m/rain,PP\n" * 25)
    lines = str(caught.value).splitlines()
    assert "25 faulty lines" in lines[0]
    assert [line.split(":")[0].strip() for line in lines[1:21]] == [
        f"line {number}" for number in range(3, 23)
    ]
    assert lines[21].strip() == "and 5 more lines"
    assert is_untouched()


def test_a_quoted_name_may_hold_a_comma_and_lines_are_counted_as_an_editor_does(read):
    assert read('"Lovelace, Ada",a,/m/rain,PP\n').n_added == 1
    with pytest.raises(VoteTableError, match="line 4: the collection has no clip 'z'"):
        read('"Ada\nLovelace",a,/m/rain,PP\nben,z,/m/rain,PP\n')


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "lacks the columns annotator, clip_id, mid, answer"),
        (b"annotator,clip_id,mid\n", "lacks the column answer"),
        (HEADER.encode() + b"Zo\xeb,a,/m/rain,PP\n", "cannot be read as UTF-8 csv"),
    ],
)
def test_a_file_that_is_no_table_of_votes_is_refused(collection, write, content, reason):
    with pytest.raises(VoteTableError, match=reason):
        import_votes(collection=collection, path=write(content))


def test_a_missing_file_is_refused_by_name(collection, tmp_path):
    with pytest.raises(VoteTableError, match=r"none\.csv cannot be read"):
        import_votes(collection=collection, path=tmp_path / "none.csv")


def test_a_byte_order_mark_and_other_columns_do_not_matter(collection, make_clip, write):
    make_clip("a")
    text = "\ufefffold,answer,mid,clip_id,annotator\n1,PP,/m/rain,a,ada\n"
    assert import_votes(collection=collection, path=write(text)).n_added == 1


def test_the_command_ends_with_the_faulty_lines(collection, write):
    path = write(HEADER + "ada,z,/m/rain,PP\n")
    with pytest.raises(CommandError, match="line 2: the collection has no clip 'z'"):
        call_command("import_votes", str(path), collection="yard")


KEYS = st.tuples(
    st.sampled_from(["ada", "ben"]), st.sampled_from("ab"), st.sampled_from(["/m/rain", "/m/dog"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(files=st.lists(st.dictionaries(KEYS, st.sampled_from(list(Answer))), max_size=3))
def test_whatever_is_imported_the_last_answer_of_each_annotator_stands(read, files):
    VoteRevision.objects.all().delete()
    Vote.objects.all().delete()
    expected: dict[tuple[str, str, str], str] = {}
    n_changes = 0
    for table in files:
        read("".join(f"{','.join(key)},{answer}\n" for key, answer in table.items()))
        n_changes += sum(expected.get(key, answer) != answer for key, answer in table.items())
        expected |= {key: str(answer) for key, answer in table.items()}
    assert answers() == expected
    assert VoteRevision.objects.count() == n_changes
