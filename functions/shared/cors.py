"""Cross-origin requests of browsers: which pages may read the API's replies.

A preflight carries no credential, so it is answered from the deployment's origins
(`cors_origins` of the stage). The reply itself knows whose it is: it is shown to the origins of
that workspace's own list (`allowed_origins`), or to the deployment's when it has none. Credentials
of browsers (cookies) are never allowed; the API knows none.

What lies behind a signed link (`/v1/playback/`) any page may ask for: the link is the whole
permission, and its bearer's page is not the workspace's.

Refusing here refuses reading, in browsers, and nothing else: whoever sends a request holds a key.
"""

from collections.abc import Mapping, Sequence

METHODS = "GET, POST, PATCH, DELETE"
REQUEST_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Reelate-Version, "
    "X-Request-Id"
)
EXPOSED = (
    "Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, "
    "Reelate-Version, Retry-After, Sunset, X-Request-Id"
)
_OF_LINKS = "Retry-After, X-Request-Id"
MAX_AGE_SECONDS = 7_200  # more than that no browser heeds


def preflight(headers: Mapping[str, str], allowed: Sequence[str]) -> dict[str, str]:
    """Return the headers of the reply to an OPTIONS request, given the request's own."""
    origin = headers.get("origin")
    if origin is None or origin not in allowed:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": REQUEST_HEADERS,
        "access-control-max-age": str(MAX_AGE_SECONDS),
    }


def shown_to(origin: str, allowed: Sequence[str]) -> dict[str, str]:
    """Return the headers that let a page of this origin read a reply; none when it may not."""
    if origin not in allowed:
        return {}
    return {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}


def preflight_of_link() -> dict[str, str]:
    """Return the headers of the reply to an OPTIONS request for what lies behind a link."""
    return {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "Content-Type",
        "access-control-max-age": str(MAX_AGE_SECONDS),
    }


def shown_to_anyone() -> dict[str, str]:
    """Return the headers that let any page read a reply."""
    return {"access-control-allow-origin": "*", "access-control-expose-headers": _OF_LINKS}
