"""What a decided nomination means for training, and where a label came from."""

from enum import StrEnum

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.decision import DecisionState, LabelValue, is_present


class TrainingState(StrEnum):
    """What a release says about a (clip, class) that people were asked about.

    - **positive**: decided present.
    - **negative**: decided not present; a person said so.
    - **undecided**: people were asked, without a decision or with "unsure"; losses mask it.

    Every (clip, class) that a release does not list is an implicit negative: nobody was asked. A
    nomination without any vote is therefore not to be listed.

    Source: Fonseca et al. 2020, *Addressing missing labels*, on explicit and implicit negatives.
    """

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNDECIDED = "undecided"


class LabelOrigin(StrEnum):
    """How a label came to be: rated by annotators, refined by experts, or implied upwards."""

    RATED = "rated"
    REFINED = "refined"
    PROPAGATED = "propagated"


def training_state(state: DecisionState, value: LabelValue | None) -> TrainingState:
    """Return the training state of a decision.

    Raises
    ------
    RuleError
        If there is a value without a decision or a decision without a value.

    Examples
    --------
    >>> training_state(DecisionState.DECIDED, LabelValue.PRESENT)
    <TrainingState.POSITIVE: 'positive'>
    >>> training_state(DecisionState.DECIDED, LabelValue.NP)
    <TrainingState.NEGATIVE: 'negative'>
    >>> training_state(DecisionState.CONFLICTED, None)
    <TrainingState.UNDECIDED: 'undecided'>
    """
    if (state is DecisionState.DECIDED) != (value is not None):
        raise RuleError(
            f"A label is {state} with value {value}; give a value exactly when it is decided."
        )
    if is_present(value):
        return TrainingState.POSITIVE
    return TrainingState.NEGATIVE if value is LabelValue.NP else TrainingState.UNDECIDED
