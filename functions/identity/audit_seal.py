"""The seal of an hour of a workspace's audit log: a digest of every entry, chained to the seal
before it.

The document is canonical JSON, `{entries: [[position, sha256 of the text], …], format, hour,
object, previous: {hour, digest} | null, workspace}`; its own digest is the SHA-256 of its bytes.
It says nothing of when it was made, so that making it again gives the same bytes.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from functions.identity.audit_entry import canonical, hour_of
from functions.shared.clock import iso

FORMAT = 1
# A recorder's run may take a minute; its entries carry the time when it began to write them.
GRACE = timedelta(minutes=5)


def document(
    workspace: str,
    hour: str,
    entries: Iterable[tuple[str, str]],
    previous: tuple[str, str] | None,
) -> bytes:
    """Return the seal of an hour's entries, (position, digest of the text) in their order;
    `previous` is the last sealed hour before and its digest."""
    return canonical(
        {
            "object": "audit_seal",
            "format": FORMAT,
            "workspace": workspace,
            "hour": hour,
            "previous": previous and {"hour": previous[0], "digest": previous[1]},
            "entries": [list(entry) for entry in entries],
        }
    ).encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def key_of(workspace: str, hour: str) -> str:
    """Return where the seal lies: `audit/<workspace>/2026/11/22/21.json`."""
    return f"audit/{workspace}/{hour.replace('-', '/').replace('T', '/')}.json"


def last_closed(at: datetime) -> str:
    """Return the last hour in which no further entry can appear."""
    return hour_of(iso(at - GRACE - timedelta(hours=1)))
