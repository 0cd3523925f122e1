"""How a delivery is signed, so that its receiver knows that it comes from here, unchanged and new.

The header ``Harken-Signature`` is ``v1=`` and the HMAC-SHA256, in hexadecimal, of the time (the
header ``Harken-Timestamp``: whole seconds since 1970), a dot, and the body as it came.
"""

import hashlib
import hmac

VERSION = "v1"


def sign(*, secret: str, timestamp_s: int, body: bytes) -> str:
    """Return the signature of a body sent at that time.

    Examples
    --------
    >>> sign(secret="s", timestamp_s=1, body=b"{}")[:14]
    'v1=b253639bcd7'
    """
    message = f"{timestamp_s}.".encode() + body
    return f"{VERSION}=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
