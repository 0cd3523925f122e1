"""AudioSet's segment lists come in as published or respaced, once, and whole or not at all."""

import pytest

from datasets_app.clips.models import Clip
from datasets_app.importers.audioset_segments import import_audioset_segments
from datasets_app.importers.tables import SourceError
from datasets_app.nominations.models import Nomination

PUBLISHED = """\
# Segments csv created Sun Mar  5 10:54:31 2017
# num_ytids=2, num_segs=2, num_unique_labels=3, num_positive_labels=3
# YTID, start_seconds, end_seconds, positive_labels
--PJHxphWEs, 30.000, 40.000, "/m/dog,/m/cat"
-0RWZT-miFs, 420.500, 428.250, "/m/rain"
"""
RESPACED = (
    "YTID,start_seconds,end_seconds,positive_labels\n"
    '--PJHxphWEs,30.000,40.000,"/m/dog,/m/cat"\n'
    '-0RWZT-miFs,420.500,428.250,"/m/rain"\n'
)


@pytest.fixture
def bring(ontology):
    def run(source, content, name="list.csv"):
        path = source.write(name, content)
        return import_audioset_segments(source=path, collection="set", ontology=ontology)

    return run


@pytest.mark.parametrize("content", [PUBLISHED, RESPACED], ids=["published", "respaced"])
def test_either_spacing_gives_the_same_clips(source, bring, content):
    summary = bring(source, content)
    assert (summary.n_clips, summary.n_nominations, summary.n_votes) == (2, 3, 0)
    clip = Clip.objects.get(external_id="-0RWZT-miFs_420500")
    assert (clip.duration_s, clip.uploader.name) == (7.75, "YouTube video -0RWZT-miFs")
    assert clip.source_url == "https://www.youtube.com/watch?v=-0RWZT-miFs&t=420s"
    assert not clip.has_recording


def test_labels_are_nominations_that_wait_for_people(source, bring):
    bring(source, PUBLISHED)
    dog = Nomination.objects.get(sound_class__mid="/m/dog")
    assert (dog.origin, dog.evidence) == (Nomination.Origin.IMPORT, {"source": "AudioSet"})
    assert not dog.votes.exists()
    assert dog.priority == 300.0  # a clip of 10 s without a vote


def test_importing_twice_adds_nothing_and_another_list_adds_its_own(source, bring, count_records):
    bring(source, PUBLISHED)
    before = count_records()
    assert bring(source, RESPACED).n_known == 2
    assert count_records() == before
    more = bring(source, 'abcdefghijk,0,10,"/m/dog"\n')
    assert (more.n_clips, more.n_known) == (1, 0)


FAULTS = {
    "unknown class": ('abcdefghijk,0,10,"/m/x"', "list.csv line 1: the ontology small has no"),
    "path": ('../../../xy,0,10,"/m/dog"', "line 1: YTID '../../../xy' is not 11"),
    "short id": ('abc,0,10,"/m/dog"', "YTID 'abc' is not 11"),
    "backwards": ('abcdefghijk,10,10,"/m/dog"', "ends at 10 s and starts at 10 s"),
    "negative": ('abcdefghijk,-1,10,"/m/dog"', "start_seconds '-1' is no number of seconds"),
    "infinite": ('abcdefghijk,0,inf,"/m/dog"', "end_seconds 'inf' is no number of seconds"),
    "nan": ('abcdefghijk,nan,1,"/m/dog"', "start_seconds 'nan' is no number of seconds"),
    "unquoted": ("abcdefghijk,0,10,/m/dog,/m/cat", "5 cells, not YTID"),
    "twice": (
        'abcdefghijk,0,10,"/m/dog"\nabcdefghijk,0.0,5,"/m/dog"',
        "line 2: clip abcdefghijk_0 was listed before",
    ),
    "nothing": ("# only a comment", "lists no segment"),
    "NUL": ('abcdefghijk,0,10,"/m/\x00dog"', "line 1 holds a NUL"),
}


@pytest.mark.parametrize(("content", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_line_is_named_and_leaves_the_database_as_it_was(
    source, bring, count_records, content, sentence
):
    before = count_records()
    with pytest.raises(SourceError, match=sentence):
        bring(source, f"{content}\n")
    assert count_records() == before


def test_lines_are_numbered_with_their_comments(source, bring):
    with pytest.raises(SourceError, match="line 4: the ontology"):
        bring(source, PUBLISHED.replace("/m/dog", "/m/x"))


def test_a_missing_file_is_refused_in_a_sentence(tmp_path, ontology):
    with pytest.raises(SourceError, match=r"none\.csv cannot be read: No such file"):
        import_audioset_segments(source=tmp_path / "none.csv", collection="set", ontology=ontology)
