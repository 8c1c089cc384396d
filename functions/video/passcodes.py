"""Passcodes of share links: kept as a slow salted hash, tried a few times at most."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import timedelta

# scrypt as OWASP's Password Storage Cheat Sheet advises for 32 MiB of memory.
_N, _R, _P = 2**15, 8, 3
_MEMORY = 64 * 1024 * 1024
_SALT_BYTES, _HASH_BYTES = 16, 32

# Wrong tries: so many in a while, then nobody gets in until it is over …
MAX_TRIES, WINDOW = 5, timedelta(minutes=15)
# … and so many without a right one in between, then never again.
MAX_WRONG = 100


def hashed(passcode: str) -> str:
    """Return a passcode as it is kept: `scrypt$<n>$<r>$<p>$<salt>$<hash>`."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _digest(passcode, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(digest)}"


def matches(passcode: str, kept: str) -> bool:
    """Say whether a passcode is the one that is kept; as long as the hash takes, either way."""
    _, n, r, p, salt, digest = kept.split("$")
    tried = _digest(passcode, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(tried, base64.b64decode(digest))


def _digest(passcode: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # the same letters, whichever keyboard made them
    text = unicodedata.normalize("NFKC", passcode).encode()
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=_HASH_BYTES)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
