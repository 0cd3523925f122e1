"""Values in a shared cache as JSON: what can be read there cannot be made to run.

Django's own serializer unpickles, so whoever can write to Redis could run code in the site.
"""

import json
from typing import Any


class JsonSerializer:
    """Keeps whole numbers as they are, so that Redis can count them up by itself.

    >>> JsonSerializer().loads(JsonSerializer().dumps({"a": [1, None]}))
    {'a': [1, None]}
    >>> JsonSerializer().loads(b"7")
    7
    """

    def dumps(self, value: Any) -> int | bytes:
        """Return a value as Redis keeps it."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """Return a value that Redis kept."""
        return json.loads(data)
