"""What changed between two releases, and why, from their folders and the records."""

import csv
import uuid
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.releases.label_cause import Cause
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.releases.differences.changes import CollectionsDiffer, changes_between
from datasets_app.releases.differences.clip_streams import released_clips, side_by_side
from datasets_app.releases.differences.selectors import (
    Wanted,
    changed_clips,
    changed_labels,
    count_causes,
    count_classes,
    count_clips,
    count_kinds,
)
from datasets_app.releases.differences.stored import (
    difference_path,
    open_difference,
    store_difference,
)
from datasets_app.releases.models import Release
from datasets_app.releases.options import FIRST_LAYOUT
from datasets_app.releases.reading import ReleaseFileError
from datasets_app.releases.services import build_release
from datasets_app.votes.models import Vote, VoteRevision


@pytest.fixture
def old(collection: Collection, tmp_path: Path) -> Release:
    return release(collection, tmp_path, "1.0")


def release(collection: Collection, tmp_path: Path, version: str = "2.0") -> Release:
    infer_labels(collection=collection)
    out = tmp_path / version
    return build_release(collection=collection, version=version, out=out, options=FIRST_LAYOUT)


def nomination(collection: Collection, fname: str, mid: str) -> Nomination:
    return Nomination.objects.get(clip__collection=collection, clip__external_id=fname,
                                  sound_class__mid=mid)  # fmt: skip


def answer(asked: Nomination, name: str, given: str, **fields: object) -> Vote:
    annotator, _ = Annotator.objects.get_or_create(source="small", name=name)
    task = fields.pop("task", Vote.Task.VALIDATION)
    return Vote.objects.create(nomination=asked, annotator=annotator, answer=given, task=task,
                               cast_at=timezone.now(), **fields)  # fmt: skip


def rows(old: Release, new: Release) -> dict[tuple[str, str], object]:
    return {(row.fname, row.mid): row for clip in changes_between(old, new) for row in clip.labels}


def test_nothing_differs_where_nothing_happened(old, collection, tmp_path):
    assert list(changes_between(old, release(collection, tmp_path))) == []


def test_new_answers_are_the_cause_and_what_follows_from_them_says_so(old, collection, tmp_path):
    asked = nomination(collection, "c03", "/m/bark")
    for vote in asked.votes.all():
        VoteRevision.objects.create(vote=vote, nomination=asked, annotator=vote.annotator,
                                    answer=vote.answer, cast_at=vote.cast_at)  # fmt: skip
        Vote.objects.filter(pk=vote.pk).update(answer="PP", cast_at=timezone.now())
    found = rows(old, release(collection, tmp_path))
    assert set(found) == {("c03", "/m/bark"), ("c03", "/m/animal")}
    bark = found["c03", "/m/bark"].explanation
    assert (bark.cause, bark.given, bark.dropped) == (Cause.ANSWERS, ("PP", "PP"), ("NP", "NP"))
    animal = found["c03", "/m/animal"]
    assert animal.explanation.cause is Cause.PROPAGATED
    assert animal.explanation.classes == ("/m/bark",)
    assert (animal.root.cause, animal.root.given) == (Cause.ANSWERS, ("PP", "PP"))


def test_a_class_outside_the_vocabulary_can_be_what_a_label_follows_from(old, collection, tmp_path):
    asked = nomination(collection, "c04", "/m/dog")
    asked.votes.update(answer="NP", cast_at=timezone.now())
    found = rows(old, release(collection, tmp_path))
    animal = found["c04", "/m/animal"]
    assert animal.explanation.cause is Cause.NO_LONGER_IMPLIED
    assert animal.explanation.classes == ("/m/dog",)
    assert animal.root.cause is Cause.ANSWERS


