"""Record ids: a type prefix and a UUIDv7 in Crockford base32, sortable by time, safe in URLs."""

import hashlib
import re
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32, lower case
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")
_BODY = re.compile(rf"[{_ALPHABET}]{{26}}")


def uuid7() -> int:
    """Return a UUID version 7 as a 128-bit integer: 48 bits of Unix milliseconds, 74 random
    bits (RFC 9562, section 5.7)."""
    random = secrets.randbits(74)
    return (
        (time.time_ns() // 1_000_000) << 80
        | 0x7 << 76
        | (random >> 62) << 64
        | 0b10 << 62
        | random & ((1 << 62) - 1)
    )


def new_id(prefix: str) -> str:
    """Return a fresh id such as `con_06b1…` (prefix, underscore, 26 characters)."""
    return f"{prefix}_{_base32(uuid7())}"


def sandbox_of(workspace: str) -> str:
    """Return the id of a workspace's sandbox: where its test keys act, a workspace of its own.

    It follows from the live workspace's id, so nothing needs to be kept to find it, and is a
    hash of it, so nobody finds the live one from it.
    """
    return derived_id("ws", f"sandbox:{workspace}")


def derived_id(prefix: str, seed: str) -> str:
    """Return the one id that follows from a seed: a hash of it, so nobody finds the seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16], 'big'))}"


def _base32(value: int) -> str:
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def is_id(text: str, prefix: str) -> bool:
    """Say whether `text` has the shape of an id with this prefix."""
    head, _, body = text.partition("_")
    return head == prefix and _BODY.fullmatch(body) is not None


def request_id_of(given: str, own: str) -> str:
    """Return a request's id: the caller's (`X-Request-Id`) where it is fit for logs, else ours."""
    return given if _REQUEST_ID.fullmatch(given) else own
