"""Lets a request in only if it came through the waiting room: WSGI and ASGI middleware.

Needs Python 3.9 or newer, PyJWT 2.6 or newer and cryptography (Debian: python3-jwt,
python3-cryptography). ../README.md has all settings.

    entrance = Entrance(issuer="https://shop.example", audience="waiting-room:main")
    application = WaitingRoomWSGI(application, entrance)   # Flask, Django (wsgi.py), ...
    application = WaitingRoomASGI(application, entrance)   # FastAPI, Starlette, Django (asgi.py), ...

The application finds the claims of the pass, or None, in `environ["waiting_room.pass"]` (WSGI) or
`scope["waiting_room.pass"]` (ASGI). `claims["number"]` is the visitor's number in line.

A request is let in with a valid pass. One without a pass is let in if it has the origin secret (a
bypass rule, or a suspended room), or if its path is one of `skip`. With `origin_secret` alone passes
are not verified.
"""

import asyncio
import hmac
import json
import logging
import os
import re
import threading
import time
import urllib.request
from typing import Iterable, NamedTuple, Optional, Union
from urllib.parse import quote

import jwt

FRESH_SECONDS = 300  # The room lets caches keep its keys for this long.
KEPT_SECONDS = 86_400  # Without a newer answer, keys count for this long.
RETRY_SECONDS = 10  # Between two attempts to fetch keys, however many requests ask for them.
FETCH_TIMEOUT_SECONDS = 3
JWKS_BYTES_MAX = 65_536
PASS_BYTES_MAX = 4_096

ALGORITHMS = {("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256"}
ODD_PATH = re.compile(r"//|/\.|[^\w./@-]", re.ASCII)

log = logging.getLogger("waiting_room")


class Refusal(NamedTuple):
    status: int
    headers: "list[tuple[str, str]]"
    body: bytes


class KeysUnavailable(Exception):
    """No keys could be fetched, and none are left from before."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


class KeySet:
    """The room's public keys, in memory. Thread-safe."""

    def __init__(self, url: str):
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", url):
            raise ValueError("waiting room: jwks_url must begin with https://")
        self._url = url
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._lock = threading.Lock()
        self._keys: "dict[str, tuple[object, str]]" = {}
        self._fetched_at = self._tried_at = float("-inf")

    def find(self, kid: str) -> "Optional[tuple[object, str]]":
        """A key and the one algorithm that it is for. Raises KeysUnavailable."""
        age = time.monotonic() - self._fetched_at
        if age > KEPT_SECONDS:
            self._refresh()
            if time.monotonic() - self._fetched_at > KEPT_SECONDS:
                raise KeysUnavailable(f"no keys from {self._url}")
        elif age > FRESH_SECONDS and time.monotonic() - self._tried_at > RETRY_SECONDS:
            # The keys still count, so the visitor need not wait for the next ones.
            threading.Thread(target=self._refresh, daemon=True).start()
        if kid not in self._keys:
            # A new key signs from its first second on, so an unknown one is worth one fetch.
            self._refresh()
        return self._keys.get(kid)

    def _refresh(self) -> None:
        with self._lock:
            if time.monotonic() - self._tried_at < RETRY_SECONDS:
                return
            self._tried_at = time.monotonic()
            try:
                with self._opener.open(self._url, timeout=FETCH_TIMEOUT_SECONDS) as answer:
                    keys = json.loads(answer.read(JWKS_BYTES_MAX))["keys"]
                self._keys = {
                    key["kid"]: (jwt.PyJWK(key, algorithm).key, algorithm)
                    for key in keys
                    if (algorithm := ALGORITHMS.get((key.get("kty"), key.get("crv")))) and "kid" in key
                }
                self._fetched_at = time.monotonic()
            except Exception as error:  # An outage must not end the thread or the request.
                log.warning("no keys from %s: %r", self._url, error)


class Entrance:
    """The settings, and the decision for each request. One for all threads."""

    def __init__(
        self,
        issuer: Union[str, Iterable[str]] = (),
        audience: Union[str, Iterable[str]] = (),
        jwks_url: Optional[str] = None,
        origin_secret: str = "",
        site_url: str = "",
        skip: Iterable[str] = (),
        clock_skew_seconds: int = 30,
    ):
        self._keys = None  # Only the secret is compared.
        if not origin_secret or issuer or audience:
            self._issuers = _listed("issuer", issuer)
            self._audiences = _listed("audience", audience)
            self._keys = KeySet(jwks_url or f"{self._issuers[0]}/__waiting-room/jwks.json")
        if origin_secret and len(origin_secret) < 16:
            raise ValueError("waiting room: origin_secret has less than 16 characters")
        self._secret = origin_secret.encode()
        self._site_url = site_url.rstrip("/")
        self._skip = tuple(skip)
        self._skew_seconds = clock_skew_seconds

    @classmethod
    def from_environment(cls) -> "Entrance":
        """With WAITING_ROOM_ISSUER, WAITING_ROOM_AUDIENCE and so on; spaces separate several values."""
        def value(name: str) -> str:
            return os.environ.get(f"WAITING_ROOM_{name}", "")

        return cls(
            issuer=value("ISSUER").split(),
            audience=value("AUDIENCE").split(),
            jwks_url=value("JWKS_URL") or None,
            origin_secret=value("ORIGIN_SECRET"),
            site_url=value("SITE_URL"),
            skip=value("SKIP").split(),
        )

    def decide(self, method: str, target: str, headers) -> "Union[Refusal, Optional[dict]]":
        """The claims of a valid pass, None if the request may come without one, or a refusal.

        `target`: path and query as sent. `headers`: a function from a name in lower case to the
        value, or "".
        """
        token = headers("waiting-room-pass")
        if self._keys and token:
            try:
                claims = self._verify(token)
            except KeysUnavailable as error:
                log.error("%s", error)
                text = b"The pass of the waiting room cannot be checked at the moment. Try again in a few seconds.\n"
                return Refusal(503, [("Retry-After", str(RETRY_SECONDS)), *_PLAIN], text)
            if claims is not None:
                return claims
        elif self._secret and hmac.compare_digest(self._secret, headers("waiting-room-origin-secret").encode()):
            return None
        elif self._is_skipped(target):
            return None
        # A request that came through the room would come back here, again and again.
        is_page = method == "GET" and "text/html" in headers("accept") and not headers("x-forwarded-host")
        if self._site_url and is_page:
            location = self._site_url + (target if target.startswith("/") else "/")
            return Refusal(302, [("Location", location), *_PLAIN], b"")
        text = b"This address is reached through the waiting room only. Open the site by its public address.\n"
        return Refusal(403, _PLAIN, text)

    def _verify(self, token: str) -> Optional[dict]:
        if len(token) > PASS_BYTES_MAX:
            return None
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != "JWT" or not isinstance(header.get("kid"), str):
                return None
            found = self._keys.find(header["kid"])
            if found is None:
                return None
            key, algorithm = found
            # The key determines the algorithm, never the token. PyJWT before 2.10 takes no list of
            # issuers.
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audiences,
                leeway=self._skew_seconds,
                options={"require": ["exp", "iat", "iss", "aud"]},
            )
        except jwt.PyJWTError:
            return None
        return claims if claims["iss"] in self._issuers else None

    def _is_skipped(self, target: str) -> bool:
        """Only for paths with one possible reading: "/static/../checkout" is not below "/static/"."""
        path = target.split("?", 1)[0]
        if ODD_PATH.search(path):
            return False
        return any(path.startswith(prefix) if prefix.endswith("/") else path == prefix for prefix in self._skip)


