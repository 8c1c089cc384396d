"""Verifies the access tokens that Cognito signs, against the keys that it publishes."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt import PyJWK

ALGORITHM = "RS256"
LEEWAY = 5  # seconds that our clock and Cognito's may differ
FETCH_SECONDS = 2.0
MAX_TOKEN = 8_192  # characters
_REQUIRED = ["exp", "iat", "iss", "sub", "client_id", "token_use"]

Fetch = Callable[[], Mapping[str, Any]]


class KeysUnavailableError(Exception):
    """The keys could not be had; whether a token is good cannot be said."""


class Keys:
    """The pool's public keys by their id, kept between invocations.

    They are fetched for the first token, anew every hour, and for a key id that is not known;
    for unknown ids at most once a minute, so that made-up tokens cost nobody a request each.
    """

    KEPT_SECONDS, REST_SECONDS = 3_600.0, 60.0

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: float | None = None

    def find(self, kid: str) -> "PyJWK | None":
        """Return the key of this id. Raises KeysUnavailableError when there are none to look
        in; old keys are better than none when the new ones cannot be had."""
        age = None if self._fetched_at is None else self._clock() - self._fetched_at
        rest = self.REST_SECONDS if kid not in self._keys else self.KEPT_SECONDS
        if age is None or age >= rest:
            from jwt import PyJWTError

            try:
                self._keys = _signing_keys(self._fetch())
            except (OSError, ValueError, PyJWTError) as error:
                if not self._keys:
                    raise KeysUnavailableError from error
            self._fetched_at = self._clock()
        return self._keys.get(kid)


def from_url(url: str) -> Fetch:
    """Return what fetches a JSON Web Key Set; it raises OSError and ValueError."""

    def fetch() -> Mapping[str, Any]:
        # the address is our own pool's, from the function's settings
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as reply:  # noqa: S310  # nosec B310
            found: Mapping[str, Any] = json.load(reply)
            return found

    return fetch


class Tokens:
    """The access tokens of one pool."""

    def __init__(self, keys: Keys, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """Return what a token says, or None for any that is not a living access token of the
        pool. Only the key id is taken from its header; addresses and keys in there are not
        looked at. Raises KeysUnavailableError."""
        import jwt  # costs a cold start, and a request with an API key does not need it

        if len(token) > MAX_TOKEN or token.count(".") != 2:
            return None
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
                return None
            key = self._keys.find(header["kid"])
            if key is None:
                return None
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": _REQUIRED},
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        is_access = claims["token_use"] == "access"  # noqa: S105 - no password
        return claims if is_access else None


def _signing_keys(published: Mapping[str, Any]) -> "dict[str, PyJWK]":
    from jwt import PyJWK

    found = {}
    for each in published.get("keys", ()):
        if each.get("kty") == "RSA" and each.get("use") == "sig" and each.get("kid"):
            found[each["kid"]] = PyJWK.from_dict(each, algorithm=ALGORITHM)
    return found
