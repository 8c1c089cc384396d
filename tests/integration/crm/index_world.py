"""Records written straight into the table, the index that should follow them, and a process that
dies at one of its requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.crm.dynamodb_index import Index, Standing
from functions.crm.index import Entry, Portion, Projection, image
from functions.crm.projections import PROJECTIONS as ALL
from functions.shared import aws
from functions.shared.attributes import marshal_item, unmarshal_item
from functions.shared.table import Put, Table
from tests.integration.cloud import ENVIRONMENT

NAME = ENVIRONMENT["CRM_TABLE"]


def by_words(item: Mapping[str, Any], _indexed: Any) -> Any:
    """A projection with as many rows as the record has words, and three counters."""
    if "deleted_at" in item:
        return (), ()
    words = sorted(set(item["words"].split()))
    rows = [
        Entry(("WORD",), word, strands=True, carried=(("words", str(len(words))),))
        for word in words
    ]
    sums = [
        Portion(("TALLY",), item.get("owner_id", "nobody"), {"count": 1, "words": len(words)}),
        Portion(("TALLY",), "all", {"count": 1, "words": len(words)}, shards=3),
    ]
    return rows, sums


PROJECTIONS: Sequence[Projection] = (by_words,)


class World:
    """Records written straight into the table, and the index that should follow them."""

    def __init__(self, client: Any = None, projections: Sequence[Projection] = PROJECTIONS) -> None:
        self.table = Table(client or aws.client("dynamodb"), NAME, "wsp_one")
        self.index = Index(self.table, {}, projections)
        self.projections = projections
        self.records: dict[str, dict[str, Any]] = {}

    def put(self, record_id: str, **fields: Any) -> None:
        item = {
            "pk": self.table.key(record_id), "sk": "RECORD", "id": record_id, "object": "contact",
            "version": self.records.get(record_id, {}).get("version", 0) + 1, **fields,
        }  # fmt: skip
        aws.client("dynamodb").put_item(TableName=NAME, Item=marshal_item(item))
        self.records[record_id] = item

    def remove(self, record_id: str) -> None:
        key = {"pk": self.table.key(record_id), "sk": "RECORD"}
        aws.client("dynamodb").delete_item(TableName=NAME, Key=marshal_item(key))
        del self.records[record_id]

    def check(self) -> None:
        """Hold every row and counter of the table to what the projections say of the records."""
        rows: dict[tuple[str, str], str] = {}
        sums: dict[tuple[str, str], dict[str, int]] = {}
        for item in self.records.values():
            wanted = image(item, {}, self.projections)
            for partition, sort in wanted.rows:
                rows[self.table.key(partition), sort] = item["id"]
            for (partition, sort), amounts in wanted.portions.items():
                total = sums.setdefault((self.table.key(partition), sort), {})
                for name, amount in amounts.items():
                    total[name] = total.get(name, 0) + amount
        found_rows, found_sums, indexed = {}, {}, set()
        for item in everything():
            key = (item.pop("pk"), item.pop("sk"))
            if key[1] == "INDEXED":
                indexed.add(key[0])
            elif key[0] == self.table.key("TALLY"):
                found_sums[key] = {name: value for name, value in item.items() if value}
            elif key[1] != "RECORD":
                found_rows[key] = item["id"]
                record = self.records[item["id"]]
                assert item.get("owner_id") == record.get("owner_id")
                owner = record.get("owner_id")
                assert item.get("gsi3pk") == (owner and f"{key[0]}#OWNER#{owner}")
        assert found_rows == rows
        assert {key: each for key, each in found_sums.items() if each} == sums
        assert indexed == {self.table.key(each) for each in self.records}


def everything() -> list[dict[str, Any]]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=NAME)
    return [unmarshal_item(item) for page in pages for item in page["Items"]]


class KilledError(BaseException):
    """The process is gone."""


class Mortal:
    """A DynamoDB client of a process that dies at one of its requests, before or after it."""

    def __init__(self, dies_at: int, *, after: bool) -> None:
        self._client = aws.client("dynamodb")
        self._left = dies_at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        def request(**arguments: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise KilledError
            reply = getattr(self._client, name)(**arguments)
            if self._left == 0:
                raise KilledError
            return reply

        return request


def put_indexed(table: Table, item: Mapping[str, Any]) -> None:
    """Write a record's item and its rows one by one: moto's transactions copy the whole table."""
    stored = {**item, "pk": table.key(item["id"]), "sk": "RECORD"}
    aws.client("dynamodb").put_item(TableName=NAME, Item=marshal_item(stored))
    wanted = image(item, {}, ALL)
    for step in Index(table, {}).steps(dict(item), wanted, Standing()):
        assert isinstance(step.write, Put)
        table.write(step.write)