_PLAIN = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
_REASONS = {302: "302 Found", 403: "403 Forbidden", 503: "503 Service Unavailable"}


def _listed(name: str, values: Union[str, Iterable[str]]) -> "list[str]":
    listed = [values] if isinstance(values, str) else list(values)
    if not listed or "" in listed:
        raise ValueError(f"waiting room: set {name}")
    return listed


def decide_wsgi(entrance: Entrance, environ: dict):
    def header(name: str) -> str:
        return environ.get("HTTP_" + name.upper().replace("-", "_"), "")

    # As sent, where the server says so. PATH_INFO is decoded.
    path = quote(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""), encoding="latin-1")
    query = environ.get("QUERY_STRING", "")
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or (f"{path}?{query}" if query else path)
    return entrance.decide(environ["REQUEST_METHOD"], target, header)


class WaitingRoomWSGI:
    def __init__(self, application, entrance: Entrance):
        self._application = application
        self._entrance = entrance

    def __call__(self, environ, start_response):
        decision = decide_wsgi(self._entrance, environ)
        if isinstance(decision, Refusal):
            start_response(_REASONS[decision.status], list(decision.headers))
            return [decision.body]
        environ["waiting_room.pass"] = decision
        return self._application(environ, start_response)


class WaitingRoomASGI:
    def __init__(self, application, entrance: Entrance):
        self._application = application
        self._entrance = entrance

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await self._application(scope, receive, send)
        path, query = quote(scope["path"]), scope.get("query_string", b"").decode("latin-1")
        method = scope.get("method", "WEBSOCKET")
        decision = await decide_asgi(self._entrance, method, f"{path}?{query}" if query else path, scope["headers"])
        if not isinstance(decision, Refusal):
            return await self._application({**scope, "waiting_room.pass": decision}, receive, send)
        if scope["type"] == "websocket":
            # Before it is accepted: the server answers the handshake with 403.
            await receive()
            return await send({"type": "websocket.close", "code": 1008})
        await send_refusal(send, decision)


async def decide_asgi(entrance: Entrance, method: str, target: str, headers):
    fields = {name.lower(): value.decode("latin-1") for name, value in headers}
    # In a thread, because keys may have to be fetched.
    return await asyncio.to_thread(entrance.decide, method, target, lambda name: fields.get(name.encode(), ""))


async def send_refusal(send, refusal: Refusal) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