def test_every_way_to_a_label_has_its_cause(old, collection, tmp_path):
    bell, open_bell = (nomination(collection, f, "/m/bell") for f in ("c04", "c06"))
    Adjudication.objects.create(
        nomination=bell,
        annotator=Annotator.objects.create(source="small", name="judge"),
        answer="PP",
        reason="It rings at the end.",
        idempotency_key=uuid.uuid4(),
    )
    answer(open_bell, "expert", "PNP", is_expert=True)
    refined = Nomination.objects.create(
        clip=open_bell.clip,
        sound_class=nomination(collection, "c03", "/m/bark").sound_class,
        origin=Nomination.Origin.PERSON,
    )
    answer(refined, "refiner", "PP", is_expert=True, task=Vote.Task.REFINEMENT)
    suspected = Nomination.objects.create(
        clip=collection.clips.get(external_id="c01"),
        sound_class=bell.sound_class,
        origin=Nomination.Origin.MODEL,
    )
    for name in ("annotator 0", "annotator 1"):
        answer(suspected, name, "PP")
    found = rows(old, release(collection, tmp_path))
    causes = {pair: row.explanation.cause for pair, row in found.items()}
    assert causes == {
        ("c01", "/m/bell"): Cause.MODEL_FLAG,
        ("c04", "/m/bell"): Cause.ADJUDICATION,
        ("c06", "/m/animal"): Cause.PROPAGATED,
        ("c06", "/m/bark"): Cause.REFINEMENT,
        ("c06", "/m/bell"): Cause.EXPERT,
    }
    assert found["c04", "/m/bell"].explanation.adjudged == "PP"


def test_answers_set_aside_are_told(old, collection, tmp_path):
    from datasets_app.votes.pages import Page

    asked = nomination(collection, "c01", "/m/bark")
    vote = asked.votes.order_by("pk").first()
    page = Page.objects.create(annotator=vote.annotator, collection=collection,
                               sound_class=asked.sound_class, opened_at=timezone.now(),
                               expires_at=timezone.now(), closed_at=timezone.now(),
                               has_failed=True)  # fmt: skip
    Vote.objects.filter(pk=vote.pk).update(is_trusted=False, page=page)
    found = rows(old, release(collection, tmp_path))["c01", "/m/bark"].explanation
    assert (found.cause, found.set_aside) == (Cause.VERIFICATION, ("PP",))


def test_what_happens_after_the_new_release_is_no_cause(old, collection, tmp_path):
    asked = nomination(collection, "c05", "/m/animal")
    Vote.objects.filter(nomination__clip__external_id="c05", answer="PP").delete()
    new = release(collection, tmp_path)
    before = rows(old, new)
    answer(asked, "late", "NP", is_expert=True)
    assert rows(old, new) == before


def test_clips_that_go_and_move_and_classes_that_merge_are_told(old, collection, tmp_path):
    Clip.objects.filter(external_id="c03").update(state=Clip.State.WITHDRAWN)
    split = collection.splits.get()
    split.assignments.filter(clip__external_id="c02").update(part="val")
    split.vocabulary.classes.filter(sound_class__mid="/m/bark").delete()
    merge = split.vocabulary.merges.create(
        sound_class=nomination(collection, "c01", "/m/bark").sound_class, reason="too few"
    )
    merge.into.add(nomination(collection, "c02", "/m/animal").sound_class)
    new = release(collection, tmp_path)
    store_difference(old, new)
    with open_difference(old, new) as database:
        assert count_clips(database) == {"added": 0, "removed": 1, "moved": 1}
        gone, moved = (next(changed_clips(database, what)) for what in ("removed", "moved"))
        assert (gone.fname, gone.is_withdrawn, gone.new_part) == ("c03", True, None)
        assert (moved.fname, moved.old_part, moved.new_part) == ("c02", "train", "val")
        merged = list(changed_labels(database, Wanted(cause=Cause.CLASS_MERGED)))
        assert {row.mid for row in merged} == {"/m/bark"}
        assert merged[0].found.classes == ("/m/animal",)
        assert dict(count_causes(database))[Cause.CLIP_WITHDRAWN] == 2
        assert sum(count_kinds(database).values()) == len(list(changed_labels(database, Wanted())))
        assert count_classes(database)["/m/bell"] == {"gained": 0, "lost": 1, "other": 0}


