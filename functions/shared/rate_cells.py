"""Shared buckets in the platform table: one item each, drawn from by one conditional write.

    pattern                      requests                              units
    draw a block of tokens       1 UpdateItem, 2 after a wrong guess   1 WRU each

    workspace   pk W#<workspace>#RATE               sk RATE
    principal   pk W#<workspace>#RATE#<principal>   sk RATE

Environments' clocks are compared here; Lambda's are within milliseconds of each other.
"""

from functions.shared.table import ConditionFailedError, Table, Update
from functions.shared.writes import Item

_KEPT_SECONDS = 3_600  # after the bucket is full, when its item means nothing any more
_SECOND = 1_000_000


class RateCell:
    """One bucket's `filled_at`; see rate_limits.Cell."""

    def __init__(self, platform: Table, *whose: str) -> None:
        self._table = platform
        self._key: Item = {"pk": platform.key("RATE", *whose), "sk": "RATE"}

    def start(self, at: int, now: int) -> tuple[bool, int]:
        """Set it to `at` if it is not after `now`; returns whether, and what it is now."""
        update = Update(
            self._key,
            "SET filled_at = :at, expires_at_epoch = :end",
            "attribute_not_exists(filled_at) OR filled_at <= :now",
            values={":at": at, ":now": now, ":end": at // _SECOND + _KEPT_SECONDS},
        )
        return self._write(update)

    def push(self, by: int, latest: int, now: int) -> tuple[bool, int]:
        """Add `by` if it is after `now` and at most `latest`; returns as `start` does."""
        update = Update(
            self._key,
            "SET filled_at = filled_at + :by, expires_at_epoch = :end",
            "filled_at > :now AND filled_at <= :latest",
            values={
                ":by": by,
                ":now": now,
                ":latest": latest,
                ":end": (latest + by) // _SECOND + _KEPT_SECONDS,
            },
        )
        return self._write(update)

    def _write(self, update: Update) -> tuple[bool, int]:
        try:
            item = self._table.write(update)
        except ConditionFailedError as error:
            item = error.failed[0]
            return False, int(item["filled_at"]) if item else 0
        return True, int(item["filled_at"]) if item else 0
