"""What records are when their merge is undone: the losers as they were, and the winner too, unless
it was edited since.

Not all can be as it was: a stage that was archived meanwhile has given its records to another, and
the rules that leads are scored by may be others.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from functions.crm.combining import separated
from functions.crm.dynamodb import CrmRecords, alike
from functions.crm.dynamodb_journal import SOURCE, left_of, revived
from functions.crm.merging import Merge
from functions.crm.model import Mergeable
from functions.shared.caller import Caller
from functions.shared.table import Item, Write


class Returning(NamedTuple):
    """A record at the undoing of a merge: what it will be, its item, what else is written, and
    what is said of it where it is not what it was."""

    record: Mergeable
    item: Item
    writes: Sequence[Write] = ()
    left: Mapping[str, str] | None = None


class Returns:
    """How records of one type come back."""

    def __init__(self, records: CrmRecords[Any], caller: Caller) -> None:
        self._records = records
        self._caller = caller

    def back(self, image: Item, current: Item, event: str) -> Returning:
        """Return a record as it comes back from what it was."""
        old = self._records.read(image)
        record, writes = self._records.back(old, current["version"] + 1)
        if alike(record, old):
            return Returning(record, revived(image, current, self._caller, event))
        left = left_of(old.OBJECT, old.id, "stage_archived") if writes else None
        return Returning(record, self._records.stored(record, event, SOURCE, old), writes, left)

    def without(self, winner: Mergeable, before: Mapping[str, Item], merge: Merge) -> Returning:
        """Return a winner that was edited since without what it has of its losers."""
        old, *losers = (self._records.read(before[each]) for each in merge.ids)
        own = separated(winner, old, losers, self._records.known_by)
        record, writes = self._records.back(own, winner.version + 1)
        item = self._records.stored(record, "updated", SOURCE, winner)
        return Returning(record, item, writes, left_of(winner.OBJECT, winner.id, "edited_since"))
