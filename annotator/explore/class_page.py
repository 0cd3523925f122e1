"""A class: where it stands, what it is, how it sounds, and what it is mistaken for."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotator.explore.class_cards import ClassCard, Pace
from annotator.explore.class_list import Place, read_place
from datasets_app.clips.class_models import ClassExample, ClassGoal
from datasets_app.clips.models import Collection
from datasets_app.domain.clips.licenses import safe_address
from datasets_app.domain.labels.class_goals import ClassStanding
from datasets_app.domain.labels.confusions import Confusion
from datasets_app.domain.labels.introduction import HEARD_ENOUGH, ExampleSource
from datasets_app.labels.class_standings import class_confusions
from datasets_app.labels.examples import (
    ClassExamples,
    ExampleList,
    ShownExample,
    class_examples,
)
from datasets_app.labels.introduction_gate import Gate, describe_gate, kept_sentence
from datasets_app.labels.introductions import IntroductionState, introduction_state
from datasets_app.ontology.models import SoundClass
from datasets_app.ontology.selectors import child_classes, class_paths
from datasets_app.people.models import Annotator

SOURCE_NAMES: dict[tuple[ExampleSource, str], Promise] = {
    (ExampleSource.CURATOR, ClassExample.Kind.EXAMPLE): _("Chosen by the curators."),
    (ExampleSource.CURATOR, ClassExample.Kind.COUNTER_EXAMPLE): _("Chosen by the curators."),
    (ExampleSource.ONTOLOGY, ClassExample.Kind.EXAMPLE): _("Named by the ontology."),
    (ExampleSource.DECISIONS, ClassExample.Kind.EXAMPLE): _(
        "Nobody has chosen any: these were decided present and predominant most surely."
    ),
    (ExampleSource.DECISIONS, ClassExample.Kind.COUNTER_EXAMPLE): _(
        "Nobody has chosen any: these were proposed, and decided not present most surely."
    ),
}


@dataclass(frozen=True, slots=True)
class HeardExample:
    """An example and whether this person has heard it; ``number`` counts from 1."""

    shown: ShownExample
    number: int
    percent: int

    @property
    def is_heard(self) -> bool:
        """Say whether enough of it was heard."""
        return self.percent >= 100 * HEARD_ENOUGH


@dataclass(frozen=True, slots=True)
class ExampleSection:
    """Examples of one kind and, in words, where they come from."""

    kind: str
    source: Promise | str
    examples: tuple[HeardExample, ...]


@dataclass(frozen=True, slots=True)
class ClassPage:
    """The page from left to right; ``gate`` is None for those who do not judge."""

    collection: Collection
    sound_class: SoundClass
    paths: list[tuple[SoundClass, ...]]
    children: list[SoundClass]
    confusions: list[Confusion]
    card: ClassCard
    has_own_goal: bool
    sections: tuple[ExampleSection, ExampleSection]
    gate: Gate | None

    @property
    def citation(self) -> str | None:
        """The address that the ontology cites, if a page may link to it."""
        return safe_address(self.sound_class.citation_uri)

    @property
    def n_examples(self) -> int:
        """Examples and counter-examples."""
        return sum(len(section.examples) for section in self.sections)

    @property
    def n_heard(self) -> int:
        """Those that were heard."""
        return sum(e.is_heard for section in self.sections for e in section.examples)

    @property
    def heard_address(self) -> str:
        """Where the page tells what was heard."""
        return reverse("example-heard", args=[self.collection.name, self.sound_class.mid])


def class_page(
    collection: Collection, sound_class: SoundClass, annotator: Annotator | None
) -> ClassPage:
    """Gather the page; the number of queries does not grow with the collection."""
    place = read_place(collection, annotator)
    examples = class_examples(collection=collection, sound_class=sound_class)
    state, gate = None, None
    if annotator is not None:
        state = introduction_state(
            annotator=annotator,
            collection=collection,
            sound_class=sound_class,
            examples=examples,
        )
        gate = _gate(place, sound_class, state)
    return ClassPage(
        collection,
        sound_class,
        class_paths(sound_classes=[sound_class])[sound_class.pk],
        child_classes(ontology=collection.ontology, parent=sound_class),
        class_confusions(collection=collection, sound_class=sound_class),
        _card(place, sound_class),
        ClassGoal.objects.filter(collection=collection, sound_class=sound_class).exists(),
        example_sections(examples, state),
        gate,
    )


def example_sections(
    examples: ClassExamples, state: IntroductionState | None
) -> tuple[ExampleSection, ExampleSection]:
    """Return both kinds, numbered through, with what was heard of each."""
    n = len(examples.examples.shown)
    return (
        _section(ClassExample.Kind.EXAMPLE, examples.examples, state, 1),
        _section(ClassExample.Kind.COUNTER_EXAMPLE, examples.counter_examples, state, n + 1),
    )


def _section(
    kind: str, found: ExampleList, state: IntroductionState | None, first: int
) -> ExampleSection:
    heard = state.heard if state else {}
    shown = tuple(
        HeardExample(e, number, int(100 * min(1.0, heard.get(e.clip.pk, 0.0))))
        for number, e in enumerate(found.shown, start=first)
    )
    source = SOURCE_NAMES[found.source, kind] if found.source else ""
    return ExampleSection(kind, source, shown)


def _gate(place: Place, sound_class: SoundClass, state: IntroductionState) -> Gate:
    if sound_class.pk in place.offers.hidden_class_ids:
        return Gate(False, kept_sentence(sound_class))
    return describe_gate(state.standing.is_open, state.standing.n_to_hear, sound_class)


def _card(place: Place, sound_class: SoundClass) -> ClassCard:
    row = place.standings.get(sound_class.pk)
    if row is None:
        goal = place.collection.class_goal
        standing = ClassStanding(sound_class.pk, sound_class.name, 0, goal, 0)
        return ClassCard(place.collection, sound_class, standing, None)
    pace = Pace([place.collection], place.annotator)
    minutes = pace.minutes(place.collection.pk, row.standing.n_open)
    return ClassCard(place.collection, sound_class, row.standing, minutes)
