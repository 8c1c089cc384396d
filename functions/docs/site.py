"""Files as HTTP replies: entity tags, conditional requests, what a browser may do with them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PAGE_LIFETIME_S, ASSET_LIFETIME_S = 300, 86_400

_HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
# Scripts, styles and requests to where the page came from, and to nowhere else. Swagger UI's
# style sheet holds its icons as data.
_OF_A_PAGE = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the site: its text, its media type, and for how long it may be kept (s)."""

    text: str
    media_type: str
    lifetime_s: int

    @property
    def etag(self) -> str:
        """Return the strong entity tag of these bytes."""
        return f'"{hashlib.sha256(self.text.encode()).hexdigest()[:32]}"'

    def headers(self) -> dict[str, str]:
        """Return what goes with the file, whether its bytes do or not."""
        page = self.media_type.startswith("text/html")
        return {
            **_HEADERS,
            **(_OF_A_PAGE if page else {}),
            "cache-control": f"public, max-age={self.lifetime_s}",
            "content-type": self.media_type,
            "cross-origin-resource-policy": "cross-origin"
            if self.media_type == "application/json"
            else "same-origin",
            "etag": self.etag,
        }


class Site:
    """Files by path; each is read when it is first asked for."""

    def __init__(self, files: Mapping[str, Callable[[], File]], moved: Mapping[str, str]) -> None:
        self._files = files
        self._moved = moved
        self._read: dict[str, File] = {}

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the Lambda reply to GET or HEAD of a path; None when nothing is there."""
        if path in self._moved:
            # relative: whatever stage or base path the gateway has put in front
            return _reply(308, {**_HEADERS, "location": self._moved[path]})
        if path not in self._files:
            return None
        if path not in self._read:
            self._read[path] = self._files[path]()
        file = self._read[path]
        if _has(headers.get("if-none-match", ""), file.etag):
            return _reply(304, file.headers())
        return _reply(200, file.headers(), "" if method == "HEAD" else file.text)


def _has(if_none_match: str, etag: str) -> bool:
    """Say whether `If-None-Match` names the tag; weakly, as RFC 9110 has it."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def _reply(status: int, headers: dict[str, str], body: str = "") -> dict[str, Any]:
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}
