"""The words of clips and of keywords, and how they are told apart.

Conventions: a word is a run of letters and digits.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from datasets_app.domain.errors import RuleError

FIELDS = ("tags", "title", "description")
_WORD = re.compile(r"[^\W_]+")
_WORD_WITHOUT_NUMBER = re.compile(r"([^\W\d_]+)\d+$")
_FILE_EXTENSION = re.compile(r"\.(wav|wave|flac|ogg|oga|opus|mp3|m4a|aac|aif|aiff|aifc)\s*$", re.I)


@dataclass(frozen=True, slots=True)
class ClipText:
    """The words that came with a clip."""

    tags: Sequence[str]
    title: str = ""
    description: str = ""


def list_spelled_words(text: str) -> list[str]:
    """Return the words of a text as they are written.

    >>> list_spelled_words("Dog_Bark (2)")
    ['Dog', 'Bark', '2']
    """
    return _WORD.findall(text)


def without_extension(title: str) -> str:
    """Return a title without the extension of a sound file.

    >>> without_extension("Heavy rain.wav")
    'Heavy rain'
    """
    return _FILE_EXTENSION.sub("", title)


def list_words(text: ClipText, fields: Collection[str] = ("tags", "title")) -> Iterator[list[str]]:
    """Return the lower-case words of each tag, of the title, and of the description.

    A compound keyword is looked for within one of these lists; none reaches into the next.

    Examples
    --------
    >>> list(list_words(ClipText(["Dog-Bark"], title="Heavy rain.wav")))
    [['dog', 'bark'], ['heavy', 'rain']]
    """
    if "tags" in fields:
        for tag in text.tags:
            yield _WORD.findall(tag.lower())
    if "title" in fields and text.title:
        yield _WORD.findall(without_extension(text.title).lower())
    if "description" in fields and text.description:
        yield _WORD.findall(text.description.lower())


def without_number(word: str) -> str:
    """Return a word without the number at its end; empty if it has none or nothing else.

    Examples
    --------
    >>> without_number("bark01"), without_number("bark"), without_number("808")
    ('bark', '', '')
    """
    bare = _WORD_WITHOUT_NUMBER.match(word)
    return bare[1] if bare else ""


def words_of_keyword(keyword: str) -> list[str]:
    """Return the lower-case words of a keyword or veto: several for a compound.

    Raises
    ------
    RuleError
        It has no letter or digit.

    Examples
    --------
    >>> words_of_keyword("Dog-Bark")
    ['dog', 'bark']
    """
    words = _WORD.findall(keyword.lower())
    if not words:
        raise RuleError(
            f"keyword {keyword[:40]!r} has no letter or digit; write a word or remove it."
        )
    return words
