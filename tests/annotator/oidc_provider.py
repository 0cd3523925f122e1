"""A small OpenID Connect provider on loopback, as far as signing in needs one."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT = ("harken", "a-secret-between-us")


class Provider:
    """Vouches for whoever ``person`` is; ``asked`` are the authorisations it saw."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.person = {"sub": "u-1", "preferred_username": "olga", "email": "olga@example.org"}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.nonces: dict[str, str | None] = {}
        self.is_broken = False

    def configuration(self) -> dict:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict:
        """Return the public key that signs."""
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    def authorize(self, query: dict[str, list[str]]) -> str:
        """Return where the browser is sent back to: a person is signed in here already."""
        code = f"code-{len(self.nonces)}"
        self.nonces[code] = query.get("nonce", [None])[0]
        back = urlencode({"code": code, "state": query["state"][0]})
        return f"{query['redirect_uri'][0]}?{back}"

    def token(self, form: dict[str, list[str]]) -> dict | None:
        code = form["code"][0]
        given = (form["client_id"][0], form["client_secret"][0])
        if self.is_broken or given != CLIENT or code not in self.nonces:
            return None
        now = int(time.time())
        claims = {**self.person, "iss": self.address, "aud": CLIENT[0], "iat": now}
        claims |= {"exp": now + 60, "nonce": self.nonces[code]}
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "k1"})
        return {"access_token": "at", "token_type": "Bearer", "id_token": signed, "expires_in": 60}


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(parse_qs(parts.query)))
            self.end_headers()
            return
        known = {
            "/.well-known/openid-configuration": self.provider.configuration,
            "/keys": self.provider.keys,
            "/userinfo": lambda: self.provider.person,
        }
        self._answer(known[parts.path]())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        made = self.provider.token(parse_qs(body))
        self._answer(made or {"error": "invalid_grant"}, 200 if made else 400)

    def _answer(self, value: dict, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Serve until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield handler.provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
