"""What a split may vary, and what is on record of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from datasets_app.splits.models import Split, TrainValStrategy
from datasets_app.splits.wishes import Wish

LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """What ``assign_splits`` may vary. Thresholds are inclusive; shares are in (0, 1).

    The defaults suit collections of hundreds of clips; FSD50K's smallest kept classes have 51
    clips in dev and 32 in eval.

    Raises
    ------
    ValueError
        A threshold is below 1, the seed is negative or has more than 63 bits, or there is no such
        strategy.
    """

    seed: int = 0
    eval_share: float = 0.3
    val_share: float = 0.15
    min_dev: int = 5
    min_eval: int = 2
    strategy: TrainValStrategy = TrainValStrategy.CONTAMINATION
    wish: Wish = field(default_factory=Wish)

    def __post_init__(self) -> None:
        """Refuse what no split can keep; the shares are checked by the rules that use them."""
        for name in ("min_dev", "min_eval"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give 1 or more.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"seed is {self.seed}; give 0 to {LARGEST_SEED}.")
        if self.strategy not in list(TrainValStrategy):
            names = ", ".join(TrainValStrategy)
            raise ValueError(f"strategy is {self.strategy!r}; give one of {names}.")

    def with_options(self, options: Mapping[str, Any]) -> "SplitSettings":
        """Return the settings with those options that are given, not None, in their place.

        ``pin``, ``forbid`` and ``merge`` are lists of classes for the wish; an empty one is not
        given. Other options than settings are passed over.
        """
        given = {name: options.get(name) for name in self.__dataclass_fields__}
        chosen = {name: value for name, value in given.items() if value is not None}
        return replace(self, **chosen, wish=self.wish.with_options(options))


def settings_of(split: Split) -> SplitSettings:
    """Return the settings a split was made with.

    What is not on record, as for a split that came with its dataset, is the default.
    """
    default = SplitSettings()
    vocabulary = split.vocabulary
    return SplitSettings(
        seed=split.seed,
        eval_share=split.eval_share or default.eval_share,
        val_share=split.val_share or default.val_share,
        min_dev=vocabulary.min_dev or default.min_dev,
        min_eval=vocabulary.min_eval or default.min_eval,
        strategy=TrainValStrategy(split.contamination.get("chosen", default.strategy)),
        wish=Wish.from_record(vocabulary.wish),
    )
