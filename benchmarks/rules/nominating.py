"""Nomination by keyword rules, without a database."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import snowballstemmer

from benchmarks.measuring import Outcome, measured, stopwatch
from benchmarks.rules.fsd50k_rules import RuleBook, read_rule_book
from benchmarks.synthetic.words import draw_words
from datasets_app.domain.nominations.nomination import ClipText, KeywordMatcher, prune_ancestors

N_CLIPS = 300_000
N_NAIVE_CLIPS = 2_000
N_NOISE_WORDS = 30_000
_SEED = 632


def prepare(folder: Path) -> None:
    """Write the tags and titles of the clips."""
    with (folder / "clips.jsonl").open("w", encoding="utf-8") as handle:
        for clip in _draw_clips(read_rule_book()):
            handle.write(json.dumps(clip) + "\n")


def nominate(folder: Path) -> Outcome:
    """Match and prune; then once more with titles, which a collection may read too."""
    book, clips = read_rule_book(), list(_read(folder))
    above = book.ancestors()
    with measured(len(clips)) as outcome:
        matcher = KeywordMatcher(book.rules, stem=_porter(), fields=("tags",))
        n_candidates = n_nominated = 0
        for clip in clips:
            kept = prune_ancestors(matcher.match(clip), (), above)
            n_candidates += len(kept)
            n_nominated += bool(kept)
    with stopwatch() as with_titles_s:
        matcher = KeywordMatcher(book.rules, stem=_porter(), fields=("tags", "title"))
        for clip in clips:
            prune_ancestors(matcher.match(clip), (), above)
    outcome.remark = (
        f"{book.origin}: {len(book.rules)} classes, {book.n_rules:,} rules; {n_nominated:,} clips "
        f"with {n_candidates / n_nominated:.2f} candidates each; titles read too: "
        f"{len(clips) / with_titles_s[0]:,.0f} clips/s"
    )
    return outcome


def nominate_naively(folder: Path) -> Outcome:
    """Try every rule on the first clips; no package does this, so the plainest loop stands in."""
    book, clips = read_rule_book(), list(_read(folder, N_NAIVE_CLIPS))
    stem = _porter()
    with measured(len(clips)) as outcome:
        rules = [
            (mid, [{stem(word.lower()) for word in item} for item in keywords], set(omitted))
            for mid, (keywords, omitted) in book.rules.items()
        ]
        n_found = 0
        for clip in clips:
            stems = {stem(tag.lower()) for tag in clip.tags}
            for _, items, omitted in rules:
                is_nominated = any(item <= stems for item in items)
                n_found += is_nominated and omitted.isdisjoint(clip.tags)
    matcher = KeywordMatcher(book.rules, stem=_porter(), fields=("tags",))
    n_ours = sum(len(matcher.match(clip)) for clip in clips)
    outcome.remark = (
        f"no peer exists; {len(clips):,} of the clips, {n_found:,} candidates before pruning where "
        f"ours, which also joins and parts compound words, finds {n_ours:,}"
    )
    return outcome


def _porter() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("porter").stemWord


def _read(folder: Path, n: int = N_CLIPS) -> Iterator[ClipText]:
    with (folder / "clips.jsonl").open(encoding="utf-8") as handle:
        for _, line in zip(range(n), handle, strict=False):
            tags, title = json.loads(line)
            yield ClipText(tags, title=title)


def _draw_clips(book: RuleBook) -> Iterator[tuple[list[str], str]]:
    """Yield tags and title: the words of one to three rules, and four to eight words of noise.

    Rules with the same words count once: 128 classes of FSD50K have the rule "review" alone.
    """
    rng = np.random.default_rng(_SEED)
    items = sorted({tuple(item) for keywords, _ in book.rules.values() for item in keywords})
    noise = draw_words(N_NOISE_WORDS, rng)
    weights = np.arange(1, N_NOISE_WORDS + 1) ** -0.8
    n_noise = rng.integers(4, 9, N_CLIPS)
    drawn = iter(rng.choice(N_NOISE_WORDS, n_noise.sum(), p=weights / weights.sum()).tolist())
    n_rules = rng.integers(1, 4, N_CLIPS)
    chosen = iter(rng.integers(len(items), size=n_rules.sum()).tolist())
    numbers = rng.integers(1, 100, N_CLIPS).tolist()
    for a, b, number in zip(n_rules.tolist(), n_noise.tolist(), numbers, strict=True):
        words = [word for _ in range(a) for word in items[next(chosen)]]
        others = [noise[next(drawn)] for _ in range(b)]
        title = f"{others[0].title()} {words[0]} {number:02d}.wav"
        yield list(dict.fromkeys([*words, *others])), title
