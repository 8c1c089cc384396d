"""What the audit log shall know: who did it from where, and acts that change no record.

A write of a record needs nothing of this: its `_events` stamp says it all (`record.stamp`). Three
things do:

* a write that is no published event: put `_audit: [audit_stamp(…)]` on the item that is written
  (with its `subject` if the item is no record). The outbox does not look at `_audit`;
* an act that writes nothing (a sign-in, a playback, an export): write `act(…)` to the platform
  table, alone or within a transaction;
* an erasure: write `forgotten(…)`, and the subject's values are unreadable from then on.

λ identity/record_audit turns all of it into entries. Nothing here may hold a secret.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.ids import new_id
from functions.shared.writes import Put

ACT = "act"  # `object` of an act's item: the stream's filter
_KEPT_SECONDS = 2 * 86_400  # a stream keeps its records a day
_LONGEST_AGENT = 256  # characters


def origin(caller: Caller) -> dict[str, str]:
    """Return from where, and for which member, a caller acts, as stamps carry it; no event
    publishes this."""
    found = {
        "address": caller.address,
        "agent": caller.agent and caller.agent[:_LONGEST_AGENT],
        "member": caller.member,
    }
    return {name: value for name, value in found.items() if value}


def audit_stamp(
    event_type: str,
    caller: Caller,
    *,
    subject: Mapping[str, str] | None = None,
    detail: Mapping[str, str] | None = None,
    source: str | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Return a stamp for an item's `_audit` list.

    `event_type` is `<thing>.<past_tense>`, such as `api_key.used`; `subject` is {type, id}, needed
    where the item itself is not the record in question; `detail` says more in clear words that
    are nobody's personal data.
    """
    stamped: dict[str, Any] = {
        "id": new_id("evt"),
        "type": event_type,
        "occurred_at": iso(at or now()),
        "actor": caller.actor,
        "request_id": caller.request_id,
        "source": source or caller.source,
        **origin(caller),
    }
    if caller.cause is not None:
        stamped["cause"] = dict(caller.cause)
    if subject is not None:
        stamped["subject"] = dict(subject)
    if detail:
        stamped["detail"] = dict(detail)
    return stamped


def act(
    event_type: str,
    caller: Caller,
    subject: Mapping[str, str],
    *,
    detail: Mapping[str, str] | None = None,
    once: str | None = None,
    at: datetime | None = None,
    table: str | None = None,
) -> Put:
    """Return the write, into the platform table, that makes an audit entry of an act.

    `once` names what shall be recorded a single time, such as `<key>#<hour>`: the write's
    condition fails when it was before (within two days). `table` is the platform table's name
    where the write goes into another table's transaction.
    """
    stamped = audit_stamp(event_type, caller, subject=subject, detail=detail, at=at)
    name = stamped["id"] if once is None else hashlib.sha256(once.encode()).hexdigest()
    return Put(
        {
            "pk": f"W#{caller.workspace}#ACT#{event_type}#{name}",
            "sk": "ACT",
            "object": ACT,
            "_audit": [stamped],
            "expires_at_epoch": int((at or now()).timestamp()) + _KEPT_SECONDS,
        },
        None if once is None else "attribute_not_exists(pk)",
        table=table,
    )


def key_of(workspace: str, subject: str) -> dict[str, str]:
    """Return the key of the platform item that holds a subject's wrapped data key."""
    return {"pk": f"W#{workspace}#AUDITKEY#{subject}", "sk": "AUDITKEY"}


def forgotten(workspace: str, subject: str, *, table: str | None = None) -> Put:
    """Return the write, into the platform table, that destroys a subject's data key.

    From then on nobody can read what its fields were, before and after; that they changed, when
    and by whom stays. The mark in the key's place keeps a late entry from getting a new key.
    """
    return Put({**key_of(workspace, subject), "erased_at": iso(now())}, table=table)
