"""Croissant 1.1: what the release is, in JSON-LD, for the tools that find and load datasets.

``croissant.json`` names the files with their sha256, the tables of clips and classes as record
sets, and the fields of Croissant RAI 1.0 on how the labels came to be. It has no dates: the same
records give the same file. Source: the Croissant format specification and its RAI vocabulary.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from datasets_app.domain.clips.licenses import license_address
from datasets_app.releases.formats.frame import ReleaseCounts, ReleaseFrame
from datasets_app.releases.formats.parquet import SCHEMA
from datasets_app.releases.formats.targets import Target
from datasets_app.releases.layout import (
    CLASS_INFO,
    LABELS,
    LICENSES,
    SETTINGS,
    VOCABULARY,
    truth_file,
)
from datasets_app.releases.recordings import digest_file

CROISSANT = "croissant.json"
_FILES = {
    truth_file("dev"): ("text/csv", "Positive labels of the clips of dev, and their split."),
    truth_file("eval"): ("text/csv", "Positive labels of the clips of eval."),
    LABELS: ("text/csv", "Every pair of clip and class that people were asked about."),
    VOCABULARY: ("text/csv", "The classes: index, name, mid; without a header."),
    CLASS_INFO: ("application/json", "What is known of each class."),
    LICENSES: ("text/csv", "Licence, maker and source of each clip."),
    SETTINGS: ("application/json", "Everything that decided this release."),
}
_TERMS = """
arrayShape citeAs column containedIn equivalentProperty extract field fileObject fileProperty
fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet references
regex repeated replace samplingRate separator source subField transform
"""
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{term: f"cr:{term}" for term in _TERMS.split()},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
}
_TYPES = {"double": "sc:Float", "int64": "sc:Integer"}
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){0,2}")
_DESCRIPTIONS = {
    "fname": "The clip's name in every file of the release.",
    "part": "train and val make up dev; eval is apart.",
    "file": "The recording's path in the release.",
    "mids": "Classes that sound in the clip, from the specific to the general.",
    "labels": "The names of mids, in their order.",
    "origins": "How each of mids came to be: rated, refined or propagated.",
    "negative_mids": "Classes that people said do not sound.",
    "undecided_mids": "Classes that people were asked about without a decision.",
    "n_certified": "How many people certify that every audible class is labelled.",
}


class CroissantDescription:
    """One document, written when the clips have passed and the tables are whole."""

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Remember what to describe."""
        self._frame, self._target = frame, target

    def finish(self, counts: ReleaseCounts) -> None:
        """Write the document, or compare it."""
        hashes = {name: digest_file(self._target.folder / name)[0] for name in _FILES}
        document = croissant_document(self._frame, counts, hashes)
        text = json.dumps(document, ensure_ascii=False, indent=1)
        self._target.text(CROISSANT).write(text + "\n")


def croissant_document(
    frame: ReleaseFrame, counts: ReleaseCounts, hashes: Mapping[str, str]
) -> dict[str, Any]:
    """Return the document; ``hashes`` are the sha256 of the files that it names."""
    name = f"{frame.collection} {frame.version}"
    version = frame.version if _VERSION.fullmatch(frame.version) else None
    licenses = sorted({license_address(text) or text for text in counts.licenses})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": name,
        "description": _description(frame, counts),
        **({"version": version} if version else {}),
        "license": licenses,
        "citeAs": f"{frame.collection}, release {frame.version}, identified by the sha256 of its "
        "MANIFEST.json.",
        "keywords": ["sound event", "audio tagging", "multi-label"],
        **_rai(frame, counts),
        "distribution": _distribution(frame, hashes),
        "recordSet": [_clips(), _classes(frame)],
    }


def _description(frame: ReleaseFrame, counts: ReleaseCounts) -> str:
    parts = ", ".join(f"{n} {part}" for part, n in sorted(counts.n_clips.items()))
    made_up = "A synthesised stand-in, made by a program. " if _is_simulated(frame) else ""
    return (
        f"{made_up}Sound clips labelled with {len(frame.vocabulary)} classes; clips by part: "
        f"{parts}; {counts.duration_ms / 3_600_000:.2f} hours."
    )


