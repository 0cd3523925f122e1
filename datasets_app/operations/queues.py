"""How many messages wait between site and workers."""

import os
from contextlib import closing
from pathlib import Path

import redis
from django.conf import settings

from ml_worker.contract import Queue

ANSWER_S = 2.0
MOST_MESSAGES = 10_000
"""A folder of messages is not counted further."""


class QueueUnknown(RuntimeError):
    """The broker does not answer, or cannot be asked for its queues; the message says which."""


def queue_lengths() -> dict[Queue, int]:
    """Return the messages that wait in each queue, without those a worker has taken.

    One question a queue over Redis, answered or given up within two seconds; over the folder one
    listing, counted to ``MOST_MESSAGES``.

    Raises
    ------
    QueueUnknown
        The broker does not answer, or is neither Redis nor the folder.
    """
    address = settings.CELERY["broker_url"]
    if address.startswith("filesystem://"):
        folder = settings.CELERY["broker_transport_options"]["data_folder_in"]
        return _in_folder(Path(folder))
    if address.startswith(("redis://", "rediss://")):
        return _in_redis(address)
    raise QueueUnknown(
        f"The broker is {address.partition('://')[0]}://; only Redis and the folder can be asked "
        "how much waits. Look at the broker's own console."
    )


def _in_folder(folder: Path) -> dict[Queue, int]:
    found = dict.fromkeys(Queue, 0)
    endings = {f".{queue.value}.msg": queue for queue in Queue}
    try:
        with os.scandir(folder) as entries:
            for _, entry in zip(range(MOST_MESSAGES), entries, strict=False):
                for ending, queue in endings.items():
                    found[queue] += entry.name.endswith(ending)
    except OSError as error:
        raise QueueUnknown(f"The folder of messages cannot be read: {error.strerror}.") from error
    return found


def _in_redis(address: str) -> dict[Queue, int]:
    limits = {"socket_timeout": ANSWER_S, "socket_connect_timeout": ANSWER_S}
    try:
        with closing(redis.Redis.from_url(address, **limits)) as broker:
            return {queue: int(broker.llen(queue.value)) for queue in Queue}
    except (redis.RedisError, ValueError, OSError) as error:
        raise QueueUnknown(f"Redis does not answer ({type(error).__name__}).") from error
