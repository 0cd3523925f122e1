"""What each process counts of the requests it answers.

Under gunicorn several processes answer; ``annotator.gunicorn_settings`` has them count in files of
one folder, which whichever of them is asked adds up.
"""

from prometheus_client import Counter, Histogram

ANSWERS = Counter(
    "harken_http_responses", "Answers by view, method and status.", ["view", "method", "status"]
)
SECONDS = Histogram(
    "harken_http_seconds",
    "Seconds from a request's coming to its answer's first byte.",
    ["view", "method"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
