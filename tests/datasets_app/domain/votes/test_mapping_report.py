import csv
import json
import math

import numpy as np
import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import label_matrix
from datasets_app.domain.nominations.keyword_rules import parse_keyword_rules
from datasets_app.domain.nominations.nomination import ClipText, KeywordMatcher
from datasets_app.domain.votes.mapping_report import report_mapping

N_CLASSES = 5
grids = arrays(bool, st.tuples(st.integers(0, 8), st.just(N_CLASSES)))
parent_lists = st.lists(
    st.sets(st.integers(0, N_CLASSES - 1)).map(sorted), min_size=N_CLASSES, max_size=N_CLASSES
)
vote_counts = arrays(np.int64, (N_CLASSES, 4), elements=st.integers(0, 3))


@given(grids, parent_lists, vote_counts)
def test_rows_are_what_counting_clip_by_clip_finds(grid, parents, votes):
    rows = report_mapping(grid, parents, votes, n_rules=[0] * N_CLASSES, matched_rules={})
    for index, row in enumerate(rows):
        siblings = [
            other
            for other in range(N_CLASSES)
            if other != index and set(parents[other]) & set(parents[index])
        ]
        shared = {other: int((grid[:, index] & grid[:, other]).sum()) for other in siblings}
        most = max(shared.values(), default=0)
        nearest = min((o for o in siblings if shared[o] == most), default=None) if most else None
        any_sibling = grid[:, siblings].any(axis=1) & grid[:, index]
        assert (row.class_index, row.n_clips) == (index, grid[:, index].sum())
        assert row.n_shared == any_sibling.sum()
        assert (row.nearest_sibling, row.n_shared_with_nearest) == (nearest, most)
        pp, pnp, absent, unsure = votes[index]
        assert row.n_votes == pp + pnp + absent + unsure
        expected = (absent + unsure) / row.n_votes if row.n_votes else math.nan
        assert row.bad_share == pytest.approx(expected, nan_ok=True)


def test_rules_that_matched_nothing_are_named_by_position():
    rows = report_mapping(
        [[1, 0]], [[], []], [[0] * 4] * 2, n_rules=[3, 1], matched_rules={0: [2, 0]}
    )
    assert [row.idle_rules for row in rows] == [(1,), (0,)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nominated": [[1]]}, "1 classes; give 2"),
        ({"votes": [[0] * 4]}, "Received votes of shape"),
        ({"n_rules": [1]}, "1 numbers of rules"),
        ({"matched_rules": {0: [1]}}, "rule 1 matched, but it has 1"),
    ],
)
def test_what_does_not_fit_the_classes_is_refused(change, said):
    given_ = {
        "nominated": [[1, 0]],
        "parents": [[], []],
        "votes": [[0] * 4] * 2,
        "n_rules": [1, 1],
        "matched_rules": {},
    }
    with pytest.raises(RuleError, match=said):
        report_mapping(**{**given_, **change})


words = st.sampled_from(["dog", "cat", "bark", "rain", "wind", "man"])
items = st.lists(words, min_size=1, max_size=3, unique=True).map(tuple)
rule_sets = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.lists(items, max_size=4), st.lists(words, max_size=2))
)


@given(rule_sets, st.lists(words, max_size=5))
def test_the_alternatives_that_match_are_what_reading_every_rule_finds(rules, tags):
    expected = {}
    for mid, (keywords, omitted) in rules.items():
        positions = {n for n, item in enumerate(keywords) if set(item) <= set(tags)}
        if positions and not set(omitted) & set(tags):
            expected[mid] = positions
    matcher = KeywordMatcher(rules, stem=str)
    assert matcher.match_alternatives(ClipText(tags)) == expected
    assert set(matcher.match(ClipText(tags))) == set(expected)


def test_fsd50k_rules_on_real_freesound_tags(shared_data):
    """Clotho's 3,839 clips: the report adds up, whichever way it is counted."""
    rules = parse_keyword_rules(
        json.loads((shared_data / "fsd50k" / "keyword_rules.json").read_text())
    )
    with (shared_data / "clotho" / "metadata.csv").open(encoding="latin-1") as file:
        clips = [ClipText(row["keywords"].split(";")) for row in csv.DictReader(file)]
    with (shared_data / "fsd50k" / "propagation_edges.csv").open() as file:
        edges = [(row["child_mid"], row["parent_mid"]) for row in csv.DictReader(file)]
    column = {mid: index for index, mid in enumerate(rules)}
    parents = [[column[p] for c, p in edges if c == mid] for mid in rules]
    stem = snowballstemmer.stemmer("porter").stemWord
    matcher = KeywordMatcher({mid: r.for_matcher for mid, r in rules.items()}, stem=stem)
    matched, pairs = {}, []
    for clip, text in enumerate(clips):
        for mid, positions in matcher.match_alternatives(text).items():
            matched.setdefault(column[mid], set()).update(positions)
            pairs.append((clip, column[mid]))
    nominated = label_matrix(*zip(*pairs, strict=True), (len(clips), len(rules)))
    rows = report_mapping(
        nominated,
        parents,
        np.zeros((len(rules), 4), int),
        n_rules=[len(r.keywords) for r in rules.values()],
        matched_rules=matched,
    )
    assert sum(row.n_clips for row in rows) == nominated.nnz
    assert all((row.n_clips == 0) == (row.class_index not in matched) for row in rows)
    n_rules = sum(len(r.keywords) for r in rules.values())
    n_idle = sum(len(row.idle_rules) for row in rows)
    assert n_idle == n_rules - sum(map(len, matched.values()))
    assert 0 < n_idle < n_rules
    assert all(math.isnan(row.bad_share) for row in rows)
