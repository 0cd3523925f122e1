"""What the commands on nominations take."""

from argparse import ArgumentParser

from datasets_app.domain.nominations.nomination import FIELDS
from datasets_app.nominations.matching import DEFAULT_FIELDS


def add_fields_argument(parser: ArgumentParser) -> None:
    """Add ``--fields tags,title,description``; which are known is the matcher's to say."""
    parser.add_argument(
        "--fields",
        type=_split,
        default=list(DEFAULT_FIELDS),
        metavar="A,B",
        help=f"where to look for words, any of {','.join(FIELDS)}; "
        f"default: {','.join(DEFAULT_FIELDS)}",
    )


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
