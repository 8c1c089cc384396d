"""The CRM's table with a thousand records, and as if it had a million, for reads alone.

moto looks at all its items for each Query, so a thousand records (some 15,000 items) would take it
minutes; these answers come from memory. Of a million, no Query ever comes to an end: in every
partition that grows with its workspace, an answer is filled up to the request's own limit with
further items, and says that there is more; the records that these name are there too.

Writes are answered as done, and not done: what they cost is what is sent.
"""

import bisect
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Self

from functions.crm.dynamodb_index import Index, Standing
from functions.crm.index import image
from functions.crm.projections import PROJECTIONS
from functions.shared import aws
from functions.shared.attributes import marshal_item, unmarshal_item
from functions.shared.ids import new_id
from functions.shared.table import Put, Table
from tests.integration.cloud import ENVIRONMENT, INDEXES

NAME = ENVIRONMENT["CRM_TABLE"]
# What a workspace has a bounded number of, whatever its size.
BOUNDED = re.compile(
    r"#(FIELDS|TALLY#.*|(pipeline|association_label|scoring_rule|assignment_rule|lead_source|automation)#0"
    r"|view#OWNER#.*)$"
)
_LAST_ID = re.compile(r"[a-z]{3}_[0-9a-z]{26}$")
_PAGE = 1_000  # items of a MB, at which DynamoDB ends a page by itself
_READS = ("Query", "GetItem", "BatchGetItem")
_WRITES = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem")

Typed = dict[str, Any]  # an item as DynamoDB has it


