"""Classes whose words bring mostly other sounds, as the board's latest figures say."""

from dataclasses import dataclass

from datasets_app.clips.models import Collection
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.nominations.mapping import BAD_ABOVE

SHOWN = 5


@dataclass(frozen=True, slots=True)
class BadMapping:
    """A class and the ``n`` NP and U among the ``total`` answers to what its rules found."""

    mid: str
    name: str
    n: int
    total: int


def bad_mappings(collection: Collection) -> list[BadMapping]:
    """Return the five worst classes whose share of NP and U surely lies above ``BAD_ABOVE``.

    From the report as the board last had it; none before the first.
    """
    data = SteeringReport.objects.filter(collection=collection).values_list("data", flat=True)
    told = (data.first() or {}).get("classes", {})
    surely = {int(pk): row["bad"] for pk, row in told.items() if row["bad"]["low"] > BAD_ABOVE}
    worst = sorted(surely, key=lambda pk: (-surely[pk]["low"], pk))[:SHOWN]
    classes = collection.ontology.classes.in_bulk(worst)
    return [
        BadMapping(classes[pk].mid, classes[pk].name, surely[pk]["n"], surely[pk]["of"])
        for pk in worst
        if pk in classes
    ]
