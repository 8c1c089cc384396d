"""A workspace's settings of its records, in DynamoDB.

pattern               index  requests                            units
get                   table  1 GetItem                           0.5 RRU
change                table  1 GetItem + 1 TransactWriteItems    as Records + 2 WRU
a record's write      table  in the Query of the definitions     (`dynamodb_definitions`)

item    as Records; only once somebody has changed them
entry   pk W#<workspace>#FIELDS   sk ~SETTINGS   what a record's write has to know of them
"""

from collections.abc import Callable

from functions.crm.dynamodb_born import BornRecords
from functions.crm.dynamodb_definitions import forget_one
from functions.crm.record_settings import RecordSettings, RecordSettingsPatch, first_settings
from functions.shared.caller import Caller
from functions.shared.records import Also, nothing_else
from functions.shared.table import Put, Table


class Settings(BornRecords[RecordSettings]):
    """The settings of one workspace."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, RecordSettings, caller, [first_settings(table.workspace)], limit=0)

    def change(
        self,
        record_id: str,
        edit: Callable[[RecordSettings], RecordSettings],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[RecordSettings] = nothing_else,
    ) -> RecordSettings:
        """As `Records.change`; every writer of records knows it within 30 seconds."""

        def entry(new: RecordSettings) -> Put:
            key = {"pk": self._table.key("FIELDS"), "sk": "~SETTINGS"}
            return Put({**key, **new.model_dump(include=set(RecordSettingsPatch.model_fields))})

        new = super().change(
            record_id, edit, event=event, if_match=if_match,
            also=lambda made: [entry(made), *also(made)],
        )  # fmt: skip
        forget_one(self._table)
        return new
