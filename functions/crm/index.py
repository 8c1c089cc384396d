"""What a record puts into the index: rows that lists and searches read, and shares of counters.

A projection is a pure function of one record as it stands in the table. All of them are named in
`functions.crm.projections`; λ crm/index_records keeps the table equal to what they say
(`functions.crm.dynamodb_index` has the how and the cost), whatever is delivered twice, late or
never finished. So rows and counters may be read without asking whether they are complete: they
are what the projections say of the record, a short while (the lag) after each change.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# Bytes of a sort text: DynamoDB's sort keys end at 1,024 with our id behind it.
MAX_SORT_BYTES = 900


class Entry(NamedTuple):
    """A row that exists as long as its record says so.

    pk `W#<workspace>#<partition…>`, sk `<sort>#<id>`. The row has the record's `id`, `object`,
    `owner_id` and `team_id`, and what is `carried` (names apart from those). With `strands` the
    same row is found by owner, gsi3pk `W#<workspace>#<partition…>#OWNER#<owner_id>`, and by
    team, gsi4pk `…#TEAM#<team_id>`, in the same order; each costs a further write.
    """

    partition: tuple[str, ...]
    sort: str  # at most MAX_SORT_BYTES; see `clipped`
    strands: bool = False
    carried: tuple[tuple[str, str], ...] = ()


class Portion(NamedTuple):
    """What a record adds to a counter, an item of sums: pk `W#<workspace>#<partition…>`, sk
    `<sort>`, and the amounts (whole numbers) as its attributes.

    Many records that change at once collide on their counter's item; where that must be expected
    `shards` spreads it over several, sk `<sort>#<0 … shards - 1>`, whose sum counts.
    """

    partition: tuple[str, ...]
    sort: str
    amounts: Mapping[str, int]
    shards: int = 1


# The custom fields that have an index: type of record → field's name → field's type.
Indexed = Mapping[str, Mapping[str, str]]

# Gets the record's item (with `deleted_at` while it is deleted).
Projection = Callable[[Mapping[str, Any], Indexed], tuple[Iterable[Entry], Iterable[Portion]]]


def clipped(sort: str) -> str:
    """Return a sort text cut to MAX_SORT_BYTES, between two characters."""
    return sort.encode()[:MAX_SORT_BYTES].decode(errors="ignore")


RowKey = tuple[str, str]  # partition and sort key, without the workspace


@dataclass(frozen=True, slots=True)
class Image:
    """All that one record has in the index: its rows and what it has added to counters."""

    rows: Mapping[RowKey, Entry] = field(default_factory=dict)
    portions: Mapping[RowKey, Mapping[str, int]] = field(default_factory=dict)


def image(item: Mapping[str, Any], indexed: Indexed, projections: Iterable[Projection]) -> Image:
    """Return what the index should have of a record.

    Raises ValueError when a sort text is too long or two projections claim one row.
    """
    rows: dict[RowKey, Entry] = {}
    portions: dict[RowKey, dict[str, int]] = {}
    for projection in projections:
        entries, parts = projection(item, indexed)
        for entry in entries:
            key = ("#".join(entry.partition), f"{entry.sort}#{item['id']}")
            if len(entry.sort.encode()) > MAX_SORT_BYTES:
                raise ValueError(f"the sort text of a row in {key[0]} is too long")
            if rows.setdefault(key, entry) != entry:
                raise ValueError(f"two different rows in one place in {key[0]}")
        for part in parts:
            sums = portions.setdefault(_counter(part, item["id"]), {})
            for name, amount in part.amounts.items():
                sums[name] = sums.get(name, 0) + amount
    return Image(rows, {key: dict(_present(sums)) for key, sums in portions.items()})


def _counter(part: Portion, record_id: str) -> RowKey:
    shard = f"#{zlib.crc32(record_id.encode()) % part.shards}" if part.shards > 1 else ""
    return "#".join(part.partition), part.sort + shard


def _present(sums: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    return ((name, amount) for name, amount in sums.items() if amount)