def test_pages_of_a_difference_follow_each_other_without_a_gap(old, collection, tmp_path):
    Clip.objects.filter(external_id__in=["c01", "c03"]).update(state=Clip.State.WITHDRAWN)
    new = release(collection, tmp_path)
    store_difference(old, new)
    with open_difference(old, new) as database:
        everything = list(changed_labels(database, Wanted(kind="lost")))
        found, after = [], 0
        while page := list(changed_labels(database, Wanted(kind="lost"), after=after, most=1)):
            found += page
            after = page[-1].pk
    assert found == everything
    assert [(row.fname, row.mid) for row in found] == sorted((r.fname, r.mid) for r in found)


def test_a_difference_that_fails_leaves_no_file(old, collection, tmp_path):
    new = release(collection, tmp_path)
    labels = Path(new.path) / "ground_truth/labels.csv"
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    with pytest.raises(ReleaseFileError, match="must be in the order of fname"):
        store_difference(old, new)
    assert not difference_path(old, new).exists()
    assert list(difference_path(old, new).parent.iterdir()) == []
    with open_difference(old, new) as database:
        assert database is None


def test_labels_of_a_clip_that_a_release_lacks_are_refused(old):
    folder = Path(old.path)
    with (folder / "ground_truth/labels.csv").open("a") as handle:
        handle.write("c99,/m/bark,positive,rated\n")
    with pytest.raises(ReleaseFileError, match="c99"):
        list(released_clips(folder))


def test_releases_of_two_collections_are_not_compared(old):
    other = Collection(pk=old.collection_id + 1, name="other")
    with pytest.raises(CollectionsDiffer, match="of two collections"):
        next(changes_between(old, Release(collection=other, version="1")))


def test_side_by_side_pairs_every_clip_once(old):
    clips = list(released_clips(Path(old.path)))
    pairs = list(side_by_side(iter(clips[::2]), iter(clips[1:])))
    assert [(a or b).fname for a, b in pairs] == [clip.fname for clip in clips]
    assert all((a is None) or (b is None) or a.fname == b.fname for a, b in pairs)


def test_queries_do_not_grow_with_the_changes(old, collection, tmp_path):
    def n_queries(new: Release) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert list(changes_between(old, new))
        return len(asked)

    nomination(collection, "c01", "/m/bark").votes.update(answer="NP")
    one = n_queries(release(collection, tmp_path, "2.0"))
    Vote.objects.update(answer="NP")
    assert n_queries(release(collection, tmp_path, "3.0")) == one


def test_the_command_says_what_changed_and_writes_each_change(old, collection, tmp_path, capsys):
    Clip.objects.filter(external_id="c03").update(state=Clip.State.WITHDRAWN)
    Vote.objects.filter(nomination__clip__external_id="c04", answer="PP").update(
        answer="NP", cast_at=timezone.now()
    )
    release(collection, tmp_path)
    out = tmp_path / "changes.csv"
    call_command("diff_releases", "small", "1.0", "2.0", "--out", str(out))
    said = capsys.readouterr().out
    assert "1.0 → 2.0: clips +0 −1, 0 in another part; classes +0 −0; labels +0 −2" in said
    assert "the clip was withdrawn" in said
    with out.open(encoding="utf-8", newline="") as handle:
        written = list(csv.DictReader(handle))
    assert (
        written[0] | {"what": "removed", "fname": "c03", "before": "train", "now": ""}
        == (written[0])
    )
    animal = next(row for row in written if row["fname"] == "c04" and row["mid"] == "/m/animal")
    assert (animal["cause"], animal["root"]) == ("no_longer_implied", "answers")
    assert animal["answers_given"] == "NP NP"


def test_the_command_names_the_releases_there_are(old):
    with pytest.raises(CommandError, match=r"no release '9'; there are: 1\.0\."):
        call_command("diff_releases", "small", "1.0", "9")
