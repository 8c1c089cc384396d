"""Automations in the CRM's table, and what they have done.

pattern                   index  requests                                    units
get, create, change ...   table  as LimitedRecords
those of an event         gsi1   1 Query, none if read after the event       0.5 RRU per 4 KB
the record of an event    table  1 GetItem                                   1 RRU
count a run               table  1 UpdateItem                                1 WRU
an action                 table  as `dynamodb_acting`, + its note            + 2 WRU
an emitted event          table  1 PutItem                                   1 WRU
log a run                 table  1 PutItem                                   1 WRU
list runs                 table  1 Query a page                              0.5 RRU per 4 KB

note    pk W#<workspace>#DONE#<event>#<automation>   sk <position>   kept 30 days
run     pk W#<workspace>#RUNS#<automation>           sk <occurred_at>#<event>   kept 30 days
count   pk W#<workspace>#AUTOMATED                   sk <hour>   runs: how many
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.crm.automation import (
    MAX_AUTOMATIONS,
    MAX_RUNS_AN_HOUR,
    Automation,
    Cause,
)
from functions.crm.automation_runs import Run
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.clock import iso, now
from functions.shared.limited_records import LimitedRecords
from functions.shared.paging import Page
from functions.shared.record import stamp
from functions.shared.table import ConditionFailedError, Item, Put, Table, Update

KEPT_SECONDS = 30.0
_LOG_DAYS = 30
_MAX_KEPT = 1_000  # workspaces
_KEPT: dict[tuple[str, str], tuple[str, list[Automation]]] = {}


class Automations(LimitedRecords[Automation]):
    """The automations of one workspace."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, Automation, caller, limit=MAX_AUTOMATIONS)

    def for_event(self, occurred_at: str) -> Sequence[Automation]:
        """Return all of them, read after the event and within KEPT_SECONDS: an automation that
        was made before a change runs on it, and the events of one batch share a reading."""
        key = (self._table.name, self._table.workspace)
        kept = _KEPT.get(key)
        moment = now()
        oldest = max(occurred_at, iso(moment - timedelta(seconds=KEPT_SECONDS)))
        if kept is None or kept[0] <= oldest:
            if len(_KEPT) >= _MAX_KEPT:
                _KEPT.clear()
            found = list(reversed(self.page(limit=MAX_AUTOMATIONS).items))
            _KEPT[key] = kept = (iso(moment), found)
        return kept[1]

    def runs(
        self, automation_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Run]:
        """Return one page of what an automation did, newest first; raises NotFoundError."""
        self.get(automation_id)
        pk = self._table.key("RUNS", automation_id)
        found = self._table.query(
            pk,
            limit=limit,
            newest_first=True,
            start={"pk": pk, "sk": start["sk"]} if start else None,
        )
        position = {"sk": found.last_key["sk"]} if found.last_key else None
        return Page([Run.model_validate(each) for each in found.items], position)


class TableHands:
    """Does what automations want in one workspace's table, as the system, once each."""

    def __init__(self, table: Table, request_id: str, people: Callable[[Caller], Door]) -> None:
        self._table = table
        self._request_id = request_id
        self._people = people

    def record(self, kind: str, record_id: str) -> Mapping[str, Any] | None:
        item = self._table.get(self._table.key(record_id), "RECORD", consistent=True)
        gone = item is None or "deleted_at" in item or item["object"] != kind
        return None if gone else item

    def within_limit(self) -> bool:
        hour = iso(now())[:13]
        return self._table.try_write(
            Update(
                {"pk": self._table.key("AUTOMATED"), "sk": hour},
                "ADD runs :one SET expires_at_epoch = :end",
                "attribute_not_exists(runs) OR runs < :most",
                values={":one": 1, ":most": MAX_RUNS_AN_HOUR, ":end": _epoch(days=2)},
            )
        )

    def act(self, automation: Automation, position: int, event: Mapping[str, Any]) -> None:
        caller = replace(
            Caller.pipeline(self._table.workspace, self._request_id),
            principal=automation.id,
            source="automation",
            cause=Cause.of(event).then(event, automation.id),
        )
        note = Put(self._note(automation, position, event), "attribute_not_exists(pk)")
        try:
            self._do(caller, automation, position, event["subject"], note)
        except ConditionFailedError as error:
            if note not in error.refused:
                raise
            # it was done before

    def last_activity(self, record_id: str) -> str | None:
        from functions.crm.dynamodb_acting import last_activity

        return last_activity(self._table, record_id)

    def decide(self, run: Run) -> Run:
        try:
            self._table.write(Put(self._run(run), "attribute_not_exists(pk)"))
        except ConditionFailedError as error:
            return Run.model_validate(error.failed[0])
        return run

    def log(self, run: Run) -> None:
        self._table.write(Put(self._run(run)))

    def _run(self, run: Run) -> Item:
        return {
            **run.model_dump(mode="json", exclude_none=True),
            "pk": self._table.key("RUNS", run.automation_id),
            "sk": f"{run.occurred_at}#{run.event_id}",
            "expires_at_epoch": _epoch(days=_LOG_DAYS),
        }

    def _do(
        self,
        caller: Caller,
        automation: Automation,
        position: int,
        subject: Mapping[str, str],
        note: Put,
    ) -> None:
        # Here and not above: it knows all types of records, and those who set automations up only
        # read and write them.
        from functions.crm.dynamodb_acting import Acting

        def also(_: Any) -> Sequence[Put]:
            return [note]

        action = automation.actions[position]
        acting = Acting(self._table, caller, self._people)
        kind, record_id = subject["type"], subject["id"]
        if action.type == "emit_event":
            told = {
                "id": automation.id, "object": automation.OBJECT, "version": automation.version,
                "name": action.name, "payload": dict(action.payload or {}),
                "record": {"type": kind, "id": record_id},
                "_events": [stamp("automation.emitted", caller)],
            }  # fmt: skip
            self._table.try_write(Put({**told, **note.item}, note.condition))
        elif action.type == "create_task":
            acting.make_task(action, acting.store(kind).get(record_id), also)
        else:
            acting.change(automation, position, record_id, also)

    def _note(self, automation: Automation, position: int, event: Mapping[str, Any]) -> Item:
        return {
            "pk": self._table.key("DONE", event["id"], automation.id),
            "sk": f"{position:02}",
            "expires_at_epoch": _epoch(days=_LOG_DAYS),
        }


def _epoch(*, days: int) -> int:
    return int((now() + timedelta(days=days)).timestamp())
