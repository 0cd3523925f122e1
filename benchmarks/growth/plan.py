"""What is measured as a collection grows: pages that list something, and every list of the API."""

from dataclasses import dataclass

SIZES = (50_000, 500_000, 5_000_000)
"""Clips; each has one nomination."""
N_CALLS = 20
WARM_UP = 3
MOST_P95_MS = 100.0
"""For pages and lists at the largest size."""
COLLECTION = "grown"
CLIPS_PER_UPLOADER = 7
"""As in FSD50K: 51,197 clips by 7,225 uploaders."""
VOTED_SHARE = 0.1
"""Of the nominations: decided by two answers each."""
MOST_JUDGES = 400
"""Annotators who gave the answers."""

C = f"/collections/{COLLECTION}"
API = f"/api/v1/collections/{COLLECTION}"
PAGES = {
    "home": "/",
    "collection": f"{C}/",
    "classes": f"{C}/classes",
    "class": f"{C}/classes/{{mid}}",
    "search, a common word": f"{C}/search?q=recording",
    "search, a word of nobody": f"{C}/search?q=xyzzyx",
    "uploader": f"{C}/uploaders/{{uploader}}",
    "clip": "/clips/{clip}",
    "campaigns": f"{C}/campaigns",
    "board": f"{C}/board",
    "mapping console": f"{C}/mapping/{{mid}}",
    "reported clips": f"{C}/reported",
    "runs": f"{C}/runs",
    "releases": f"{C}/releases/",
    "validation, next page": f"{C}/validate/{{mid}}",
    "refinement, next clip": f"{C}/refine",
    "adjudication": f"{C}/adjudicate",
    "people": "/people/",
    "me": "/me/",
}
LISTS = {
    "collections": "/api/v1/collections",
    "one collection": API,
    "classes": f"{API}/classes",
    "clips": f"{API}/clips?limit=200",
    "clips, far on": f"{API}/clips?limit=200&{{far}}",
    "one clip": "/api/v1/clips/{clip}",
    "nominations": f"{API}/nominations?limit=200",
    "votes": f"{API}/votes?limit=200",
    "own votes": "/api/v1/votes?limit=200",
    "labels": f"{API}/labels?limit=200",
    "splits": f"{API}/splits",
    "releases": "/api/v1/releases",
    "jobs": f"{API}/jobs",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """What one address took at one size; times in ms, ``far`` down the list where it is one."""

    n_clips: int
    kind: str
    name: str
    status: int
    n_queries: int
    p50_ms: float
    p95_ms: float
    n_bytes: int
