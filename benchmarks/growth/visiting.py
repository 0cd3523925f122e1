"""``python -m benchmarks.growth.visiting N``: ask every address as a curator; print JSON lines.

In this process, through the whole of Django with its middleware: what is left out is the web server
and the network.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from typing import Any

import numpy as np

os.environ["DJANGO_SETTINGS_MODULE"] = "annotator.settings.base"


def main(n: int) -> None:
    """Visit."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from benchmarks.growth.plan import LISTS, PAGES
    from datasets_app.people.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.get(username="curator"))
    places = _places(client)
    for kind, addresses in (("page", PAGES), ("list", LISTS)):
        for name, address in addresses.items():
            print(json.dumps(asdict(_visit(client, n, kind, name, address.format(**places)))))
            sys.stdout.flush()


def _places(client: Any) -> dict[str, Any]:
    """Return what the addresses name: the class with most work, a clip and uploader in the midst,
    and a cursor in the midst of the clips."""
    from django.utils import timezone

    from benchmarks.growth.plan import API, COLLECTION
    from datasets_app.api.cursors import seal_place
    from datasets_app.clips.class_services import record_introduction
    from datasets_app.clips.models import Clip, Collection
    from datasets_app.nominations.models import ClassWork
    from datasets_app.people.models import User
    from datasets_app.people.services import annotator_of_user

    collection = Collection.objects.get(name=COLLECTION)
    work = ClassWork.objects.filter(collection=collection).order_by("-n_open").first()
    user = User.objects.get(username="curator")
    record_introduction(
        annotator=annotator_of_user(user=user),
        collection=collection,
        sound_class=work.sound_class,
        now=timezone.now(),
    )
    low, high = (Clip.objects.order_by(f"{sign}pk").first().pk for sign in ("", "-"))
    clip = Clip.objects.filter(pk__gte=(low + high) // 2).order_by("pk").first()
    cursor = seal_place(path=f"{API}/clips", filters={}, place=[clip.pk])
    return {
        "mid": work.sound_class.mid.lstrip("/"),
        "clip": clip.uuid,
        "uploader": clip.uploader_id,
        "far": f"cursor={cursor}",
    }


def _visit(client: Any, n: int, kind: str, name: str, address: str):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from benchmarks.growth.plan import N_CALLS, WARM_UP, Visit

    for _ in range(WARM_UP):
        response = client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
        n_queries = len(queries)
    times_ms = []
    for _ in range(N_CALLS):
        began_s = time.perf_counter()
        response = client.get(address)
        times_ms.append(1000 * (time.perf_counter() - began_s))
    p50, p95 = np.percentile(times_ms, [50, 95])
    size = 0 if response.streaming else len(response.content)
    return Visit(n, kind, name, response.status_code, n_queries, float(p50), float(p95), size)


if __name__ == "__main__":
    main(int(sys.argv[1]))