def _is_simulated(frame: ReleaseFrame) -> bool:
    return bool(frame.settings.get("is_simulated"))


def _rai(frame: ReleaseFrame, counts: ReleaseCounts) -> dict[str, Any]:
    states = ", ".join(f"{n} {state}" for state, n in sorted(counts.n_states.items()))
    audio = frame.options.audio
    form = f"{audio.form}, {audio.rate_hz} Hz" if audio.is_normalised else audio.form
    clips = counts.n_clips.total()
    return {
        "rai:dataCollection": "Recordings that their makers published under a licence; each has "
        f"its line in {LICENSES}.",
        "rai:dataCollectionMissingData": f"Pairs of clip and class that {LABELS} does not list "
        "were asked of nobody; they are implicit negatives, some of them wrong. For "
        f"{counts.n_certified} of {clips} clips somebody certifies that every audible class is "
        "labelled.",
        "rai:dataPreprocessingProtocol": [f"Audio: {form}."],
        "rai:dataAnnotationProtocol": [
            "People answered for each nominated pair of clip and class: present and predominant, "
            "present but not predominant, not present, unsure.",
            str(frame.settings.get("decision")),
            str(frame.settings.get("propagation")),
        ],
        "rai:dataAnnotationPlatform": ["Harken"],
        "rai:dataAnnotationAnalysis": [f"Pairs of clip and class by state: {states}."],
        "rai:dataUseCases": ["Training and evaluating models of audio tagging."],
        "rai:dataLimitations": [
            "Labels are of whole clips, not of moments in them.",
            "Undecided pairs should count neither as present nor as absent.",
        ],
        "rai:dataBiases": [
            "Clips were nominated by their makers' words and by models, so classes are as frequent "
            "as these found them and not as in the world."
        ],
        "rai:personalSensitiveInformation": [
            "Recordings may hold voices; makers are named as their licences ask."
        ],
        "rai:dataReleaseMaintenancePlan": "A release never changes. Later releases leave out what "
        "was withdrawn and list it in metadata/withdrawn.csv.",
    }


def _distribution(frame: ReleaseFrame, hashes: Mapping[str, str]) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name.replace("/", "-"),
            "description": what,
            "contentUrl": name,
            "encodingFormat": kind,
            "sha256": hashes[name],
        }
        for name, (kind, what) in _FILES.items()
    ]
    files.append(_file_set("clip-tables", "parquet/*.parquet", "application/x-parquet"))
    if frame.has_audio:
        form = frame.options.audio.form if frame.options.audio.is_normalised else "*"
        kind = f"audio/{form}" if form != "*" else "audio/*"
        files.append(_file_set("recordings", f"*_audio/*.{form}", kind))
    return files


def _file_set(name: str, pattern: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "includes": pattern,
        "encodingFormat": kind,
    }


def _clips() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "clips",
        "name": "clips",
        "description": "One record a clip.",
        "key": {"@id": "clips/fname"},
        "field": [_clip_field(column.name, str(column.type)) for column in SCHEMA],
    }


def _clip_field(name: str, kind: str) -> dict[str, Any]:
    is_list = kind.startswith("list")
    return {
        "@type": "cr:Field",
        "@id": f"clips/{name}",
        "name": name,
        "description": _DESCRIPTIONS.get(name, name.replace("_", " ")),
        "dataType": "sc:Text" if is_list else _TYPES.get(kind, "sc:Text"),
        **({"isArray": True, "arrayShape": "-1"} if is_list else {}),
        "source": {"fileSet": {"@id": "clip-tables"}, "extract": {"column": name}},
    }


def _classes(frame: ReleaseFrame) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "classes",
        "name": "classes",
        "description": "The classes of the release.",
        "key": {"@id": "classes/mid"},
        "field": [
            {"@type": "cr:Field", "@id": f"classes/{name}", "name": name, "dataType": "sc:Text"}
            for name in ("mid", "label")
        ],
        "data": [
            {"classes/mid": mid, "classes/label": label} for mid, label in frame.vocabulary.items()
        ],
    }
