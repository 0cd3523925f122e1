"""Real tags from Freesound (Clotho's), nominated by FSD50K's rules over AudioSet's classes."""

import csv
import hashlib
import json
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.clips.services import open_collection
from datasets_app.nominations.mapping import report_mappings
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import nominate_labels
from datasets_app.ontology.selectors import get_ontology, propagating_ancestors

pytestmark = [pytest.mark.django_db, pytest.mark.real_data]


def bring_clotho(table: Path, collection: Collection) -> None:
    """Make clips of the table's rows; a name that stands there again gets its row's number."""
    with table.open(encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["manufacturer"] for row in rows})
    Uploader.objects.bulk_create(Uploader(collection=collection, name=name) for name in names)
    uploaders = {u.name: u for u in collection.uploaders.all()}
    Clip.objects.bulk_create(
        Clip(
            collection=collection,
            uploader=uploaders[row["manufacturer"]],
            external_id=f"clotho-{number}",
            title=row["file_name"],
            tags=row["keywords"].split(";"),
            license=row["license"][:200],
        )
        for number, row in enumerate(rows)
    )


@pytest.fixture
def clotho(db, shared_data) -> Collection:
    call_command(
        "load_ontology",
        str(shared_data / "audioset" / "ontology.json"),
        "--name=audioset",
        f"--edges={shared_data / 'fsd50k' / 'propagation_edges.csv'}",
        f"--keywords={shared_data / 'fsd50k' / 'keyword_rules.json'}",
    )
    collection = open_collection(name="clotho", ontology=get_ontology(name="audioset"))
    bring_clotho(shared_data / "clotho" / "metadata.csv", collection)
    return collection


class TestClotho:
    def test_the_rules_nominate_the_same_labels_on_every_database(self, clotho):
        began = time.perf_counter()
        summary = nominate_labels(collection=clotho)
        seconds = time.perf_counter() - began
        print(f"{connection.vendor}: {summary.n_clips / seconds:,.0f} clips/s end to end")
        assert (summary.n_clips, summary.n_added) == (3839, 8300)
        assert summary.n_classes_with_rules == 537
        assert Nomination.objects.values("clip").distinct().count() == 3549
        assert fingerprint() == "000f5cdb743c14f5"
        again = nominate_labels(collection=clotho)
        assert (again.n_added, again.n_withdrawn, again.n_reworded) == (0, 0, 0)

    def test_no_clip_is_nominated_for_a_class_that_another_of_its_labels_implies(self, clotho):
        nominate_labels(collection=clotho)
        above = propagating_ancestors(ontology=clotho.ontology)
        of_clip: dict[int, set[int]] = {}
        for clip, sound_class in Nomination.objects.values_list("clip_id", "sound_class_id"):
            of_clip.setdefault(clip, set()).add(sound_class)
        assert not [
            clip
            for clip, classes in of_clip.items()
            if classes & {a for c in classes for a in above.get(c, ())}
        ]

    def test_the_worst_mappings_are_those_that_their_siblings_share(self, clotho):
        nominate_labels(collection=clotho)
        with CaptureQueriesContext(connection) as queries:
            report = report_mappings(collection=clotho)
        worst = [(c.name, c.n_matched, c.shared.n, c.top_sibling) for c in report.classes[:3]]
        assert worst == [
            ("Traffic noise, roadway noise", 87, 82, "Car"),
            ("Sliding door", 71, 65, "Slam"),
            ("Thunderstorm", 60, 55, "Wind"),
        ]
        assert (report.n_clips, report.n_matched_clips) == (3839, 3549)
        assert sum(c.n_matched > 0 for c in report.classes) == 419
        assert sum(c.n_rules for c in report.classes) == 1370
        assert sum(len(c.idle_rules) for c in report.classes) == 548
        assert sum(c.n_nominations for c in report.classes) == 8300
        assert len(queries) < 20

    def test_titles_add_to_what_tags_say_and_replace_what_is_implied_then(self, clotho):
        tags = nominate_labels(collection=clotho, fields=["tags"])
        both = nominate_labels(collection=clotho)
        assert (tags.n_added, both.n_added, both.n_withdrawn) == (7885, 471, 56)


def fingerprint() -> str:
    """Return a short hash of who is nominated for what, and by which words."""
    rows = Nomination.objects.values_list("clip__external_id", "sound_class__mid", "evidence")
    lines = sorted(f"{clip} {mid} {json.dumps(e, sort_keys=True)}" for clip, mid, e in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
