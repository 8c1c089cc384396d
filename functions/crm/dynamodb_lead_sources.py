"""Sources of leads in DynamoDB.

pattern                  index  requests                            units
list                     gsi1   1 Query (at most 100 and the born)  0.5 RRU per 4 KB
get, create, change      table  as Records + entry and count        + 2 WRU an item
a lead's write           table  in the Query of the definitions     (`dynamodb_definitions`)
  ... that names one     table  1 Query, consistent                 1 RRU per 4 KB
      nobody knows yet
what is counted          table  1 Query, 1 for each of the caller's 0.5 RRU per 4 KB of counters
                                teams and itself where it sees less
                                than all, + the list                of 150 B

item    as Records; those of the beginning only once somebody has changed them
entry   pk W#<workspace>#FIELDS   sk ~SOURCE#<key>      what a lead's write has to know of it
tally   pk W#<workspace>#TALLY#SOURCES[#OWNER#<member>|#TEAM#<team>]
        sk <key>#-#-#<team or owner>[#<shard>]          count, open, won, lost, converted

The entry's key makes a source's key unique. Counters follow the leads from the stream, seconds
later, as those of boards do.
"""

from collections.abc import Callable

from functions.crm.board import View
from functions.crm.dynamodb_board import tallies_of
from functions.crm.dynamodb_born import BornRecords
from functions.crm.dynamodb_definitions import forget_one
from functions.crm.lead_fields import BORN_SOURCES
from functions.crm.lead_sources import (
    COUNTED,
    MAX_SOURCES,
    LeadSource,
    LeadSourceFields,
    SourceCounts,
    born_with,
    counted,
)
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, FieldProblem
from functions.shared.records import Also, nothing_else
from functions.shared.table import ConditionFailedError, Put, Table


class LeadSources(BornRecords[LeadSource]):
    """The sources of one workspace's leads."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, LeadSource, caller, born_with(table.workspace), limit=MAX_SOURCES)

    def all(self) -> list[LeadSource]:
        """Return all, archived ones too: those of the beginning first (1 Query)."""
        found = self._table.query(
            self._table.key(LeadSource.OBJECT, "0"), index="gsi1",
            limit=MAX_SOURCES + len(self._born),
        )  # fmt: skip
        there = {item["id"]: LeadSource.model_validate(item) for item in found.items}
        return list((self._born | there).values())

    def counts(self) -> SourceCounts:
        """Return what the caller may know of the leads of each source."""
        strands = View().strands(self._caller)
        return counted(tallies_of(self._table, COUNTED, strands), self.all(), self._caller)

    def create(self, record: LeadSource, *, also: Also[LeadSource] = nothing_else) -> LeadSource:
        """As `LimitedRecords.create`; raises ConflictError when there is such a key."""
        if record.key in BORN_SOURCES:
            raise _taken()
        entry = self._entry(record, "attribute_not_exists(pk)")
        try:
            made = super().create(record, also=lambda new: [entry, *also(new)])
        except ConditionFailedError as error:
            if entry in error.refused:
                raise _taken() from error
            raise
        forget_one(self._table)
        return made

    def change(
        self,
        record_id: str,
        edit: Callable[[LeadSource], LeadSource],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[LeadSource] = nothing_else,
    ) -> LeadSource:
        """As `Records.change`; every writer of leads knows it within 30 seconds."""
        new = super().change(
            record_id, edit, event=event, if_match=if_match,
            also=lambda made: [self._entry(made), *also(made)],
        )  # fmt: skip
        forget_one(self._table)
        return new

    def declare(self, key: str) -> None:
        """Make a source of this key unless there is one; raises ConflictError when there are too
        many."""
        name = key.replace("_", " ").capitalize()
        fields = LeadSourceFields(key=key, name=name)
        try:
            self.create(LeadSource.of(fields, self._caller))
        except ConflictError as error:
            if error.code != "duplicate_key":
                raise
            forget_one(self._table)

    def _entry(self, source: LeadSource, condition: str | None = None) -> Put:
        key = {"pk": self._table.key("FIELDS"), "sk": f"~SOURCE#{source.key}"}
        return Put({**key, "key": source.key, "archived": source.archived}, condition)


def _taken() -> ConflictError:
    return ConflictError(
        "There is a source of this key already.",
        code="duplicate_key",
        errors=[FieldProblem("/key", "duplicate", "This key is taken.")],
    )
