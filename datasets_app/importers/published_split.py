"""Keeps the split that a dataset publishes, with the classes of its labels as the vocabulary."""

from collections import Counter
from collections.abc import Sequence

from datasets_app.clips.models import Collection
from datasets_app.importers.bulk_rows import BulkTable, allocate_ids
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary, VocabularyClass

Assigned = tuple[int, str, Sequence[int]]
"""A clip's pk, its part, and the class ids of its published labels."""


class PublishedSplit:
    """One split of a collection, begun with the first clip that has a part.

    It says what its publisher did: seed 0, the shares as counted, the thresholds the smallest
    classes of the sides; nothing is claimed of its contamination.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._had_split = collection.splits.exists()
        self._split: Split | None = None
        self._n_by_part: Counter[str] = Counter()
        self._n_dev: Counter[int] = Counter()
        self._n_eval: Counter[int] = Counter()
        self._rows = BulkTable(SplitAssignment, ("id", "split_id", "clip_id", "part"))

    def assign(self, clips: Sequence[Assigned]) -> None:
        """Put clips into their parts."""
        if not clips:
            return
        split = self._split = self._split or self._begin()
        ids = allocate_ids(SplitAssignment, len(clips))
        self._rows.insert(
            (pk, split.pk, clip, part) for pk, (clip, part, _) in zip(ids, clips, strict=True)
        )
        for _, part, classes in clips:
            self._n_by_part[part] += 1
            counted = self._n_eval if part == SplitAssignment.Part.EVAL else self._n_dev
            counted.update(set(classes))

    def finish(self, *, has_new_clips: bool) -> dict[str, int]:
        """Complete the split and return its clips by part.

        Without a new clip, and with a split there already, it is taken back: it would repeat what
        an import before has written.
        """
        if self._split is None:
            return {}
        if self._had_split and not has_new_clips:
            self._split.assignments.all().delete()
            vocabulary = self._split.vocabulary
            self._split.delete()
            vocabulary.delete()
            return {}
        self._complete(self._split)
        return dict(self._n_by_part)

    def _begin(self) -> Split:
        vocabulary = Vocabulary.objects.create(collection=self._collection, min_dev=0, min_eval=0)
        return Split.objects.create(
            collection=self._collection, vocabulary=vocabulary, seed=0, eval_share=0, val_share=0
        )

    def _complete(self, split: Split) -> None:
        classes = sorted(self._n_dev.keys() | self._n_eval.keys())
        vocabulary = split.vocabulary
        VocabularyClass.objects.bulk_create(
            VocabularyClass(
                vocabulary=vocabulary,
                sound_class_id=pk,
                n_dev=self._n_dev[pk],
                n_eval=self._n_eval[pk],
            )
            for pk in classes
        )
        vocabulary.min_dev = min((self._n_dev[pk] for pk in classes), default=0)
        vocabulary.min_eval = min((self._n_eval[pk] for pk in classes), default=0)
        vocabulary.save(update_fields=["min_dev", "min_eval"])
        n = self._n_by_part
        n_dev = n[SplitAssignment.Part.TRAIN] + n[SplitAssignment.Part.VAL]
        split.eval_share = n[SplitAssignment.Part.EVAL] / n.total()
        split.val_share = n[SplitAssignment.Part.VAL] / n_dev if n_dev else 0.0
        split.save(update_fields=["eval_share", "val_share"])
