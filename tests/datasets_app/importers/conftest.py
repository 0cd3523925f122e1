"""A tiny FSD50K in both of its layouts, over the small ontology; and counts of all records."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from datasets_app import models

DEV = """\
fname,labels,mids,split
101,"Bark,Dog,Animal","/m/bark,/m/dog,/m/animal",train
102,Rain,/m/rain,train
103,"Cat,Animal","/m/cat,/m/animal",val
"""
EVAL = """\
fname,labels,mids
201,"Rain,Cat,Animal","/m/rain,/m/cat,/m/animal"
"""
COLLECTION_DEV = """\
fname,labels,mids
101,Bark,/m/bark
102,"Rain,Cat","/m/rain,/m/cat"
103,,
"""
VOCABULARY = "0,Animal,/m/animal\n1,Bark,/m/bark\n2,Cat,/m/cat\n3,Dog,/m/dog\n4,Rain,/m/rain\n"
RATINGS: dict[str, Any] = {
    "101": {"/m/bark": [1.0, 1.0, 0.5], "/m/dog": [1.0]},
    "102": {"/m/rain": [1.0, 1.0, -1, -1]},
    "103": {"/m/cat": [0.5, 0.5, 0, -1]},
    "201": {"/m/rain": [1.0, 1.0]},
}
INFO_DEV: dict[str, Any] = {
    "101": {
        "title": "Dog in the yard.wav",
        "description": 'Said "woof",\r\n\\.\r\nthen\tslept.',
        "tags": ["dog", "Zürich", "field-recording"],
        "license": "http://creativecommons.org/publicdomain/zero/1.0/",
        "uploader": "ana",
    },
    "102": {"title": "", "description": "", "tags": [], "license": "CC-BY", "uploader": "ben"},
}
INFO_EVAL = {"201": {"title": "Rain", "tags": ["rain"], "license": "CC0", "uploader": "cem"}}
CLASS_INFO = {
    "/m/bark": {
        "faq": '<div>\r\n class="title">\r\n <i></i> Is a howl a bark?</div> <p>No &amp; no.</p>'
    }
}
ORIGINAL = {
    "FSD50K.ground_truth/dev.csv": DEV,
    "FSD50K.ground_truth/eval.csv": EVAL,
    "FSD50K.ground_truth/vocabulary.csv": VOCABULARY,
    "FSD50K.metadata/class_info_FSD50K.json": CLASS_INFO,
    "FSD50K.metadata/dev_clips_info_FSD50K.json": INFO_DEV,
    "FSD50K.metadata/eval_clips_info_FSD50K.json": INFO_EVAL,
    "FSD50K.metadata/pp_pnp_ratings_FSD50K.json": RATINGS,
    "FSD50K.metadata/collection/collection_dev.csv": COLLECTION_DEV,
    "FSD50K.metadata/collection/collection_eval.csv": EVAL,
}
FLAT = {
    "dev.csv": DEV,
    "vocabulary.csv": VOCABULARY,
    "collection_dev.csv": COLLECTION_DEV,
    "pp_pnp_ratings_dev.json": {k: v for k, v in RATINGS.items() if k != "201"},
    "propagation_edges.csv": "child_mid,parent_mid,child,parent,propagates\n"
    "/m/bark,/m/dog,Bark,Dog,1\n/m/growl,/m/dog,Growling,Dog,1\n",
    "uploaders_dev.csv": "freesound_id,title,uploader,license\n101,Dog.wav,ana,CC0\n",
}


@dataclass(frozen=True)
class Source:
    """A folder of files that tests write, change and take away."""

    path: Path

    def write(self, name: str, content: Any) -> Path:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            target.write_text(text, encoding="utf-8", newline="")
        return target

    def remove(self, name: str) -> None:
        (self.path / name).unlink()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "source").mkdir()
    return Source(tmp_path / "source")


@pytest.fixture
def original(source: Source) -> Source:
    for name, content in ORIGINAL.items():
        source.write(name, content)
    return source


@pytest.fixture
def flat(source: Source) -> Source:
    for name, content in FLAT.items():
        source.write(name, content)
    return source


@pytest.fixture
def count_records(db) -> Callable[[], dict[str, int]]:
    """Count the rows of every table, so that nothing can be left behind unseen."""

    def count() -> dict[str, int]:
        return {
            name: getattr(models, name)._default_manager.count()
            for name in models.__all__
            if name != "User"
        }

    return count
