"""What a team may call itself: anyone reads it, so it is plain text that looks like itself."""

import unicodedata

from datasets_app.domain.errors import RuleError

MOST_LETTERS = 60


def team_name(text: str) -> tuple[str, str]:
    r"""Return the name as shown, and the key under which no two teams may look alike.

    Runs of spaces become one. Control, format (such as those that turn the direction of writing)
    and unassigned characters are refused, and so is a name without a letter or digit.

    Raises
    ------
    RuleError
        The name is empty, too long, or has such a character.

    Examples
    --------
    >>> team_name("  The  Ｂark-ers ")
    ('The Bark-ers', 'the bark-ers')
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not 1 <= len(name) <= MOST_LETTERS or not any(c.isalnum() for c in name):
        raise RuleError(
            f"Received a team name of {len(name)} characters; give 1 to {MOST_LETTERS}, with a "
            "letter or digit."
        )
    hidden = [c for c in name if unicodedata.category(c).startswith("C")]
    if hidden:
        raise RuleError(
            f"The team name has the invisible character U+{ord(hidden[0]):04X}; leave it out."
        )
    return name, unicodedata.normalize("NFKC", name.casefold())
