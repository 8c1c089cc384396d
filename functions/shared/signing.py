"""Signs what leaves the system and must come back unchanged: cursors, playback tokens."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any


class Signer:
    """HMAC-SHA256 over JSON, under a key derived from the deployment's secret for one purpose,
    so that a cursor can never be used as a playback token."""

    def __init__(self, secret: Callable[[], bytes], purpose: str) -> None:
        self._secret = secret
        self._purpose = purpose.encode()

    def sign(self, payload: dict[str, Any]) -> str:
        """Return `<payload>.<mac>` in URL-safe base64 without padding."""
        body = _encode(json.dumps(payload, separators=(",", ":"), sort_keys=True).encode())
        return f"{body}.{_encode(self._mac(body))}"

    def verify(self, token: str) -> dict[str, Any] | None:
        """Return the payload, or None when the token is not one of ours, unchanged."""
        body, _, mac = token.partition(".")
        try:
            # as text: base64 decoders forgive stray characters and the last one's unused bits
            if not hmac.compare_digest(mac.encode(), _encode(self._mac(body)).encode()):
                return None
            payload = json.loads(_decode(body))
        except (ValueError, UnicodeError):
            return None
        return payload if isinstance(payload, dict) else None

    def _mac(self, body: str) -> bytes:
        key = hmac.digest(self._secret(), self._purpose, hashlib.sha256)
        return hmac.digest(key, body.encode(), hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
