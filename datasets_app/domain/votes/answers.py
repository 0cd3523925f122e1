"""What an annotator can answer about one class in one clip."""

from enum import StrEnum

from datasets_app.domain.errors import RuleError


class Answer(StrEnum):
    """An annotator's answer to "is this sound in the clip?".

    - **PP**, present and predominant: the sound is there, isolated or louder than all else, apart
      from faint background.
    - **PNP**, present but not predominant: the sound is there together with other sounds that are
      as loud or louder.
    - **NP**, not present: the sound is not in the clip.
    - **U**, unsure: the annotator cannot tell. It is an abstention, not a value.

    Source: Fonseca et al. 2021 (FSD50K), section on the validation task; the Freesound Annotator.

    Examples
    --------
    >>> Answer.PNP == "PNP"
    True
    """

    PP = "PP"
    PNP = "PNP"
    NP = "NP"
    U = "U"


ANSWERS: tuple[Answer, ...] = (Answer.PP, Answer.PNP, Answer.NP, Answer.U)
"""The answers in the order of the columns of every count matrix in this package."""


def parse_answer(text: object) -> Answer:
    """Return the answer that a text from a file or a form stands for.

    Upper or lower case, blanks around it are dropped.

    Raises
    ------
    RuleError
        If the text is none of the four.

    Examples
    --------
    >>> parse_answer(" pnp ")
    <Answer.PNP: 'PNP'>
    >>> parse_answer("yes")
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: Answer 'yes' is not known: write PP, PNP, NP or U.
    """
    if isinstance(text, str) and text.strip().upper() in Answer.__members__:
        return Answer(text.strip().upper())
    raise RuleError(f"Answer {str(text)[:40]!r} is not known: write PP, PNP, NP or U.")
