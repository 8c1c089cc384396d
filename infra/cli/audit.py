"""Verifies a workspace's audit log: what the table holds against the seals in the locked bucket.

Written from the format alone (functions/identity/README.md): it shares no code with what writes the
log, so that a fault there cannot hide itself here.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.cli.audit_evidence import Evidence, Position, Sealed
from infra.local.failure import CloudError

# An hour is sealed six minutes after its end, a missed one with the next.
PATIENCE = timedelta(hours=2)

Hour = str  # 2026-11-22T21


@dataclass(frozen=True)
class Mismatch:
    """Something that does not fit; the first in the order of hours and entries comes first."""

    hour: Hour
    position: Position
    what: str

    def __str__(self) -> str:
        return f"{self.hour}: {self.what}"


@dataclass
class Report:
    """What was looked at, and what does not fit."""

    entries: int = 0
    seals: int = 0
    waiting: int = 0  # entries of hours that are not to be sealed yet
    mismatches: list[Mismatch] = field(default_factory=list)

    def sorted(self) -> list[Mismatch]:
        return sorted(self.mismatches, key=lambda each: (each.hour, each.position))


@dataclass(frozen=True)
class Span:
    """The hours to verify, both ends included; None: from the first, to the last."""

    since: Hour | None = None
    until: Hour | None = None

    def holds(self, hour: Hour) -> bool:
        return (self.since or "") <= hour <= (self.until or "~")


def hour_of(text: str) -> Hour:
    """Return the hour of a time that a person typed; raises CloudError for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CloudError(f"{text!r} is not a time such as 2026-11-22T21:00Z.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H")


def verify(evidence: Evidence, span: Span, now: datetime) -> Report:
    """Compare everything in the span; the chain also with the seal before it."""
    report = Report()
    seals = evidence.seals()
    entries = _by_hour(evidence.entries(span.since, span.until))
    report.mismatches += _chain(evidence.workspace, seals, span)
    report.mismatches += _notes(evidence.notes(), seals, span)
    for hour in sorted({*entries, *(hour for hour in seals if span.holds(hour))}):
        there = entries.get(hour, {})
        report.entries += len(there)
        if hour in seals:
            report.seals += 1
            report.mismatches += _hour(hour, seals[hour], there)
        elif _is_due(hour, now):
            what = f"{len(there)} entries but no seal; the first is {min(there)}"
            report.mismatches.append(Mismatch(hour, min(there), what))
        else:
            report.waiting += len(there)
    report.mismatches += _views(evidence, span, entries)
    return report


def _by_hour(entries: Iterator[tuple[Position, str]]) -> dict[Hour, dict[Position, str]]:
    found: dict[Hour, dict[Position, str]] = {}
    for position, text in entries:
        found.setdefault(position[:13], {})[position] = text
    return found


def _is_due(hour: Hour, now: datetime) -> bool:
    try:
        begun = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:  # no entry of ours has such a position
        return True
    return begun + timedelta(hours=1) + PATIENCE < now


def _chain(workspace: str, seals: Mapping[Hour, Sealed], span: Span) -> Iterator[Mismatch]:
    """Hold each seal against its place, its versions, and the seal before it."""
    before: Sealed | None = None
    for hour, seal in sorted(seals.items()):
        if span.holds(hour):
            for what in _faults(workspace, hour, seal, before):
                yield Mismatch(hour, "", what)
        before = seal


def _faults(workspace: str, hour: Hour, seal: Sealed, before: Sealed | None) -> Iterator[str]:
    if seal.deleted:
        yield "the seal was deleted; its locked version is still there"
    if seal.versions > 1:
        yield f"the seal was replaced: {seal.versions} versions, the oldest counts"
    if seal.document is None:
        yield "the seal is no document of ours"
        return
    if (seal.document.get("workspace"), seal.document.get("hour")) != (workspace, hour):
        yield "the seal is that of another workspace or hour"
    named = seal.document.get("previous")
    if before is None:
        if named is not None:
            yield f"the seal before it, of {named['hour']}, is missing"
    elif named is None:
        yield f"the seal names none before it, but there is that of {before.hour}"
    elif named["hour"] != before.hour:
        missing = max(named["hour"], before.hour)
        yield (
            f"the seal names that of {named['hour']} before it, not of {before.hour}: that of "
            f"{missing} is missing or out of place"
        )
    elif named["digest"] != before.digest:
        yield f"the chain is broken: the seal of {before.hour} is not the one it names"


def _notes(
    notes: Mapping[Hour, str], seals: Mapping[Hour, Sealed], span: Span
) -> Iterator[Mismatch]:
    """Hold the table's notes of the seals against the bucket."""
    for hour, digest in notes.items():
        if span.holds(hour):
            if hour not in seals:
                yield Mismatch(hour, "", "the seal that the table has noted is missing")
            elif seals[hour].digest != digest:
                yield Mismatch(hour, "", "the seal is not the one that the table has noted")


def _hour(hour: Hour, seal: Sealed, there: Mapping[Position, str]) -> Iterator[Mismatch]:
    """Hold the entries of an hour against its seal."""
    if seal.document is None:
        return
    sealed: dict[Position, str] = dict(seal.document.get("entries", []))
    for position in sorted({*sealed, *there}):
        if position not in there:
            yield Mismatch(hour, position, f"entry {position} was removed")
        elif position not in sealed:
            yield Mismatch(hour, position, f"entry {position} was inserted")
        elif hashlib.sha256(there[position].encode()).hexdigest() != sealed[position]:
            yield Mismatch(hour, position, f"entry {position} was changed")


def _views(
    evidence: Evidence, span: Span, entries: Mapping[Hour, Mapping[Position, str]]
) -> Iterator[Mismatch]:
    """Hold the views by actor and by subject against the entries: none lacks one, none leads to
    what is not there."""
    wanted: dict[str, dict[Position, Sequence[str]]] = {}
    for there in entries.values():
        for position, text in there.items():
            for view, actors in _placed(text):
                wanted.setdefault(view, {})[position] = actors
    for view, positions in sorted(wanted.items()):
        found = evidence.view(view, span.since, span.until)
        for position in sorted({*positions, *found}):
            hour = position[:13]
            if position not in found:
                what = f"entry {position} is missing in the view {view}"
            elif position not in positions:
                what = f"the view {view} leads to {position}, which is not its entry"
            elif found[position] and list(found[position]) != list(positions[position]):
                what = f"entry {position} has other actors in the view {view}"
            else:
                continue
            yield Mismatch(hour, position, what)


def _placed(text: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the views that an entry stands in; that by subject also holds its actors."""
    try:
        entry: dict[str, Any] = json.loads(text)
        who = [entry["actor"]["id"], entry.get("member") or ""]
        subject = entry["subject"]["id"]
    except (ValueError, KeyError, TypeError):
        return  # it was tampered with: its seal says so
    actors = list(dict.fromkeys(filter(None, who)))
    yield f"S#{subject}", actors
    for actor in actors:
        yield f"A#{actor}", []
