"""An entry of the audit log: what a stream record says was done, and the text that is kept of it.

The text is canonical JSON (keys sorted, no spaces, ASCII): it is stored, hashed and sealed as it
stands. Names of changed fields are in clear; what was in them is encrypted, see `audit_vault`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.shared.attributes import unmarshal_item
from functions.shared.audit import ACT
from functions.shared.clock import iso
from functions.shared.sensitive import without_sensitive

FORMAT = 1
# How much of a record's values is kept: the item must hold them in base64 beside the rest.
MAX_VALUE, MAX_VALUES = 8_000, 100_000  # characters of JSON

_ENVELOPE = frozenset(
    {"id", "object", "created_at", "updated_at", "created_by", "version", "deleted_at",
     "expires_at_epoch", "pk", "sk"}
)  # fmt: skip
_INTERNAL = re.compile(r"_.*|gsi\d[ps]k")
_SECRET = re.compile(r"digest|hash|invitation|password|secret|token")
_STAMPED = ("address", "agent", "member", "detail")  # what a stamp may carry


@dataclass(frozen=True, slots=True)
class Draft:
    """One act, as it is to be entered; `before` and `after` hold the changed fields' values."""

    workspace: str
    id: str
    facts: Mapping[str, Any]
    subject: str
    actors: tuple[str, ...]  # the credential and, where known, the member behind it
    changed: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> bytes | None:
        """Return the text to encrypt, None where nothing of a record has changed."""
        if not self.before and not self.after:
            return None
        return canonical({"before": self.before, "after": self.after}).encode()

    def entry(self, at: datetime, sealed: str | None) -> "Entry":
        """Return the entry made `at` a moment; `sealed` is the encrypted values in base64."""
        recorded_at = iso(at)
        text = canonical(
            {
                **self.facts,
                "format": FORMAT,
                "object": "audit_entry",
                "recorded_at": recorded_at,
                "changed": self.changed,
                "values": sealed,
            }
        )
        position = f"{recorded_at}#{self.id}"
        return Entry(self.workspace, self.id, position, self.subject, self.actors, text)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is stored; entries are in the order of their positions, `<recorded_at>#<id>`."""

    workspace: str
    id: str
    position: str
    subject: str
    actors: tuple[str, ...]
    text: str

    @property
    def hour(self) -> str:
        return hour_of(self.position)


def hour_of(moment: str) -> str:
    """Return the hour of an RFC 3339 time or of a position: `2026-11-22T21`."""
    return moment[:13]


def canonical(value: Any) -> str:
    """Return the one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def drafts_of(record: Mapping[str, Any]) -> Iterator[Draft]:
    """Yield what the write behind a stream record has stamped: its events, its audit stamps.

    A write that leaves another write's stamp in place says nothing again.
    """
    images = record["dynamodb"]
    if "NewImage" not in images:
        return
    new = unmarshal_item(images["NewImage"])
    old = unmarshal_item(images["OldImage"]) if "OldImage" in images else {}
    known = {each["id"] for each in _stamps(old)}
    for stamped in _stamps(new):
        if stamped["id"] not in known:
            yield _draft(stamped, new, old)


def _stamps(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from item.get("_events", ())
    yield from item.get("_audit", ())


def _draft(stamped: Mapping[str, Any], new: Mapping[str, Any], old: Mapping[str, Any]) -> Draft:
    workspace = str(new["pk"]).split("#")[1]
    itself = {"type": new.get("object"), "id": new.get("id")}
    subject = dict(stamped.get("subject") or itself)
    facts = {
        "id": stamped["id"],
        "type": stamped["type"],
        "occurred_at": stamped["occurred_at"],
        "workspace": workspace,
        "actor": dict(stamped["actor"]),
        "subject": subject,
        "request_id": stamped["request_id"],
        "source": stamped["source"],
        **{name: stamped.get(name) for name in _STAMPED},
    }
    who = (str(stamped["actor"]["id"]), str(stamped.get("member") or ""))
    actors = tuple(dict.fromkeys(filter(None, who)))
    if subject != itself or new.get("object") == ACT:
        return Draft(workspace, stamped["id"], facts, subject["id"], actors)
    changed, before, after = changes(old, new)
    return Draft(workspace, stamped["id"], facts, subject["id"], actors, changed, before, after)


def changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]:
    """Return the names of the fields that differ, and their values before and after.

    A record that comes or goes has changed in all its fields. Of secrets, even hashed ones, the
    name alone is told, and of sensitive custom fields that `custom` has changed; what is very
    long is told by its length.
    """
    was = {} if "deleted_at" in old else _fields(old)
    now_is = {} if "deleted_at" in new else _fields(new)
    changed = sorted(name for name in was | now_is if was.get(name) != now_is.get(name))
    shown = [name for name in changed if not _SECRET.search(name)]
    old, new = without_sensitive(old, new)
    was = {} if "deleted_at" in old else _fields(old)
    now_is = {} if "deleted_at" in new else _fields(new)
    room = MAX_VALUES
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in shown:
        for fields, side in ((was, before), (now_is, after)):
            if name in fields:
                side[name] = _shortened(fields[name], min(room, MAX_VALUE))
                room -= len(canonical(side[name]))
    return tuple(changed), before, after


def _fields(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in item.items()
        if name not in _ENVELOPE and not _INTERNAL.fullmatch(name)
    }


def _shortened(value: Any, most: int) -> Any:
    length = len(canonical(value))
    return value if length <= most else {"omitted_characters": length}


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, bytes):
        return {"omitted_bytes": len(value)}
    raise TypeError(f"JSON has no form for {type(value).__name__}")
