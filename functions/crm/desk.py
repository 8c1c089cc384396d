"""What people do with imports: open, send, preview, run, cancel, resume, take back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.crm.bulk import Importable
from functions.crm.csv_format import SAMPLE, Guess
from functions.crm.exchange_keys import source_key
from functions.crm.import_choice import chosen, fitting_match
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Act, Import, Tally
from functions.crm.reception import CustomTargets, ImportStore, receive
from functions.shared.caller import Caller
from functions.shared.clock import iso
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.writes import Also, ConditionFailedError

PART_BYTES = 64 << 20
SINGLE_BYTES = 128 << 20  # up to here one PUT takes the file


class Files(Protocol):
    """The exchange bucket."""

    def address_put(self, key: str, size_bytes: int, lifetime_s: int) -> str: ...
    def address_part(
        self, key: str, upload_id: str, number: int, size_bytes: int, lifetime_s: int
    ) -> str: ...
    def begin(self, key: str) -> str: ...
    def complete(self, key: str, upload_id: str, etags: Sequence[str]) -> None: ...
    def size(self, key: str) -> int | None: ...
    def beginning(self, key: str, count: int) -> bytes: ...


class Executions(Protocol):
    """The state machine."""

    def start(self, name: str, payload: Mapping[str, Any]) -> None: ...


class Store(ImportStore, Protocol):
    def create(self, record: Import, *, also: Also[Import]) -> Import: ...


@dataclass(slots=True)
class ImportDesk:
    """The imports of one caller."""

    caller: Caller
    imports: Store
    files: Files
    executions: Executions
    custom: Callable[[str], CustomTargets]
    policy: Callable[[str], str]  # on duplicates of a type of record
    guess: Guess
    progress_of: Callable[[str, str], Tally]
    clock: Callable[[], datetime]
    lifetime_s: int

    def open(self, values: Mapping[str, Any], also: Also[Import]) -> Import:
        """Make an import that awaits its file; raises ForbiddenError without the scope to write
        such records, InvalidError when mode and `match_on` do not fit."""
        self._writes(values["record_type"])
        told = {k: v for k, v in values["options"].items() if v is not None}
        custom = self.custom(values["record_type"])
        fitting_match(values["record_type"], custom, values["mode"], values["match_on"])
        fields = {key: each for key, each in values.items() if key != "options"}
        job = Import.born(self.caller, state="waiting", told=told, **fields)
        if job.size_bytes > SINGLE_BYTES:
            upload = self.files.begin(source_key(self.caller.workspace, job.id))
            job = job.model_copy(update={"upload_id": upload})
        return self.imports.create(job, also=also)

    def addresses(self, job: Import) -> tuple[str | None, list[tuple[int, int, str]], str]:
        """Return where the file is sent: one URL, or (number, bytes, URL) of its parts; and until
        when."""
        key = source_key(self.caller.workspace, job.id)
        expires = iso(self.clock() + timedelta(seconds=self.lifetime_s))
        if job.upload_id is None:
            return self.files.address_put(key, job.size_bytes, self.lifetime_s), [], expires
        parts = []
        for number, first in enumerate(range(0, job.size_bytes, PART_BYTES), start=1):
            size = min(PART_BYTES, job.size_bytes - first)
            url = self.files.address_part(key, job.upload_id, number, size, self.lifetime_s)
            parts.append((number, size, url))
        return None, parts, expires

    def complete(self, job_id: str, parts: Sequence[tuple[int, str]], also: Also[Import]) -> Import:
        """Join the parts of the file and look at it. Raises InvalidError unless every part is named
        once."""
        job = self.imports.get(job_id, consistent=True).may("waiting", "ready")
        if job.upload_id is None:
            raise ConflictError("This file is sent by one PUT.", code="no_parts")
        count = -(-job.size_bytes // PART_BYTES)
        if [number for number, _ in parts] != list(range(1, count + 1)):
            raise InvalidError(
                f"Name the parts 1 to {count}, in their order.",
                code="parts_mismatch",
                errors=[FieldProblem("/parts", "parts_mismatch", f"There are {count} parts.")],
            )
        key = source_key(self.caller.workspace, job.id)
        if self.files.size(key) is None:
            self.files.complete(key, job.upload_id, [tag for _, tag in parts])
        return self.received(job_id, also)

    def received(self, job_id: str, also: Also[Import]) -> Import:
        """Look at the file now, without waiting for the event of its arrival. Raises ConflictError
        when it is not there."""
        job = self.imports.get(job_id, consistent=True)
        key = source_key(self.caller.workspace, job.id)
        size = self.files.size(key)
        if size is None:
            raise ConflictError("The file has not arrived.", code="file_missing")
        custom = self.custom(job.record_type)
        sample = self.files.beginning(key, SAMPLE)
        return receive(job, self.imports, sample, size, self.guess, custom, also)

    def preview(self, job_id: str, told: Mapping[str, Any], also: Also[Import]) -> Import:
        """Begin to look at every row as a run would, without writing records."""
        return self._begin(job_id, "preview", told, also)

    def run(self, job_id: str, told: Mapping[str, Any], also: Also[Import]) -> Import:
        """Begin to write records."""
        return self._begin(job_id, "run", told, also)

    def resume(self, job_id: str, if_match: str | None, also: Also[Import]) -> Import:
        """Go on with a run that was cancelled or failed, or whose workers are lost."""

        def resumed(old: Import) -> Import:
            old.may("running", "cancelled", "failed")
            if old.act != "run":
                raise ConflictError("No run of this import was begun.", code="wrong_state")
            self._writes(old.record_type)
            return old.begun("run", self.caller)

        return self._start(job_id, resumed, also, if_match=if_match)

    def revert(self, job_id: str, if_match: str | None, also: Also[Import]) -> Import:
        """Begin to take back what a run has written; again where its workers are lost."""

        def reverting(old: Import) -> Import:
            old.may("done", "cancelled", "failed", "reverting")
            if old.act not in ("run", "revert"):
                raise ConflictError("Nothing of this import was written.", code="wrong_state")
            self._writes(old.record_type, "write", "delete")
            return old.begun("revert", self.caller)

        return self._start(job_id, reverting, also, if_match=if_match)

    def cancel(self, job_id: str, if_match: str | None, also: Also[Import]) -> Import:
        """Stop what goes on; what is written stays. An import that awaits its file, or its mapping,
        is over at once."""

        def cancelled(old: Import) -> Import:
            match old.state:
                case "waiting" | "ready":
                    return old.changed(state="cancelled")
                case "previewing" | "running":
                    return old.changed(state="cancelling")
                case "cancelling":  # its workers may be lost: others end it
                    return old.changed(acts=old.acts + 1)
                case "cancelled":
                    return old
            return old.may("waiting", "ready", "previewing", "running")

        job = self.imports.change(job_id, cancelled, event="updated", if_match=if_match, also=also)
        if job.state == "cancelling":
            self._execute(job)
        return job

    def progress(self, job: Import) -> Tally | None:
        """Return what the pieces that are done came to, of work that goes on (1 request)."""
        if job.state not in ("previewing", "running", "cancelling", "reverting"):
            return None
        plan = f"{job.plan}-revert" if job.act == "revert" else str(job.plan)
        return self.progress_of(job.id, plan)

    def _begin(self, job_id: str, act: Act, told: Mapping[str, Any], also: Also[Import]) -> Import:
        def begun(old: Import) -> Import:
            kind = old.record_type
            choice = chosen(old, told, self.custom(kind), self.caller, self.policy(kind))
            working = "previewing" if act == "preview" else "running"
            if old.state == working and old.choice == choice:
                return old  # asked again: only what starts the work is repeated
            old.may("ready")
            self._writes(old.record_type)
            return old.begun(
                act, self.caller, plan=old.plan + 1, choice=choice.model_dump(),
                faults=[], report=None, result=None,
            )  # fmt: skip

        return self._start(job_id, begun, also)

    def _start(
        self,
        job_id: str,
        edit: Callable[[Import], Import],
        also: Also[Import],
        if_match: str | None = None,
    ) -> Import:
        try:
            job = self.imports.change(job_id, edit, event="started", if_match=if_match, also=also)
        except ConditionFailedError:
            # the same request has been here before, perhaps not as far as this
            now = self.imports.get(job_id, consistent=True)
            if now.state in ("previewing", "running", "reverting"):
                self._execute(now)
            raise
        self._execute(job)
        return job

    def _execute(self, job: Import) -> None:
        self.executions.start(
            job.execution,
            {
                "workspace": self.caller.workspace,
                "job": job.id,
                "number": job.acts,
                "act": job.act,
            },
        )

    def _writes(self, record_type: str, *acts: str) -> Importable:
        what = IMPORTABLES[record_type]
        for act in acts or ("write",):
            self.caller.require(f"{what.resource}:{act}")
        return what


__all__ = ["ImportDesk", "Tally"]
