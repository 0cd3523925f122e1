"""``nominate_labels`` after the ontology's rules or edges changed, and with other fields."""

import pytest
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.domain.nominations.keyword_rules import ClassRules
from datasets_app.nominations import services
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import nominate_labels
from datasets_app.ontology.edge_table import EdgeRow
from datasets_app.ontology.services import update_ontology
from datasets_app.ontology.source_files import OntologySource

pytestmark = pytest.mark.django_db


def nominated(clip: Clip) -> set[str]:
    return set(clip.nominations.values_list("sound_class__mid", flat=True))


@pytest.fixture
def change(ontology):
    """Change the rules of some classes, or the propagation of some edges."""

    def to(*, edges: tuple[EdgeRow, ...] = (), **rules: ClassRules) -> None:
        keywords = {f"/m/{name}": entry for name, entry in rules.items()}
        update_ontology(ontology=ontology, source=OntologySource("1" * 64, None, edges, keywords))

    return to


class TestAfterARuleChanged:
    def test_what_it_finds_now_is_added_and_what_it_found_is_withdrawn(
        self, collection, make_clip, change
    ):
        rainy, drizzly = make_clip("1", tags=["rain"]), make_clip("2", tags=["drizzle"])
        nominate_labels(collection=collection)
        change(rain=ClassRules("Rain", (("drizzle",),)))
        summary = nominate_labels(collection=collection)
        assert (summary.n_added, summary.n_withdrawn) == (1, 1)
        assert (nominated(rainy), nominated(drizzly)) == (set(), {"/m/rain"})

    def test_a_new_veto_withdraws(self, collection, make_clip, change):
        clip = make_clip("1", tags=["rain", "city"])
        nominate_labels(collection=collection)
        change(rain=ClassRules("Rain", (("rain",),), ("city",)))
        assert nominate_labels(collection=collection).n_withdrawn == 1
        assert nominated(clip) == set()

    def test_what_has_a_vote_stays_as_it_was_with_its_evidence(
        self, collection, make_clip, vote, change
    ):
        clip = make_clip("1", tags=["rain"])
        nominate_labels(collection=collection)
        vote(clip.nominations.get(), "ada", "NP", is_trusted=False)
        before = Nomination.objects.values("pk", "evidence", "origin").get()
        change(rain=ClassRules("Rain", (("rain", "city"),)))
        summary = nominate_labels(collection=collection)
        assert (summary.n_withdrawn, summary.n_reworded) == (0, 0)
        assert Nomination.objects.values("pk", "evidence", "origin").get() == before

    def test_the_evidence_is_of_the_rule_as_it_stands(self, collection, make_clip, change):
        clip = make_clip("1", tags=["rain", "city"])
        nominate_labels(collection=collection)
        before = clip.nominations.get()
        change(rain=ClassRules("Rain", (("rain", "city"),)))
        summary = nominate_labels(collection=collection)
        assert (summary.n_added, summary.n_withdrawn, summary.n_reworded) == (0, 0, 1)
        after = clip.nominations.get()
        assert after.evidence["rule"] == ["rain", "city"]
        assert (after.pk, after.shuffle, after.origin) == (before.pk, before.shuffle, "keyword")

    def test_what_a_model_said_is_no_evidence_to_bring_up_to_date(
        self, collection, make_clip, make_nomination
    ):
        clip = make_clip("1", tags=["rain"])
        make_nomination(clip, "/m/rain", origin=Nomination.Origin.MODEL, evidence={"score": 0.9})
        assert nominate_labels(collection=collection).n_reworded == 0
        assert clip.nominations.get().evidence == {"score": 0.9}


class TestAfterAnEdgeChanged:
    def test_an_ancestor_comes_back_once_the_edge_propagates_no_more(
        self, collection, make_clip, change
    ):
        clip = make_clip("1", tags=["dog", "bark"])
        nominate_labels(collection=collection)
        assert nominated(clip) == {"/m/bark"}
        change(edges=(EdgeRow("/m/bark", "/m/dog", False, "line 2"),))
        assert nominate_labels(collection=collection).n_added == 1
        assert nominated(clip) == {"/m/bark", "/m/dog"}

    def test_an_unvoted_ancestor_goes_once_the_edge_propagates(self, collection, make_clip, change):
        clip = make_clip("1", tags=["dog", "growl"])
        nominate_labels(collection=collection)
        change(edges=(EdgeRow("/m/growl", "/m/dog", True, "line 2"),))
        assert nominate_labels(collection=collection).n_withdrawn == 1
        assert nominated(clip) == {"/m/growl"}

    def test_a_voted_ancestor_stays(self, collection, make_clip, vote, change):
        clip = make_clip("1", tags=["dog", "growl"])
        nominate_labels(collection=collection)
        vote(clip.nominations.get(sound_class__mid="/m/dog"), "ada", "PP")
        change(edges=(EdgeRow("/m/growl", "/m/dog", True, "line 2"),))
        assert nominate_labels(collection=collection).n_withdrawn == 0
        assert nominated(clip) == {"/m/growl", "/m/dog"}


class TestFields:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            (["tags"], {"/m/rain"}),
            (["title"], {"/m/cat"}),
            (["description"], {"/m/bark"}),
            (["tags", "title"], {"/m/rain", "/m/cat"}),
            (["tags", "title", "description"], {"/m/rain", "/m/cat", "/m/bark"}),
        ],
    )
    def test_words_are_looked_for_where_asked(self, collection, make_clip, fields, expected):
        clip = make_clip("1", tags=["rain"], title="cat.wav", description="It barks.")
        call_command("nominate_labels", "--collection", "yard", "--fields", ",".join(fields))
        assert nominated(clip) == expected
        event = AuditEvent.objects.get(verb="nominate_labels")
        assert event.after["fields"] == fields

    def test_a_veto_counts_in_the_fields_that_are_read(self, collection, make_clip):
        clip = make_clip("1", tags=["rain"], description="A rainstick, not weather.")
        nominate_labels(collection=collection)
        assert nominated(clip) == {"/m/rain"}
        nominate_labels(collection=collection, fields=["tags", "description"])
        assert nominated(clip) == set()

    def test_an_unknown_field_is_refused_and_nothing_is_withdrawn(self, collection, make_clip):
        clip = make_clip("1", tags=["rain"])
        nominate_labels(collection=collection)
        with pytest.raises(CommandError, match="'tag' is not known; choose from tags, title, desc"):
            call_command("nominate_labels", "--collection", "yard", "--fields", "tag")
        assert nominated(clip) == {"/m/rain"}


def test_a_vote_cast_while_rules_are_applied_keeps_its_nomination(
    collection, make_clip, vote, change, monkeypatch
):
    clip = make_clip("1", tags=["rain"])
    nominate_labels(collection=collection)
    change(rain=ClassRules("Rain", (("drizzle",),)))

    def vote_first(ids: list[int]) -> int:
        vote(clip.nominations.get(), "ada", "PP")
        return withdraw(ids)

    withdraw = services._withdraw
    monkeypatch.setattr(services, "_withdraw", vote_first)
    assert nominate_labels(collection=collection).n_withdrawn == 0
    assert nominated(clip) == {"/m/rain"}
