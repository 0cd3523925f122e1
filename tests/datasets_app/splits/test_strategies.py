"""The three ways to divide dev, their figures side by side, and iterative stratification."""

import csv
import json

import numpy as np
import pytest
import snowballstemmer
from django.core.management import CommandError, call_command
from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

from datasets_app.clips.services import open_collection
from datasets_app.domain.label_matrix import label_matrix
from datasets_app.domain.nominations.nomination import ClipText, KeywordMatcher
from datasets_app.domain.splits.contamination import measure_contamination
from datasets_app.ontology.services import load_ontology
from datasets_app.splits.models import Split, TrainValStrategy
from datasets_app.splits.services import SplitSettings, assign_splits
from datasets_app.splits.strategies import divide_dev, split_iteratively

NEW = -1


def some_labels(n_clips: int = 200, n_classes: int = 5):
    rng = np.random.default_rng(3)
    rows = np.repeat(np.arange(n_clips), 2)
    return label_matrix(rows, rng.integers(0, n_classes, 2 * n_clips), (n_clips, n_classes))


class TestIterativeStratification:
    def test_is_that_of_the_package(self):
        labels = some_labels()
        dense = np.hstack([labels.toarray(), np.zeros((200, 1), bool)])
        rng = np.random.RandomState(np.random.MT19937(4))
        peer = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=30, random_state=rng)
        _, expected = next(peer.split(dense, dense))
        found = split_iteratively(labels, val_share=0.15, seed=4)
        assert np.flatnonzero(found).tolist() == sorted(expected.tolist())

    def test_keeps_the_share_of_every_class(self):
        labels = some_labels()
        is_val = split_iteratively(labels, val_share=0.15, seed=0)
        found = measure_contamination(labels, np.arange(200), is_val)
        assert np.abs(found.val_share_per_class - 0.15).max() < 0.02

    @pytest.mark.parametrize(("n_clips", "n_val"), [(0, 0), (1, 0), (2, 0), (4, 1), (20, 3)])
    def test_a_single_class_and_few_clips_are_no_obstacle(self, n_clips, n_val):
        labels = label_matrix(range(n_clips), [0] * n_clips, (n_clips, 1))
        assert split_iteratively(labels, val_share=0.15, seed=0).sum() == n_val

    def test_training_keeps_a_clip_however_large_the_share(self):
        labels = label_matrix(range(3), [0] * 3, (3, 1))
        assert split_iteratively(labels, val_share=0.99, seed=0).sum() == 2

    def test_the_largest_seed_will_do(self):
        assert split_iteratively(some_labels(), val_share=0.15, seed=2**63 - 1).sum() > 0


@pytest.mark.parametrize("strategy", list(TrainValStrategy))
@pytest.mark.django_db
class TestEveryStrategy:
    def test_leaves_clips_that_have_a_side_where_they_are(self, strategy):
        labels, group = some_labels(), np.arange(200) % 40
        fixed = np.where(np.arange(200) < 120, np.arange(200) % 3 == 0, NEW)
        is_val, _ = divide_dev(labels, group, fixed, strategy=strategy, val_share=0.15, seed=0)
        assert (is_val[:120] == (fixed[:120] == 1)).all()

    def test_divides_by_the_one_that_was_chosen(self, strategy, yard):
        settings = SplitSettings(strategy=strategy, min_dev=1, min_eval=1)
        split = assign_splits(collection=yard, settings=settings)
        assert split.contamination["chosen"] == strategy
        assert split.assignments.filter(part="val").exists()

    def test_the_command_takes_it_and_marks_it(self, strategy, yard, capsys):
        call_command("assign_splits", collection="yard", strategy=strategy.value)
        printed = capsys.readouterr().out.splitlines()
        marked = [line.split()[1] for line in printed if line.startswith("*")]
        assert marked == [strategy]
        assert sum(" WC " in line and " BC " in line for line in printed) == 3


@pytest.mark.django_db
def test_all_three_are_on_record_with_every_figure(yard):
    found = assign_splits(collection=yard, settings=SplitSettings()).contamination
    assert found.keys() == {"contamination", "random", "iterative", "chosen"}
    for name in ("contamination", "random", "iterative"):
        figures = found[name]
        assert 0 <= figures["within_class"] <= 1 and 0 <= figures["between_class"] <= 1
        assert 0 <= figures["n_contaminated_groups"] <= 10
        shares = figures["val_share_per_class"]
        assert 0 <= shares["min"] <= shares["mean"] <= shares["max"] <= 1
    assert found["contamination"]["within_class"] <= found["random"]["within_class"]


@pytest.mark.django_db
def test_an_unknown_strategy_is_refused_in_a_sentence(yard):
    with pytest.raises((CommandError, ValueError), match="alphabetical"):
        call_command("assign_splits", "--collection", "yard", "--strategy", "alphabetical")
    with pytest.raises(ValueError, match="give one of contamination, random, iterative"):
        SplitSettings(strategy="alphabetical")
    assert not Split.objects.exists()


@pytest.fixture
def clotho(db, shared_data, add_labelled_clips):
    """Return Clotho's clips and uploaders, labelled by what FSD50K's rules find in the tags."""
    published = json.loads((shared_data / "fsd50k" / "keyword_rules.json").read_text())
    data = [{"id": mid, "name": rules["name"]} for mid, rules in published.items()]
    ontology, _ = load_ontology(name="classes", data=data, source_sha256="0" * 64)
    collection = open_collection(name="clotho", ontology=ontology)
    rules = {
        mid: ([(k,) if isinstance(k, str) else tuple(k) for k in c["keywords"]], c["omit_keywords"])
        for mid, c in published.items()
    }
    matcher = KeywordMatcher(rules, stem=snowballstemmer.stemmer("porter").stemWord)
    with (shared_data / "clotho" / "metadata.csv").open(encoding="latin-1") as file:
        rows = list(csv.DictReader(file))
    add_labelled_clips(
        collection,
        (
            (f"{i:04}", row["manufacturer"], sorted(matcher.match(ClipText(_tags(row)))))
            for i, row in enumerate(rows)
        ),
    )
    return collection


def _tags(row: dict[str, str]) -> list[str]:
    return row["keywords"].split(";")


@pytest.mark.real_data
def test_on_clotho_ours_has_least_contamination_and_no_uploader_is_divided(
    clotho, sides_of_uploaders
):
    split = assign_splits(collection=clotho, settings=SplitSettings(min_dev=20, min_eval=8))
    found = split.contamination
    ours, random, iterative = (found[n] for n in ("contamination", "random", "iterative"))
    assert ours["within_class"] < random["within_class"] / 5
    assert ours["within_class"] < iterative["within_class"] / 5
    assert ours["between_class"] < min(random["between_class"], iterative["between_class"]) / 2
    assert 0.1 <= ours["val_share_per_class"]["mean"] <= 0.2
    assert all(len(sides) == 1 for sides in sides_of_uploaders(split).values())
