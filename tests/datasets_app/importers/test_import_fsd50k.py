"""FSD50K comes in as published, from either layout, once, and whole or not at all."""

import json
from collections import Counter

import pytest

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip, Collection
from datasets_app.importers.fsd50k import import_fsd50k, list_recordings
from datasets_app.importers.fsd50k_classes import plain_faq
from datasets_app.importers.tables import SourceError
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.votes.models import Vote


@pytest.fixture
def bring(ontology):
    def run(source, name="fsd"):
        return import_fsd50k(source=source.path, collection=name, ontology=ontology)

    return run


def test_the_releases_own_layout_comes_in_with_all_its_parts(original, bring):
    summary = bring(original)
    assert (summary.n_clips, summary.n_uploaders, summary.n_votes) == (4, 4, 14)
    assert summary.n_by_part == {"train": 2, "val": 1, "eval": 1}
    clip = Clip.objects.get(external_id="101")
    assert clip.uploader.name == "ana"
    assert clip.description == 'Said "woof",\r\n\\.\r\nthen\tslept.'
    assert clip.tags == ["dog", "Zürich", "field-recording"]
    assert clip.license == "http://creativecommons.org/publicdomain/zero/1.0/"
    assert (clip.freesound_id, clip.source_url) == (101, "https://freesound.org/s/101/")
    assert (clip.has_recording, clip.duration_s, clip.suffix) == (False, None, "")
    assert len({c.uuid for c in Clip.objects.all()}) == 4


def test_the_flat_layout_comes_in_with_what_it_has(flat, bring):
    summary = bring(flat)
    assert (summary.n_clips, summary.n_votes) == (3, 12)
    clip = Clip.objects.get(external_id="101")
    assert (clip.title, clip.uploader.name, clip.license) == ("Dog.wav", "ana", "CC0")


def test_ratings_become_votes_of_annotators_known_by_position_only(original, bring):
    bring(original)
    votes = Vote.objects.filter(
        nomination__clip__external_id="103", nomination__sound_class__mid="/m/cat"
    ).order_by("annotator__name")
    assert [(v.annotator.name, v.answer) for v in votes] == [
        ("rating 1", "PNP"),
        ("rating 2", "PNP"),
        ("rating 3", "U"),
        ("rating 4", "NP"),
    ]
    assert {v.annotator.source for v in votes} == {"fsd"}
    assert {v.task for v in votes} == {Vote.Task.IMPORT}


def test_a_label_that_nobody_rated_is_nominated_without_a_vote(original, bring):
    bring(original)
    cat = Nomination.objects.get(clip__external_id="102", sound_class__mid="/m/cat")
    assert cat.origin == Nomination.Origin.IMPORT
    assert cat.evidence == {"source": "FSD50K", "how": "collected"}
    assert not cat.votes.exists()


def test_labels_can_be_decided_afterwards(original, bring):
    bring(original)
    summary = infer_labels(collection=Collection.objects.get(name="fsd"))
    assert summary.n_by_state == {"decided": 3, "incomplete": 1, "conflicted": 1}


def test_priorities_are_those_that_the_rule_gives(original, bring):
    """Without a length a nomination's priority is its number of present votes (here 3, 1, 2)."""
    bring(original)
    rated = Nomination.objects.filter(votes__isnull=False).distinct()
    found = dict(rated.values_list("sound_class__mid", "priority").filter(clip__external_id="101"))
    assert found == {"/m/bark": 3.0, "/m/dog": 1.0}


def test_the_published_split_and_its_vocabulary_are_kept(original, bring):
    bring(original)
    split = Collection.objects.get(name="fsd").splits.get()
    parts = dict(split.assignments.values_list("clip__external_id", "part"))
    assert parts == {"101": "train", "102": "train", "103": "val", "201": "eval"}
    classes = split.vocabulary.classes.values_list("sound_class__mid", "n_dev", "n_eval")
    assert set(classes) == {
        ("/m/animal", 2, 1),
        ("/m/bark", 1, 0),
        ("/m/cat", 1, 1),
        ("/m/dog", 1, 0),
        ("/m/rain", 1, 1),
    }
    assert (split.vocabulary.min_dev, split.vocabulary.min_eval) == (1, 0)
    assert split.eval_share == 0.25
    assert split.val_share == pytest.approx(1 / 3)


