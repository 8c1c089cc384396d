"""Seals the hours of the audit log that are over, of all workspaces, each in its order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Protocol

from functions.identity.audit_seal import digest, document, key_of, last_closed


class Log(Protocol):
    """One workspace's audit log."""

    def entries(self, hour: str) -> Iterator[tuple[str, str]]: ...

    def seal(self, hour: str) -> str | None: ...

    def seal_before(self, hour: str) -> tuple[str, str] | None: ...

    def keep_seal(self, hour: str, digest: str) -> None: ...


class Hours(Protocol):
    """What is to be sealed."""

    def head(self) -> str | None: ...

    def advance(self, hour: str) -> None: ...

    def noted(self, after: str | None, until: str) -> Iterator[tuple[str, str]]: ...


class Seals(Protocol):
    """Where seals lie, locked."""

    def put_new(self, key: str, body: bytes) -> bytes: ...


class SealedOtherwiseError(Exception):
    """An hour's seal is there and says something else than the log: one was tampered with."""


@dataclass
class Tally:
    """What a run did: seals made, workspaces whose sealing failed."""

    sealed: int = 0
    failed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sealing:
    """One run; `failed` is told of each workspace that could not be sealed."""

    hours: Hours
    log_of: Callable[[str], Log]
    seals: Seals
    failed: Callable[[str, str, Exception], None]

    def run(self, at: datetime) -> Tally:
        """Seal every hour that is closed `at` a moment and not sealed yet, the oldest first.

        After a failure its workspace is left alone for this run, because a later hour's seal
        names the one before, and the head stays where it is: the next run begins there.
        """
        tally = Tally()
        noted = self.hours.noted(self.hours.head(), last_closed(at))
        for hour, named in groupby(noted, key=lambda each: each[0]):
            for _, workspace in named:
                if workspace not in tally.failed:
                    self._seal(hour, workspace, tally)
            if not tally.failed:
                self.hours.advance(hour)
        return tally

    def _seal(self, hour: str, workspace: str, tally: Tally) -> None:
        try:
            tally.sealed += seal_hour(self.log_of(workspace), self.seals, workspace, hour)
        except Exception as error:  # noqa: BLE001 - one workspace's failure is not the others'
            tally.failed.add(workspace)
            self.failed(workspace, hour, error)


def seal_hour(log: Log, seals: Seals, workspace: str, hour: str) -> bool:
    """Seal one hour of one workspace unless it is sealed or has no entry; return whether.

    Raises SealedOtherwiseError when there is a seal in the bucket that does not fit the log. What
    the bucket holds counts from then on: it could not be changed, the log could.
    """
    if log.seal(hour) is not None:
        return False
    # texts one by one: a busy hour's do not fit into a function's memory, their digests do
    entries = [(position, digest(text.encode())) for position, text in log.entries(hour)]
    if not entries:
        return False
    body = document(workspace, hour, entries, log.seal_before(hour))
    stored = seals.put_new(key_of(workspace, hour), body)
    log.keep_seal(hour, digest(stored))
    if stored != body:
        raise SealedOtherwiseError(f"{hour} of {workspace} is sealed otherwise")
    return True
