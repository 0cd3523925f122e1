"""What ``import_freesound`` may be asked for."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from datasets_app.importers.freesound import LICENSES, Search
from datasets_app.management.stage_command import add_collection_argument


def add_freesound_arguments(parser: ArgumentParser) -> None:
    """Add the search, where its sounds go, and how many of them."""
    parser.add_argument("query", nargs="?", default="", help="as in Freesound's search box")
    add_collection_argument(parser)
    parser.add_argument("--ontology", help="of a new collection, when several are loaded")
    parser.add_argument("--license", action="append", choices=sorted(LICENSES), default=[])
    parser.add_argument("--shortest", type=float, metavar="S", help="seconds, inclusive")
    parser.add_argument("--longest", type=float, metavar="S", help="seconds, inclusive")
    parser.add_argument("--filter", default="", help="more of Freesound's own filters")
    parser.add_argument("--originals", action="store_true", help="instead of previews")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N new sounds")
    parser.add_argument("--refresh", action="store_true", help="withdraw what is gone there")
    parser.add_argument("--many", action="store_true", help="with --refresh: however many")


def search_asked_for(options: Mapping[str, Any]) -> Search:
    """Return the search of a command line."""
    return Search(
        query=options["query"],
        licenses=tuple(sorted(set(options["license"]))),
        shortest_s=options["shortest"],
        longest_s=options["longest"],
        extra=options["filter"],
    )