class Crowd:
    """What moto's table has, and more like it. Used as a context it answers in moto's place."""

    def __init__(self) -> None:
        pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=NAME)
        self._items: dict[tuple[str, str], Typed] = {}
        self._partitions: dict[str, list[tuple[str, Typed]]] | None = None
        self._models: dict[str, str] = {}  # an id that is not there → one that is
        self.endless = False
        for page in pages:
            for item in page["Items"]:
                self._put(item)

    def multiply(self, record_id: str, times: int) -> str:
        """Add records like one that is there, with all that the index has of them; returns the
        id of one of them."""
        self.add(record_id)
        return [self.add(record_id, new_id(record_id[:3])) for _ in range(times - 1)][-1]

    def add(self, record_id: str, new: str | None = None, **fields: Any) -> str:
        """Add one record like another (None: that itself), but for some fields; returns its id."""
        made = new or record_id
        copy = json.loads(json.dumps(self.item(record_id)).replace(record_id, made)) | fields
        table = Table(aws.client("dynamodb"), NAME, "wsp_one")
        self._put(marshal_item(copy))
        for step in Index(table, {}).steps(copy, image(copy, {}, PROJECTIONS), Standing()):
            if isinstance(step.write, Put):
                self._put(marshal_item(step.write.item))
        return made

    def item(self, record_id: str) -> dict[str, Any]:
        return unmarshal_item(self._items[f"W#wsp_one#{record_id}", "RECORD"])

    def __enter__(self) -> Self:
        events = aws.client("dynamodb").meta.events
        for name in (*_READS, *_WRITES):
            events.register_last(f"before-call.dynamodb.{name}", self._answer, unique_id=f"c{name}")
        return self

    def __exit__(self, *_: object) -> None:
        events = aws.client("dynamodb").meta.events
        for name in (*_READS, *_WRITES):
            events.unregister(f"before-call.dynamodb.{name}", unique_id=f"c{name}")

    def _answer(self, model: Any, params: Mapping[str, Any], **_: Any) -> Any:
        asked = json.loads(params["body"])
        if f'"{NAME}"' not in json.dumps(asked):
            return None  # of another table: moto's
        told: Typed = {}
        if model.name == "Query":
            told = self._query(asked)
        elif model.name == "GetItem":
            found = self._get(asked["Key"])
            told = {"Item": found} if found else {}
        elif model.name == "BatchGetItem":
            keys = asked["RequestItems"][NAME]["Keys"]
            there = [found for key in keys if (found := self._get(key))]
            told = {"Responses": {NAME: there}}
        return SimpleNamespace(status_code=200), {**told, "ResponseMetadata": {}}

    def _put(self, item: Typed) -> None:
        self._items[item["pk"]["S"], item["sk"]["S"]] = item
        self._partitions = None

    def _get(self, key: Typed) -> Typed | None:
        pk, sk = key["pk"]["S"], key["sk"]["S"]
        new = pk.rpartition("#")[2]
        old = self._models.get(new)
        if old is None:
            return self._items.get((pk, sk))
        found = self._items.get((pk.replace(new, old), sk))
        return None if found is None else _renamed(found, old, new)

    def _partition(self, index: str, pk: str) -> list[tuple[str, Typed]]:
        if self._partitions is None:
            found = defaultdict(list)
            for item in self._items.values():
                for each in ("", *INDEXES):
                    if f"{each}pk" in item:
                        place = (item[f"{each}sk"]["S"], item)
                        found[f"{each}|{item[f'{each}pk']['S']}"].append(place)
            self._partitions = {
                name: sorted(each, key=lambda place: place[0]) for name, each in found.items()
            }
        return self._partitions.get(f"{index}|{pk}", [])

    def _query(self, asked: Typed) -> Typed:
        assert "FilterExpression" not in asked
        index, values = asked.get("IndexName", ""), asked["ExpressionAttributeValues"]
        rising = asked.get("ScanIndexForward", True)
        limit = asked.get("Limit", _PAGE)
        whole = self._partition(index, values[":pk"]["S"])
        sort = f"{index}sk"
        found = [item for _, item in _within(whole, asked)]
        found = found if rising else found[::-1]
        if start := asked.get("ExclusiveStartKey"):
            place = start[sort]["S"]
            found = [
                each for each in found
                if (each[sort]["S"] > place if rising else each[sort]["S"] < place)
            ]  # fmt: skip
        taken = found[:limit]
        more = len(found) > limit
        if self.endless and whole and not BOUNDED.search(values[":pk"]["S"]):
            model = taken[-1] if taken else whole[-1][1]
            while len(taken) < limit:
                taken.append(self._next(model, sort, rising=rising))
            more = True
        told: Typed = {"Items": taken, "Count": len(taken)}
        if more:
            names = {"pk", "sk", f"{index}pk", sort}
            told["LastEvaluatedKey"] = {name: taken[-1][name] for name in names}
        return told

    def _next(self, model: Typed, sort: str, *, rising: bool) -> Typed:
        """Return one more item like another, behind all that are there."""
        found = _LAST_ID.search(model[sort]["S"])
        if found is None:
            return model
        old = found[0]
        number = len(self._models) if rising else 10**9 - len(self._models)
        new = f"{old[:4]}{'z' if rising else '0'}{number:025}"
        self._models[new] = self._models.get(old, old)
        return _renamed(model, old, new)


def _renamed(item: Typed, old: str, new: str) -> Typed:
    renamed: Typed = {
        name: value if "B" in value else json.loads(json.dumps(value).replace(old, new))
        for name, value in item.items()
    }
    return renamed


def _within(whole: list[tuple[str, Typed]], asked: Typed) -> Iterator[tuple[str, Typed]]:
    """Yield what a key condition of `functions.shared.table` takes."""
    values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items()}
    low, high = values.get(":from", ""), values.get(":to")
    begins, before, after = (values.get(name) for name in (":sk", ":before", ":after"))
    first = bisect.bisect_left(whole, max(low, after or "", begins or ""), key=lambda each: each[0])
    for place, item in whole[first:]:
        if (
            (high is not None and place > high)
            or (before is not None and place >= before)
            or (begins is not None and not place.startswith(begins))
        ):
            return
        if after is None or place > after:
            yield place, item
