"""``load_ontology --edges --keywords``: files that override what the ontology file says."""

import json

import pytest
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass
from datasets_app.ontology.selectors import propagating_ancestors

pytestmark = pytest.mark.django_db

SOUNDS = [
    {"id": "a", "name": "Animal", "child_ids": ["d"]},
    {"id": "d", "name": "Dog", "child_ids": ["g"], "keywords": ["dog"]},
    {"id": "g", "name": "Growling", "keywords": ["growl"], "omit_keywords": ["tummy"]},
]


def load(path, **options) -> None:
    call_command("load_ontology", str(path), **options)


def is_untouched() -> bool:
    tables = (Ontology, SoundClass, Edge, Closure, AuditEvent)
    return not any(table.objects.exists() for table in tables)


@pytest.mark.real_data
def test_fsd50k_brings_17_edges_that_do_not_propagate_and_1517_rules(
    shared_data, check_closure, capsys
):
    fsd50k = shared_data / "fsd50k"
    load(
        shared_data / "audioset" / "ontology.json",
        name="fsd50k",
        edges=fsd50k / "propagation_edges.csv",
        keywords=fsd50k / "keyword_rules.json",
    )
    assert capsys.readouterr().out == (
        "Loaded ontology fsd50k with 632 classes, 670 edges (17 not propagating) and 1,517 keyword "
        "rules.\n"
    )
    ontology = Ontology.objects.get()
    assert sum(bool(c.omit_keywords) for c in ontology.classes.all()) == 70
    still = Edge.objects.filter(propagates=False).values_list("child__name", "parent__name")
    assert ("Growling", "Dog") in still
    assert ("Bell", "Musical instrument") in still
    growling = ontology.classes.get(name="Growling")
    assert growling.pk not in propagating_ancestors(ontology=ontology)
    speech = ontology.classes.get(name="Speech")
    assert speech.keywords == [["speech"], ["talk"], ["speak"]]
    assert speech.positive_examples[:2] == [73523, 273929]
    check_closure(ontology)


def test_a_file_overrides_the_edges_and_rules_that_it_names_and_no_others(
    write, write_edges, check_closure
):
    rules = {"d": {"name": "Dog", "keywords": ["hound", ["big", "dog"]], "omit_keywords": ["hot"]}}
    load(
        write(SOUNDS),
        edges=write_edges(("g", "d", 0)),
        keywords=write(rules, "rules.json"),
    )
    edges = dict(Edge.objects.values_list("child__mid", "propagates"))
    assert edges == {"d": True, "g": False}
    dog, growling = (SoundClass.objects.get(mid=mid) for mid in "dg")
    assert (dog.keywords, dog.omit_keywords) == ([["hound"], ["big", "dog"]], ["hot"])
    assert (growling.keywords, growling.omit_keywords) == ([["growl"]], ["tummy"])
    check_closure(dog.ontology)