def test_a_clip_of_an_unknown_uploader_stands_alone(flat, bring):
    summary = bring(flat)
    names = Counter(Clip.objects.values_list("uploader__name", flat=True))
    assert names == {"ana": 1, "unknown uploader of 102": 1, "unknown uploader of 103": 1}
    assert any("uploaders of 2 of 3 clips are not known" in text for text in summary.warnings)


def test_each_absent_file_is_named_in_one_sentence(flat, bring):
    warnings = bring(flat).warnings
    for absent in (
        "FSD50K.metadata/class_info_FSD50K.json is not there: the classes get no FAQ.",
        "FSD50K.ground_truth/eval.csv is not there: the eval part is left out.",
        "No audio folder is there: the clips are metadata alone.",
    ):
        assert absent in warnings
    assert any("dev_clips_info_FSD50K.json is not there" in text for text in warnings)


def test_a_complete_folder_is_not_warned_about_files(original, bring):
    original.write("FSD50K.dev_audio/101.wav", "no sound")
    warnings = bring(original).warnings
    assert warnings == [w for w in warnings if "uploaders of 1 of 4 clips" in w]


def test_edges_that_differ_from_the_published_ones_are_told(flat, bring):
    assert any("in 1 edges" in text for text in bring(flat).warnings)


def test_faqs_come_as_plain_text_and_overwrite_nothing(original, bring):
    SoundClass.objects.filter(mid="/m/dog").update(faq="Ours.")
    original.write(
        "FSD50K.metadata/class_info_FSD50K.json",
        {"/m/bark": {"faq": "<p>No &amp; no.</p>"}, "/m/dog": {"faq": "<p>Theirs.</p>"}},
    )
    bring(original)
    faqs = dict(SoundClass.objects.exclude(faq="").values_list("mid", "faq"))
    assert faqs == {"/m/bark": "No & no.", "/m/dog": "Ours."}


def test_the_broken_html_of_the_published_faqs_leaves_no_trace():
    fragment = '<div class="ui">\r\n class="title">\r\n <i></i> Is it?</div> <p>Yes.</p>'
    assert plain_faq(fragment) == "Is it?\n\nYes."


def test_importing_twice_adds_nothing(original, bring, count_records):
    bring(original)
    before = count_records()
    again = bring(original)
    assert (again.n_added, again.n_known, again.n_by_part) == (0, 4, {})
    assert count_records() == before


def test_the_eval_part_may_follow_later(original, bring):
    original.remove("FSD50K.ground_truth/eval.csv")
    bring(original)
    original.write("FSD50K.ground_truth/eval.csv", "fname,labels,mids\n201,Rain,/m/rain\n")
    later = bring(original)
    assert (later.n_clips, later.n_known, later.n_votes) == (1, 3, 2)
    latest = Collection.objects.get(name="fsd").splits.order_by("-pk").first()
    assert latest.assignments.count() == 4


def test_a_clip_that_is_there_keeps_its_fields_and_gets_its_votes(
    original, bring, make_clip, collection, make_nomination
):
    clip = make_clip("101", title="Ours", duration_s=4.0)
    make_nomination(clip, "/m/bark")
    summary = bring(original, collection.name)
    clip.refresh_from_db()
    assert (clip.title, summary.n_known, summary.n_clips) == ("Ours", 1, 3)
    bark = clip.nominations.get(sound_class__mid="/m/bark")
    assert (bark.origin, bark.votes.count()) == (Nomination.Origin.KEYWORD, 3)
    assert bark.priority == 3300.0  # three present votes, and a clip of 4 s


FAULTS = {
    "unknown class": (
        "ground_truth/dev.csv",
        "9,X,/m/x,train",
        "dev.csv line 2: ./m/x. is not in voc",
    ),
    "no Freesound id": ("ground_truth/dev.csv", "../9,Rain,/m/rain,train", "is no Freesound id"),
    "unknown part": ("ground_truth/dev.csv", "9,Rain,/m/rain,test", "line 2: split is 'test'"),
    "repeated clip": (
        "ground_truth/dev.csv",
        "9,Rain,/m/rain,val\n9,Rain,/m/rain,val",
        "dev.csv line 3: clip 9 was listed before",
    ),
    "missing cell": ("ground_truth/dev.csv", "9,Rain,/m/rain", "line 2 has 3 cells"),
    "NUL": ("ground_truth/dev.csv", "9,Rain,/m/ra\x00in,val", "line 2 holds a NUL"),
    "open quote": ("ground_truth/dev.csv", '9,"Rain,/m/rain,val', "cannot be read as csv"),
}


