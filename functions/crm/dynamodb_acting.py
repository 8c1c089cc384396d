"""What automations' actions do to records, as repositories do it: for real or on trial.

pattern                      index  requests                            units (1 KB items)
set a field, a tag, an       table  as the record's change              as there
  owner
  ... in turn                table  + 1 invoke (2 of a team)            + 1 WRU
                                    + 1 UpdateItem
make a task                  table  1 GetItem + 1 TransactWriteItems    as creating one
the newest activity about    table  1 Query of one row                  0.5 RRU
  a record, if it is asked
  for
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from functions.crm.activity_fields import ActivityFields
from functions.crm.assignment import Assigner, Assignment, nobody
from functions.crm.automation import PATCHES, Action, Automation, check_assignees
from functions.crm.dynamodb import CrmRecords, companies, contacts
from functions.crm.dynamodb_activities import Activities
from functions.crm.dynamodb_deals import Deals
from functions.crm.dynamodb_leads import leads
from functions.crm.dynamodb_rules import TurnCounts
from functions.crm.lead_rules import AssignmentRule
from functions.crm.listing import by_filter
from functions.crm.model import Activity
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.clock import iso, now
from functions.shared.errors import ReelateError
from functions.shared.records import Also
from functions.shared.table import ConditionFailedError, Table
from functions.shared.validation import validated


class Acting:
    """Acts on one workspace's records as `caller`; `people` is asked as whom it is told."""

    def __init__(self, table: Table, caller: Caller, people: Callable[[Caller], Door]) -> None:
        self._table = table
        self._caller = caller
        self._people = people

    def change(
        self,
        automation: Automation,
        position: int,
        record_id: str,
        also: Also[Any],
    ) -> Any:
        """Do an action that changes its record; return that. A turn that was taken for a change
        that is refused is given back. Raises as the record's change does, and ConflictError when
        nobody is there whose turn it could be."""
        action = automation.actions[position]
        if action.target is None:
            if action.owner_id is not None:
                check_assignees([action], self._people(self._caller))
            return self._edit(automation.record_type, record_id, action, None, also)
        assigner = self.assigner(automation, position)
        made = assigner.choose({})
        if made is None:
            raise nobody()
        try:
            return self._edit(automation.record_type, record_id, action, made, also)
        except (ReelateError, ConditionFailedError):
            assigner.withdraw(made)
            raise

    def _edit(
        self,
        kind: str,
        record_id: str,
        action: Action,
        made: Assignment | None,
        also: Also[Any],
    ) -> Any:
        def edited(old: Any) -> Any:
            return old.patched(validated(PATCHES[kind], action.patch(old.tags, made)))

        return self.store(kind).change(record_id, edited, also=also)

    def assigner(self, automation: Automation, position: int) -> Assigner:
        """Return who says whose turn it is. Each action has turns of its own."""
        rule = AssignmentRule.born(
            self._caller,
            name=automation.name,
            position=0,
            target=automation.actions[position].target,
            active=True,
        ).model_copy(update={"id": f"{automation.id}.{position}"})
        return Assigner([rule], self._people(self._caller), TurnCounts(self._table))

    def make_task(self, action: Action, about: Any, also: Also[Activity]) -> Activity:
        """Make the task that an action says about a record; raises as creating one does."""
        due = None if action.due_in is None else iso(now() + timedelta(minutes=action.due_in))
        links = [] if about.OBJECT == "activity" else [{"type": about.OBJECT, "id": about.id}]
        fields = {
            "type": "task", "subject": action.subject, "body": action.body, "links": links,
            "task": {"due_at": due}, "owner_id": about.owner_id, "team_id": about.team_id,
        }  # fmt: skip
        task = Activity.of(validated(ActivityFields, fields), self._caller)
        return Activities(self._table, self._caller).create(task, also=also)

    def store(self, kind: str) -> CrmRecords[Any]:
        stores: Mapping[str, Callable[[], CrmRecords[Any]]] = {
            "contact": lambda: contacts(self._table, self._caller),
            "company": lambda: companies(self._table, self._caller),
            "deal": lambda: Deals(self._table, self._caller),
            "lead": lambda: leads(self._table, self._caller),
            "activity": lambda: Activities(self._table, self._caller),
        }
        return stores[kind]()


def last_activity(table: Table, record_id: str) -> str | None:
    """Return when the newest activity about a record was made, as the index knows it."""
    partition = by_filter("activity", "linked_to", record_id)
    found = table.query(table.key(*partition), newest_first=True, limit=1).items
    return found[0]["sk"].rpartition("#")[0] if found else None
