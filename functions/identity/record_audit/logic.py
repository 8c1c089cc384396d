"""Enters into the audit log what the stream records of all tables say was done."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from functions.identity.audit_entry import Draft, Entry, drafts_of


class Log(Protocol):
    """Where one workspace's entries are kept."""

    def append(self, entry: Entry) -> bool:
        """Enter an act; return False when its event was entered before."""


class Sealer(Protocol):
    """What encrypts one workspace's values."""

    def seal(self, subject: str, entry: str, values: bytes) -> str | None: ...


class Hours(Protocol):
    """Where the hours that have entries are noted for λ seal_audit."""

    def note(self, hour: str, workspace: str, at_epoch: int) -> None: ...


class Recorder:
    """Enters drafts; one for the life of a process, which notes an hour and workspace once."""

    def __init__(
        self,
        books: Callable[[str], tuple[Log, Sealer]],
        hours: Hours,
        clock: Callable[[], datetime],
        failed: Callable[[Draft, Exception], None],
    ) -> None:
        self._books = books  # of a workspace
        self._hours = hours
        self._clock = clock
        self._failed = failed
        self._noted: set[tuple[str, str]] = set()

    def record(self, records: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
        """Enter all that the records say, each on its own; return how many acts were entered (or
        had been before) and how many could not be, each of which `failed` was told of."""
        entered = failures = 0
        for draft in (draft for record in records for draft in drafts_of(record)):
            try:
                self._enter(draft)
            except Exception as error:  # noqa: BLE001 - one act's failure is not the next one's
                self._failed(draft, error)
                failures += 1
            else:
                entered += 1
        return entered, failures

    def _enter(self, draft: Draft) -> None:
        log, vault = self._books(draft.workspace)
        values = draft.values()
        sealed = None if values is None else vault.seal(draft.subject, draft.id, values)
        at = self._clock()
        entry = draft.entry(at, sealed)
        self._note(entry, at)
        log.append(entry)

    def _note(self, entry: Entry, at: datetime) -> None:
        # Before the entry: an hour that was noted in vain is harmless, an unnoted one unsealed.
        name = (entry.hour, entry.workspace)
        if name in self._noted:
            return
        self._hours.note(entry.hour, entry.workspace, int(at.timestamp()))
        self._noted = {each for each in self._noted if each[0] == entry.hour} | {name}