@pytest.mark.parametrize(("file", "row", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_row_is_named_and_leaves_the_database_as_it_was(
    original, bring, count_records, file, row, sentence
):
    original.write(f"FSD50K.{file}", f"fname,labels,mids,split\n{row}\n")
    before = count_records()
    with pytest.raises(SourceError, match=sentence.replace("(", r"\(")):
        bring(original)
    assert count_records() == before


JSON_FAULTS = {
    "a rating of 2": ("pp_pnp_ratings_FSD50K.json", {"101": {"/m/bark": [2]}}, "a rating is 1"),
    "a text rating": ("pp_pnp_ratings_FSD50K.json", {"101": {"/m/bark": "PP"}}, "no list of 1"),
    "no ratings": ("pp_pnp_ratings_FSD50K.json", {"101": {"/m/bark": []}}, "no list of 1 to 50"),
    "nested": ("pp_pnp_ratings_FSD50K.json", {"101": {"/m/bark": [[1]]}}, "a rating is 1"),
    "a list": ("pp_pnp_ratings_FSD50K.json", [1], "line 1 is not the JSON object"),
    "cut short": ("pp_pnp_ratings_FSD50K.json", '{"101": {"/m/bark"', "line 1 is not the JSON"),
    "twice": ("pp_pnp_ratings_FSD50K.json", '{"1": {}, "1": {}}', "entry '1' is there twice"),
    "info": ("dev_clips_info_FSD50K.json", {"101": {"title": 7}}, "title is no text"),
    "long": ("dev_clips_info_FSD50K.json", {"101": {"title": "x" * 501}}, "more than 500"),
    "NUL": ("dev_clips_info_FSD50K.json", {"101": {"uploader": "a\x00"}}, "are no text"),
    "surrogate": ("dev_clips_info_FSD50K.json", {"101": {"tags": ["\ud800"]}}, "are no text"),
    "tags": ("dev_clips_info_FSD50K.json", {"101": {"tags": 7}}, "of clip 101"),
    "faq": ("class_info_FSD50K.json", {"/m/bark": {"faq": 7}}, "no text as its faq"),
}


@pytest.mark.parametrize(("file", "content", "sentence"), JSON_FAULTS.values(), ids=JSON_FAULTS)
def test_a_faulty_entry_is_named_and_leaves_the_database_as_it_was(
    original, bring, count_records, file, content, sentence
):
    original.write(f"FSD50K.metadata/{file}", content)
    before = count_records()
    with pytest.raises(SourceError, match=sentence):
        bring(original)
    assert count_records() == before


def test_a_folder_without_ground_truth_is_refused(source, bring):
    with pytest.raises(SourceError, match="holds no ground truth of FSD50K"):
        bring(source)


def test_a_class_outside_of_the_vocabulary_is_refused(original, bring):
    original.write("FSD50K.ground_truth/vocabulary.csv", "0,Rain,/m/rain\n")
    with pytest.raises(SourceError, match=r"dev.csv line 2: '/m/animal' is not in vocabulary"):
        bring(original)


def test_ratings_of_clips_that_no_part_lists_are_told(original, bring):
    original.write(
        "FSD50K.metadata/pp_pnp_ratings_FSD50K.json", {"999": {"/m/bark": [1]}, "101": {}}
    )
    assert any("rates 1 clips that no part lists" in text for text in bring(original).warnings)


def test_recordings_are_found_by_their_number_alone(original):
    for name in ("101.wav", "notes.txt", "..wav", "x101.wav"):
        original.write(f"FSD50K.dev_audio/{name}", "")
    assert list(list_recordings(original.path)) == [("101", "FSD50K.dev_audio/101.wav")]


def test_progress_reaches_the_number_of_clips(original, ontology):
    told = []
    import_fsd50k(
        source=original.path,
        collection="fsd",
        ontology=ontology,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (4, 4)


def test_the_audit_trail_says_what_was_added(original, bring):
    bring(original)
    after = AuditEvent.objects.get(verb="import_dataset").after
    assert (after["source"], after["n_clips"], after["n_votes"]) == ("FSD50K", 4, 14)
    json.dumps(after)
