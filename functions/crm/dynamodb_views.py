"""Saved views in DynamoDB.

pattern                     index   requests                          units
list what a caller sees     gsi1    1 Query a page (shared ones)      0.5 RRU per 4 KB
                            gsi3    + 1 Query a page (one's own)      0.5 RRU per 4 KB
get one                     table   1 GetItem                         0.5 RRU per 4 KB
create                      table   1 TransactWriteItems              as Records + 2 WRU (count)
change                      table   1 GetItem + 1 TransactWriteItems  as Records
delete                      table   1 GetItem + 1 TransactWriteItems  as Records + 2 WRU (count)
run                         table   1 GetItem + a page of the list    as `dynamodb_lists`
custom fields that it names table   0, or 1 Query once in 30 s        as `dynamodb_definitions`

item    as Records
gsi1    as Records, of a shared view alone: no list of others' ever reads a private one
gsi3    pk W#<workspace>#view#OWNER#<maker>     sk <created_at>#<id>
count   pk W#<workspace>#LIVING#view#<maker>    sk LIVING   so nobody's views take another's room
"""

from collections.abc import Callable, Mapping
from typing import Any

from functions.crm.dynamodb import CrmRecords
from functions.crm.search import MODELS
from functions.crm.views import MAX_VIEWS, View, maker
from functions.shared.caller import Caller
from functions.shared.errors import ForbiddenError
from functions.shared.limited_records import LimitedRecords
from functions.shared.records import Also, nothing_else
from functions.shared.table import Item, Table


class Views(LimitedRecords[View]):
    """The views of one workspace, as one caller sees them."""

    _holder = "A maker"

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, View, caller, limit=MAX_VIEWS)

    def change(
        self,
        record_id: str,
        edit: Callable[[View], View],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[View] = nothing_else,
    ) -> View:
        """As `Records.change`; raises ForbiddenError for a view that is not the caller's."""
        return super().change(
            record_id,
            lambda old: edit(self._held(old)),
            event=event,
            if_match=if_match,
            also=also,
        )

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[View] = nothing_else
    ) -> None:
        """As `LimitedRecords.delete`; raises ForbiddenError for a view that is not the caller's."""
        super().delete(record_id, if_match=if_match, also=lambda gone: also(self._held(gone)))

    def _held(self, view: View) -> View:
        if not view.held_by(self._caller):
            raise ForbiddenError(
                "A shared view is changed by its maker, and by who arranges pipelines and sees all "
                "records.",
                code="not_the_maker",
            )
        return view

    def _hidden(self, item: Mapping[str, Any]) -> bool:
        mine: bool = item["maker_id"] == maker(self._caller)
        return not mine and item["sharing"] == "private"

    def _lists(self) -> list[tuple[str, str]]:
        shared = self._table.key(View.OBJECT, "0")
        return [("gsi1", shared), ("gsi3", self._of(maker(self._caller)))]

    def _item(self, record: View, events: list[dict[str, Any]]) -> Item:
        item = super()._item(record, events)
        item["gsi3pk"], item["gsi3sk"] = self._of(record.maker_id), item["gsi1sk"]
        if record.sharing == "private":
            del item["gsi1pk"], item["gsi1sk"]
        return item

    def _of(self, maker_id: str) -> str:
        return self._table.key(View.OBJECT, "OWNER", maker_id)

    def _living_key(self, record: View) -> Item:
        return {"pk": self._table.key("LIVING", View.OBJECT, record.maker_id), "sk": "LIVING"}


def viewed(table: Table, caller: Caller, record_type: str) -> CrmRecords[Any]:
    """Return the records of a type, as a caller's lists show them."""
    return CrmRecords(table, MODELS[record_type], caller)
