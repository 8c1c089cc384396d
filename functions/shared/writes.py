"""What a repository asks a table to write, as values: puts, updates, deletes, checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

R = TypeVar("R")

Item = dict[str, Any]


class ConditionFailedError(Exception):
    """A write's condition did not hold. `failed` maps the position of each refused write in
    the transaction to the item that stood in its way (None when there was none); `refused`
    are those writes."""

    def __init__(self, failed: Mapping[int, Item | None], refused: Sequence["Write"] = ()) -> None:
        super().__init__(f"condition failed at {sorted(failed)}")
        self.failed = dict(failed)
        self.refused = tuple(refused)


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item; `condition` is a DynamoDB expression over `#name` and `:value`."""

    item: Item
    condition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None  # another table than the repository's own


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an item."""

    key: Item
    condition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change attributes of an item by a DynamoDB update expression."""

    key: Item
    expression: str
    condition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Hold a transaction to a condition on an item that it does not write."""

    key: Item
    condition: str
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None


Write = Put | Delete | Update | Check

# Further writes that must happen together with a record's: the idempotency reply, above all.
Also = Callable[[R], Sequence[Write]]


def nothing_else(_record: Any) -> Sequence[Write]:
    """The default `also`: the record is written alone."""
    return ()