def test_the_identity_of_an_ontology_covers_all_its_files(write, write_edges):
    path, edges = write(SOUNDS), write_edges(("g", "d", 0))
    load(path, edges=edges)
    load(path, edges=edges)
    with pytest.raises(CommandError, match=r"loaded from other content.*update_ontology sounds"):
        load(path)
    edges.write_text(edges.read_text().replace("0", "1"))
    with pytest.raises(CommandError, match="loaded from other content"):
        load(path, edges=edges)
    assert AuditEvent.objects.filter(verb="load_ontology").count() == 1


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            "child_mid,parent_mid,propagates\nd,a,1\nx,a,0\n",
            "edges.csv line 3: there is no class 'x' in the ontology; correct the mid or remove "
            "the line.",
        ),
        (
            "child_mid,parent_mid,propagates\ng,a,0\n",
            "edges.csv line 2: a is not a parent of g in the ontology; correct the line or remove "
            "it.",
        ),
        (
            "child_mid,parent_mid,propagates\nd,a,perhaps\n",
            "edges.csv line 2: propagates is 'perhaps'; write 1 if a label of the child implies "
            "the parent, 0 if not.",
        ),
        (
            "child_mid,parent_mid,propagates\nd,a,1\nd,a,0\n",
            "edges.csv line 3 names the edge d → a that stands in edges.csv line 2; keep one.",
        ),
        (
            "child_mid,parent_mid,propagates\nd,,1\n",
            "edges.csv line 2 lacks child_mid or parent_mid; give both.",
        ),
        (
            "child,parent\nd,a\n",
            "edges.csv lacks the column child_mid, parent_mid, propagates; its first line must "
            "name child_mid, parent_mid, propagates.",
        ),
        (
            "",
            "edges.csv lacks the column child_mid, parent_mid, propagates; its first line must "
            "name child_mid, parent_mid, propagates.",
        ),
    ],
    ids=["unknown", "no-edge", "value", "twice", "half", "columns", "empty"],
)
def test_a_faulty_table_of_edges_is_refused_with_its_line(write, table, sentence):
    with pytest.raises(CommandError) as caught:
        load(write(SOUNDS), edges=write(table, "edges.csv"))
    assert str(caught.value) == sentence
    assert caught.value.returncode == 1
    assert is_untouched()


def test_bytes_that_are_no_table_are_refused(write, tmp_path):
    path = tmp_path / "edges.csv"
    path.write_bytes(b"child_mid,parent_mid,propagates\n\xff\xfe,a,1\n")
    with pytest.raises(CommandError, match=r"edges\.csv is no UTF-8 table"):
        load(write(SOUNDS), edges=path)
    assert is_untouched()


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            {"x": {"name": "Owl", "keywords": ["owl"]}},
            "Keyword rules name 'x' (Owl), which is not in the ontology; correct the mid or remove "
            "its rules.",
        ),
        (
            {"d": {"name": "Dog", "keywords": ["dog", ["big", ""]]}},
            "rules.json: Class Dog (d): keywords holds '', which has no letter or digit; write a "
            "word or remove it.",
        ),
        (
            {"d": {"name": "Dog", "keywords": ["dog\x00"]}},
            "Class Dog (d): the rules hold 'dog\\x00', which is no text; remove it.",
        ),
        ([], "rules.json: The keyword rules are no object or empty; give class mids and their "
         "rules."),
    ],
    ids=["unknown", "empty-word", "nul", "list"],
)  # fmt: skip
def test_faulty_rules_are_refused_with_their_class(write, rules, sentence):
    with pytest.raises(CommandError) as caught:
        load(write(SOUNDS), keywords=write(rules, "rules.json"))
    assert str(caught.value) == sentence
    assert is_untouched()


def test_a_word_of_signs_alone_is_refused_when_the_rules_stand_in_the_ontology_file(write):
    faulty = [*SOUNDS[:2], {"id": "g", "name": "Growling", "keywords": ["!?"]}]
    with pytest.raises(CommandError, match=r"Class g.*'!\?'.*no letter or digit"):
        load(write(faulty))
    assert is_untouched()


def test_all_faults_are_named_up_to_twenty(write, write_edges):
    with pytest.raises(CommandError) as caught:
        load(write(SOUNDS), edges=write_edges(*((f"x{i}", "a", 1) for i in range(25))))
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "And 5 more problems."


def test_rules_that_are_no_json_are_refused(write):
    with pytest.raises(CommandError, match=r"rules\.json is not JSON"):
        load(write(SOUNDS), keywords=write("{", "rules.json"))
    assert is_untouched()


def test_what_a_rules_file_says_beside_the_rules_is_passed_over(write):
    rules = {"d": {"name": "Dog", "keywords": ["hound"], "colour": "brown"}}
    load(write(SOUNDS), keywords=write(json.dumps(rules), "rules.json"))
    assert SoundClass.objects.get(mid="d").keywords == [["hound"]]
