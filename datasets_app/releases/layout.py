"""Where everything lies in a release folder, and how a class is written there (FSD50K's layout)."""

import re

VOCABULARY = "ground_truth/vocabulary.csv"
LABELS = "ground_truth/labels.csv"
CLASS_INFO = "metadata/class_info.json"
RATINGS = "metadata/pp_pnp_ratings.json"
ONTOLOGY_EDGES = "metadata/ontology_edges.csv"
VOCABULARY_MERGES = "metadata/vocabulary_merges.csv"
UPLOADER_SIDES = "metadata/splits.csv"
DUPLICATE_GROUPS = "metadata/duplicate_groups.csv"
SETTINGS = "metadata/settings.json"
LICENSES = "LICENSES.csv"
ATTRIBUTION = "metadata/attribution.csv"
LEFT_OUT = "metadata/left_out.csv"
WITHDRAWN = "metadata/withdrawn.csv"
CARD = "README.md"
MANIFEST = "MANIFEST.json"
SIGNATURE = "MANIFEST.signature.json"
FORMAT = 1
"""The value of ``harken_release`` in the manifest; any change of meaning raises it."""

SIDES = ("dev", "eval")
DEV_PARTS = ("train", "val")
TRUTH_COLUMNS = {
    "dev": ("fname", "labels", "mids", "split"),
    "eval": ("fname", "labels", "mids"),
}
LABEL_COLUMNS = ("fname", "mid", "state", "origin")
EDGE_COLUMNS = ("child_mid", "parent_mid", "propagates")
MERGE_COLUMNS = ("mid", "label", "into_mids", "reason")
UPLOADER_COLUMNS = ("uploader", "side")
DUPLICATE_COLUMNS = ("group", "fname", "side")
LICENSE_COLUMNS = ("fname", "license", "uploader", "title", "source_url")
ATTRIBUTION_COLUMNS = ("fname", "license", "license_url", "attribution")
LEFT_OUT_COLUMNS = ("fname", "license", "uploader", "reason")
WITHDRAWN_COLUMNS = ("fname", "since_release")


def truth_file(side: str) -> str:
    """Return the file of a side's clips and labels."""
    return f"ground_truth/{side}.csv"


def clips_info_file(side: str) -> str:
    """Return the file of what is known of a side's clips."""
    return f"metadata/{side}_clips_info.json"


def collection_file(side: str) -> str:
    """Return the file of a side's labels before propagation and before the vocabulary."""
    return f"metadata/collection/collection_{side}.csv"


def collection_vocabulary_file(side: str) -> str:
    """Return the file of the classes that ``collection_file`` uses."""
    return f"metadata/collection/vocabulary_collection_{side}.csv"


def audio_file(side: str, fname: str, suffix: str) -> str:
    """Return where a clip's recording lies; ``suffix`` has its dot."""
    return f"{side}_audio/{fname}{suffix}"


def side_of(part: str) -> str:
    """Return the side of a part of a split: train and val make up dev."""
    return "dev" if part in DEV_PARTS else "eval"


def released_name(name: str) -> str:
    """Return a class name as FSD50K writes it: one word, safe in a comma-separated list.

    Examples
    --------
    >>> released_name("Accelerating, revving, vroom")
    'Accelerating_and_revving_and_vroom'
    >>> released_name("Dishes, pots, and pans")
    'Dishes_and_pots_and_pans'
    >>> released_name("Bathtub (filling or washing)")
    'Bathtub_(filling_or_washing)'
    """
    joined = re.sub(r"\s*,\s*(?:and\s+)?", " and ", name.strip())
    return re.sub(r"\s+", "_", joined.strip())
