"""The one error the rules raise."""

from collections.abc import Sequence


class RuleError(ValueError):
    """Input that a rule cannot accept.

    Parameters
    ----------
    problems
        One sentence, or several; each says what was received, what is allowed and what to do.

    Attributes
    ----------
    problems : tuple of str
        The sentences; ``str(error)`` joins them with newlines.

    Examples
    --------
    >>> error = RuleError(["Class /m/1 has no name.", "Class /m/2 has no name."])
    >>> len(error.problems)
    2
    >>> print(RuleError("Clip 7 has no sound."))
    Clip 7 has no sound.
    """

    problems: tuple[str, ...]

    def __init__(self, problems: str | Sequence[str]) -> None:
        """Take one sentence or several."""
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["RuleError"], tuple[tuple[str, ...]]]:
        """Pickle by the sentences, so that an error crosses a process border whole."""
        return type(self), (self.problems,)
