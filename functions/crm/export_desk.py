"""What people do with exports: begin one, go on with it, cancel it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.crm.declared_lists import LISTINGS
from functions.crm.export_columns import columns_of
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Export, Reason
from functions.crm.list_reading import CustomFields, parse
from functions.crm.reception import CustomTargets
from functions.crm.views import View, ViewedType, ViewFields
from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.errors import FieldProblem, InvalidError, UnavailableError
from functions.shared.writes import Also, ConditionFailedError, nothing_else


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
    custom_fields: Callable[[str], CustomFields]
    people: Door

    def open(self, values: Mapping[str, Any], also: Also[Export]) -> Export:
        """Begin an export; raises ForbiddenError without the scope to read such records, and
        InvalidError for fields, filters or an order that they do not have."""
        kind = values["record_type"]
        self.caller.require(f"{IMPORTABLES[kind].resource}:read")
        self._check_fields(kind, values["fields"])
        self._check_list(kind, values["filters"], values["sort"])
        job = Export.born(self.caller, **values, state="running")
        passport = {**self.caller.passport(), "request_id": job.id}
        job = job.model_copy(update={"passport": passport})
        made = self.exports.create(job, also=also)
        try:
            self._start(made)
        except UnavailableError:
            self.exports.change(made.id, _not_begun, event="failed", also=nothing_else)
            raise
        return made

    def resume(self, job_id: str, if_match: str | None, also: Also[Export]) -> Export:
        """Go on with an export that failed, or whose worker is lost, after the parts that are
        written; as it was begun, with the eyes and rights of whoever did."""

        def resumed(old: Export) -> Export:
            self.caller.require(f"{IMPORTABLES[old.record_type].resource}:read")
            return old.may("running", "failed").changed(
                state="running", acts=old.acts + 1, reason=None
            )

        try:
            job = self.exports.change(job_id, resumed, if_match=if_match, also=also)
        except ConditionFailedError:
            # the same request has been here before, perhaps not as far as this
            now = self.exports.get(job_id, consistent=True)
            if now.state == "running":
                self._start(now)
            raise
        self._start(job)
        return job

    def cancel(self, job_id: str, if_match: str | None, also: Also[Export]) -> Export:
        """Stop an export; asked again, it is over at once, for its worker may be lost."""

        def cancelled(old: Export) -> Export:
            if old.state == "cancelled":
                return old
            if old.state == "cancelling":
                return old.changed(state="cancelled")
            return old.may("running").changed(state="cancelling")

        return self.exports.change(job_id, cancelled, if_match=if_match, also=also)

    def _check_fields(self, record_type: str, fields: Sequence[str] | None) -> None:
        known = columns_of(IMPORTABLES[record_type].kind, self.custom(record_type).kinds)
        problems = [
            FieldProblem(f"/fields/{n}", "unknown_field", f"It is one of: {', '.join(known)}.")
            for n, name in enumerate(fields or ())
            if name not in known
        ]
        if problems:
            raise InvalidError("There are no such fields; see `errors`.", errors=problems[:50])

    def _check_list(self, kind: ViewedType, filters: Mapping[str, str], sort: str | None) -> None:
        """Raise InvalidError for what the type's list does not take, as of a view."""
        told = ViewFields(name="export", record_type=kind, filters=dict(filters), sort=sort)
        fields = self.custom_fields(kind)
        view = View.of(told, self.caller).checked(self.caller, fields)
        view.read(lambda asked: parse(LISTINGS[kind], asked, self.caller, fields))
        names = {
            said: RecordName(type=kind_of, id=filters[said])
            for said, kind_of in (("owner", "member"), ("team", "team"))
            if filters.get(said, "me") != "me"
        }
        absent = self.people.missing(list(names.values())) if names else ()
        problems = [
            FieldProblem(f"/filters/{said}", f"unknown_{name.type}", f"There is no such {said}.")
            for said, name in names.items()
            if name in absent
        ]
        if problems:
            raise InvalidError("The filters name nobody; see `errors`.", errors=problems)

    def _start(self, job: Export) -> None:
        self.executions.start(
            job.execution,
            {"workspace": self.caller.workspace, "job": job.id, "number": job.acts},
        )


def _not_begun(old: Export) -> Export:
    reason = Reason(code="error", detail="The work could not be begun; `resume` tries again.")
    return old.changed(state="failed", reason=reason.model_dump())
