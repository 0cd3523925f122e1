"""``update_ontology`` and ``diff_ontology``: a loaded ontology, changed and looked at."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.audit.models import AuditEvent
from datasets_app.labels.services import infer_labels
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass
from datasets_app.ontology.selectors import class_specs
from datasets_app.ontology.services import update_ontology
from datasets_app.ontology.source_files import OntologySource
from datasets_app.splits.models import Vocabulary, VocabularyClass
from tests.datasets_app.conftest import CLASSES

pytestmark = pytest.mark.django_db


def update(*arguments: object, **options: object) -> None:
    call_command("update_ontology", "small", *map(str, arguments), **options)


def snapshot() -> list[list[dict[str, object]]]:
    tables = (Ontology, SoundClass, Edge, Closure, AuditEvent)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def changed(mid: str, **keys: object) -> list[dict[str, object]]:
    """Return the small ontology with one class saying something else."""
    return [{**entry, **keys} if entry["id"] == mid else entry for entry in CLASSES]


class TestUpdating:
    def test_edges_change_their_propagation_and_the_closure_follows(
        self, ontology, write_edges, check_closure, capsys
    ):
        update(edges=write_edges(("/m/bark", "/m/dog", 0), ("/m/growl", "/m/dog", 1)))
        out = capsys.readouterr().out
        assert "Edges propagating otherwise (2):" in out
        assert "  Bark → Dog propagates no more\n" in out
        assert "  Growling → Dog propagates now\n" in out
        assert out.endswith("Updated ontology small.\n")
        reached = Closure.objects.filter(ancestor__mid="/m/animal", propagates=True)
        assert set(reached.values_list("descendant__mid", flat=True)) == {
            "/m/dog",
            "/m/cat",
            "/m/growl",
            "/m/howl",
        }
        check_closure(ontology)

    def test_rules_are_replaced_and_nothing_else(self, ontology, write, capsys):
        before = {c.mid: (c.name, c.faq) for c in ontology.classes.all()}
        rules = {"/m/rain": {"name": "Rain", "keywords": ["drizzle", "rain"]}}
        update(keywords=write(rules, "rules.json"))
        assert "  Rain: + drizzle; - veto rainstick\n" in capsys.readouterr().out
        rain = ontology.classes.get(mid="/m/rain")
        assert (rain.keywords, rain.omit_keywords) == ([["drizzle"], ["rain"]], [])
        assert {c.mid: (c.name, c.faq) for c in ontology.classes.all()} == before

    def test_a_new_file_adds_removes_renames_and_moves_classes(
        self, ontology, write, check_closure, capsys
    ):
        new = [entry for entry in changed("/m/cat", name="Felidae") if entry["id"] != "/m/hum"]
        new = [
            {**entry, "child_ids": ["/m/dog"]} if entry["id"] == "/m/animal" else entry
            for entry in new
        ]
        update(write([*new, {"id": "/m/owl", "name": "Owl", "child_ids": ["/m/cat"]}]))
        out = capsys.readouterr().out
        assert "Classes added (1):\n  Owl (/m/owl)\n" in out
        assert "Classes removed (1):\n  Hum (/m/hum)\n" in out
        assert "Classes renamed (1):\n  Cat → Felidae (/m/cat)\n" in out
        assert "Edges added (1):\n  Felidae → Owl\n" in out
        assert "Edges removed (1):\n  Felidae → Animal\n" in out
        assert not ontology.classes.filter(mid="/m/hum").exists()
        check_closure(ontology)

    def test_what_a_new_file_does_not_say_stays(self, ontology, write):
        before = class_specs(ontology=ontology)
        plain = [
            {key: entry[key] for key in ("id", "name", "child_ids", "restrictions") if key in entry}
            for entry in CLASSES
        ]
        update(write(plain))
        assert class_specs(ontology=ontology) == before
        assert not AuditEvent.objects.filter(verb="update_ontology").exists()

    def test_the_audit_trail_says_what_it_was_and_what_changed(self, ontology, write_edges):
        update(edges=write_edges(("/m/bark", "/m/dog", 0)))
        event = AuditEvent.objects.get(verb="update_ontology")
        assert event.before == {"source_sha256": "0" * 64}
        assert event.after["changed_edges"] == [
            {"parent": "/m/dog", "child": "/m/bark", "propagates": False}
        ]
        assert event.after["source_sha256"] == Ontology.objects.get().source_sha256 != "0" * 64

    def test_the_same_files_again_change_nothing(self, ontology, write_edges, capsys):
        edges = write_edges(("/m/bark", "/m/dog", 0))
        update(edges=edges)
        before = snapshot()
        capsys.readouterr()
        update(edges=edges)
        assert capsys.readouterr().out == "Nothing changes.\n"
        assert snapshot() == before

    def test_a_changed_ontology_is_still_known_by_the_file_it_came_from(
        self, write, write_edges, capsys
    ):
        path = write(CLASSES, "small.json")
        call_command("load_ontology", path)
        update(edges=write_edges(("/m/bark", "/m/dog", 0)))
        call_command("load_ontology", path)
        out = capsys.readouterr().out
        assert "Already loaded: ontology small" in out
        assert out.endswith("It was changed since by update_ontology and is left as it is.\n")
        assert not Edge.objects.get(child__mid="/m/bark").propagates

    def test_the_collections_to_nominate_anew_are_named(self, collection, write, capsys):
        rules = {"/m/rain": {"name": "Rain", "keywords": ["drizzle"]}}
        update(keywords=write(rules, "rules.json"))
        assert capsys.readouterr().out.endswith("Next: nominate_labels --collection yard\n")

    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
    )
    @given(
        edges=st.lists(
            st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()).filter(
                lambda e: e[0] < e[1]
            ),
            unique_by=lambda e: e[:2],
        )
    )
    def test_the_closure_is_right_after_any_change(self, ontology, check_closure, edges):
        mids = [entry["id"] for entry in CLASSES[:7]]
        data = [
            {
                "id": mid,
                "name": mid,
                "child_ids": [mids[j] for k, j, _ in edges if k == i],
                "propagate_to_parents": [mids[k] for k, j, up in edges if j == i and up],
            }
            for i, mid in enumerate(mids)
        ]
        update_ontology(ontology=ontology, source=OntologySource("1" * 64, data))
        check_closure(ontology)


class TestARefusedUpdate:
    @pytest.fixture(autouse=True)
    def nothing_is_written(self, collection, request):
        before = snapshot()
        yield
        if "make_nomination" not in request.fixturenames:
            assert snapshot() == before

    def test_a_class_with_nominations_is_never_deleted(
        self, make_clip, make_nomination, write, capsys
    ):
        make_nomination(make_clip("1"), "/m/hum")
        make_nomination(make_clip("2"), "/m/rain")
        before = snapshot()
        rest = [entry for entry in CLASSES if entry["id"] not in ("/m/hum", "/m/rain")]
        with pytest.raises(CommandError) as caught:
            update(write(rest))
        assert str(caught.value) == (
            "Hum, Rain would be deleted and have nominations; keep the class in the file, with the "
            "restriction blacklist if it is to be nominated no more."
        )
        assert "Classes removed (2):" in capsys.readouterr().out
        assert snapshot() == before

    def test_a_class_of_a_vocabulary_is_not_deleted(self, collection, sound_class, write):
        vocabulary = Vocabulary.objects.create(collection=collection, min_dev=1, min_eval=1)
        VocabularyClass.objects.create(
            vocabulary=vocabulary, sound_class=sound_class("/m/hum"), n_dev=1, n_eval=1
        )
        with pytest.raises(CommandError, match="Hum would be deleted and stands in vocabulary"):
            update(write([entry for entry in CLASSES if entry["id"] != "/m/hum"]))

    def test_a_cycle_is_named(self, write):
        with pytest.raises(CommandError, match=r"form a cycle.*remove one of these edges"):
            update(write(changed("/m/bark", child_ids=["/m/animal"])))

    def test_an_unknown_mid_is_named(self, write, write_edges):
        with pytest.raises(CommandError, match=r"edges\.csv line 2: there is no class '/m/owl'"):
            update(edges=write_edges(("/m/owl", "/m/dog", 0)))
        with pytest.raises(CommandError, match=r"'/m/owl' \(Owl\), which is not in the ontology"):
            update(keywords=write({"/m/owl": {"name": "Owl", "keywords": ["owl"]}}, "r.json"))

    def test_an_empty_word_is_named(self, write):
        with pytest.raises(CommandError, match=r"Class Rain \(/m/rain\): keywords holds ' '"):
            update(keywords=write({"/m/rain": {"name": "Rain", "keywords": [" "]}}, "r.json"))

    def test_a_break_in_the_middle_leaves_all_as_it_was(self, write, monkeypatch):
        def break_off(*_: object) -> None:
            raise OSError("the disk is full")

        monkeypatch.setattr("datasets_app.ontology.records.update_closure", break_off)
        with pytest.raises(CommandError, match="the disk is full"):
            update(write(changed("/m/rain", name="Downpour", child_ids=["/m/hum"])))

    def test_without_a_file_there_is_nothing_to_do(self):
        with pytest.raises(CommandError, match="No file was given"):
            update()

    def test_an_unknown_name_is_answered_with_those_there_are(self, write):
        with pytest.raises(CommandError, match="no ontology 'big'; there are: small"):
            call_command("update_ontology", "big", str(write(CLASSES)))


class TestDiffing:
    @pytest.fixture
    def labelled(self, collection, make_clip, make_nomination, vote) -> None:
        """Two clips where bark is decided present, one where growling is, one where cat is not."""
        for number, mid, answer in [
            ("1", "/m/bark", "PP"),
            ("2", "/m/bark", "PNP"),
            ("3", "/m/growl", "PP"),
            ("4", "/m/cat", "NP"),
        ]:
            nomination = make_nomination(make_clip(number), mid)
            vote(nomination, "ada", answer)
            vote(nomination, "bob", answer)
        infer_labels(collection=collection)

    def test_it_says_which_implied_labels_come_and_go_and_writes_nothing(
        self, labelled, write_edges, capsys
    ):
        before = snapshot()
        edges = write_edges(("/m/bark", "/m/dog", 0), ("/m/growl", "/m/dog", 1))
        call_command("diff_ontology", "small", edges=edges, collection="yard")
        assert capsys.readouterr().out.splitlines() == [
            "Edges propagating otherwise (2):",
            "  Bark → Dog propagates no more",
            "  Growling → Dog propagates now",
            "3 labels of yard are decided present:",
            "  2 implied labels gained:",
            "    Animal: 1",
            "    Dog: 1",
            "  4 implied labels lost:",
            "    Animal: 2",
            "    Dog: 2",
        ]
        assert snapshot() == before

    def test_what_leaves_the_labels_alone_is_said_to(self, labelled, write, capsys):
        rules = write({"/m/rain": {"name": "Rain", "keywords": ["drizzle"]}}, "rules.json")
        call_command("diff_ontology", "small", keywords=rules, collection="yard")
        assert capsys.readouterr().out.splitlines() == [
            "Classes with other keyword rules (1):",
            "  Rain: + drizzle; - rain; - veto rainstick",
            "3 labels of yard are decided present; what they imply stays as it is.",
        ]

    def test_two_files_are_compared_without_any_ontology_loaded(self, db, write, capsys):
        old = write([{"id": "a", "name": "A"}], "old.json")
        new = write([{"id": "a", "name": "B", "restrictions": ["abstract"]}], "new.json")
        call_command("diff_ontology", str(old), str(new))
        assert capsys.readouterr().out.splitlines() == [
            "Classes renamed (1):",
            "  A → B (a)",
            "Classes with other flags (1):",
            "  B: abstract",
        ]

    def test_labels_whose_class_goes_are_counted(self, labelled, write, capsys, tmp_path):
        new = [
            {**entry, "child_ids": ["/m/growl", "/m/howl"]} if entry["id"] == "/m/dog" else entry
            for entry in CLASSES
            if entry["id"] != "/m/bark"
        ]
        file = tmp_path / "diff.json"
        call_command("diff_ontology", "small", str(write(new)), collection="yard", json=Path(file))
        assert "  2 decided labels without a class afterwards:\n    Bark: 2\n" in (
            capsys.readouterr().out
        )
        found = json.loads(file.read_text())
        assert found["removed_classes"] == ["/m/bark"]
        assert found["labels"][0]["orphaned"] == {"/m/bark": 2}
        assert found["labels"][0]["lost"] == {"/m/dog": 2, "/m/animal": 2}

    def test_labels_of_classes_that_the_old_one_lacks_are_said_to_be_so(self, labelled, write):
        with pytest.raises(CommandError, match=r"labels of /m/bark, /m/growl, which the old"):
            call_command(
                "diff_ontology", str(write([{"id": "a", "name": "A"}])), "small", collection="yard"
            )

    def test_neither_file_nor_ontology_is_said_to_be_so(self, ontology):
        with pytest.raises(CommandError, match="'big' is neither a file nor a loaded ontology"):
            call_command("diff_ontology", "big", "small")

    def test_nothing_to_compare_with_is_said_to_be_so(self, ontology):
        with pytest.raises(CommandError, match="No file was given"):
            call_command("diff_ontology", "small")

    def test_many_changes_are_counted_after_the_first_twenty(self, ontology, write, capsys):
        more = [{"id": f"x{i}", "name": f"X {i}"} for i in range(30)]
        call_command("diff_ontology", "small", str(write([*CLASSES, *more])))
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "Classes added (30):"
        assert lines[-1] == "  … and 10 more; diff_ontology --json FILE lists all"
