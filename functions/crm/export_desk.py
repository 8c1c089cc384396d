"""What people do with exports: begin one, cancel it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from functions.crm.export_columns import columns_of
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Export, Reason
from functions.crm.reception import CustomTargets
from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.errors import FieldProblem, InvalidError, UnavailableError
from functions.shared.writes import Also, nothing_else


class Store(Protocol):
    """The exports of a workspace; errors as `shared.records` says."""

    def get(self, record_id: str, *, consistent: bool = False) -> Export: ...
    def create(self, record: Export, *, also: Also[Export]) -> Export: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[Export], Export],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Export],
    ) -> Export: ...


class Executions(Protocol):
    """The state machine."""

    def start(self, name: str, payload: Mapping[str, Any]) -> None: ...


@dataclass(slots=True)
class ExportDesk:
    """The exports of one caller."""

    caller: Caller
    exports: Store
    executions: Executions
    custom: Callable[[str], CustomTargets]
    people: Door

    def open(self, values: Mapping[str, Any], also: Also[Export]) -> Export:
        """Begin an export; raises ForbiddenError without the scope to read such records, and
        InvalidError for fields that they do not have."""
        what = IMPORTABLES[values["record_type"]]
        self.caller.require(f"{what.resource}:read")
        if values["fields"] is not None:
            known = columns_of(what.kind, self.custom(values["record_type"]).kinds)
            problems = [
                FieldProblem(f"/fields/{n}", "unknown_field", f"It is one of: {', '.join(known)}.")
                for n, name in enumerate(values["fields"])
                if name not in known
            ]
            if problems:
                raise InvalidError("There are no such fields; see `errors`.", errors=problems[:50])
        filters = {name: text for name, text in values["filters"].items() if text is not None}
        self._check_people(filters)
        job = Export.born(self.caller, **{**values, "filters": filters}, state="running")
        passport = {**self.caller.passport(), "request_id": job.id}
        job = job.model_copy(update={"passport": passport})
        made = self.exports.create(job, also=also)
        try:
            self._start(made)
        except UnavailableError:
            self.exports.change(made.id, _not_begun, event="failed", also=nothing_else)
            raise
        return made

    def cancel(self, job_id: str, if_match: str | None, also: Also[Export]) -> Export:
        """Stop an export; asked again, it is over at once, for its worker may be lost."""

        def cancelled(old: Export) -> Export:
            if old.state == "cancelled":
                return old
            if old.state == "cancelling":
                return old.changed(state="cancelled")
            return old.may("running").changed(state="cancelling")

        return self.exports.change(job_id, cancelled, if_match=if_match, also=also)

    def _check_people(self, filters: Mapping[str, str]) -> None:
        names = {
            f"{kind}_id": RecordName(type=said, id=filters[f"{kind}_id"])
            for kind, said in (("owner", "member"), ("team", "team"))
            if f"{kind}_id" in filters
        }
        absent = self.people.missing(list(names.values())) if names else ()
        problems = [
            FieldProblem(
                f"/filters/{field}", f"unknown_{name.type}", f"There is no such {name.type}."
            )
            for field, name in names.items()
            if name in absent
        ]
        if problems:
            raise InvalidError("The filters name nobody; see `errors`.", errors=problems)

    def _start(self, job: Export) -> None:
        self.executions.start(job.id, {"workspace": self.caller.workspace, "job": job.id})


def _not_begun(old: Export) -> Export:
    reason = Reason(code="error", detail="The work could not be begun; export again.")
    return old.changed(state="failed", reason=reason.model_dump())
