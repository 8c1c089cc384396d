"""What follows a merge in a test: the index, the mover, and a process that dies in the middle."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from moto import mock_aws

from functions.crm.api.handler import handler
from functions.crm.dynamodb_index import Index
from functions.crm.find_api.handler import handler as find_handler
from functions.crm.merge_records.handler import handler as merge_records
from functions.crm.model import KINDS
from functions.shared import aws
from functions.shared.attributes import unmarshal_item
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, environment, furnish
from tests.integration.crm.bus import message, published
from tests.integration.doors import serve_doors
from tests.integration.gateway import CONTEXT, Api, Member

TABLE = ENVIRONMENT["CRM_TABLE"]
# What the issue lets differ: version, updated_at, and the stamps, which are history.
PASSING = frozenset({"version", "updated_at", "_events", "revision", "standing"})


IN_TIME = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 60_000})


class Killed(BaseException):
    """The process is gone."""


def finder(member: Member | None = None) -> Api:
    return Api(find_handler, member or Member())


def everything() -> list[dict[str, Any]]:
    """Return the table's items."""
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    return [unmarshal_item(item) for page in pages for item in page["Items"]]


def picture() -> dict[tuple[str, str], str]:
    """Return the table as it is compared: without merges' own items and what may differ; a counter
    that nobody adds to says what none says."""
    return {
        _place(item): json.dumps(
            {
                name: value
                for name, value in item.items()
                if name not in PASSING and not ("updated_at" in item["pk"] and name[-2:] == "sk")
            },
            sort_keys=True, default=str,
        )
        for item in everything()
        if "#mrg_" not in item["pk"] and not ("#TALLY#" in item["pk"] and _says_nothing(item))
    }  # fmt: skip


def _says_nothing(item: dict[str, Any]) -> bool:
    return not any(value for name, value in item.items() if name not in ("pk", "sk"))


def _place(item: dict[str, Any]) -> tuple[str, str]:
    """Return an item's key; of a row that stands by the time of the last change without that."""
    timed = "updated_at" in item["pk"]
    return item["pk"], item["sk"].rpartition("#")[2] if timed else item["sk"]


def index() -> None:
    """Let the index follow every record."""
    table = Table(aws.client("dynamodb"), TABLE, "wsp_one")
    for item in everything():
        if item["sk"] == "RECORD" and item["object"] in KINDS:
            Index(table, {}).refresh(item["id"])


def deliver(merge_id: str, context: Any = IN_TIME) -> list[Any]:
    """Deliver the last event of a merge to λ merge_records; return the failures."""
    event = {"Records": [message(published(merge_id))]}
    return list(merge_records(event, context)["batchItemFailures"])


def merged(api: Api, kind: str, ids: Sequence[str], **more: Any) -> dict[str, Any]:
    """Merge records, let everything move, and return the merge."""
    made = api.make(f"/v1/{kind}/merge", {"ids": list(ids), **more})
    index()
    assert deliver(made["id"]) == []
    index()
    return dict(api.get(f"/v1/merges/{made['id']}").json)


def undone(api: Api, merge_id: str) -> dict[str, Any]:
    """Undo a merge, let everything move back, and return it."""
    reply = api.post(f"/v1/merges/{merge_id}/undo")
    assert reply.status == 200, reply.body
    index()
    assert deliver(merge_id) == []
    index()
    return dict(api.get(f"/v1/merges/{merge_id}").json)


@contextmanager
def dying(at: int, *, after: bool) -> Iterator[None]:
    """Let the process die at one of its writes, before it is made or after."""
    events, left = aws.client("dynamodb").meta.events, [at]
    name = f"{'after' if after else 'before'}-call.dynamodb.TransactWriteItems"

    def count(**_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    events.register(name, count)
    try:
        yield
    finally:
        events.unregister(name, count)


@contextmanager
def world() -> Iterator[tuple[Api, Api]]:
    with environment(), mock_aws():
        furnish()
        serve_doors()
        yield Api(handler), finder()


def settle(merge_id: str, deaths: list[tuple[int, bool]]) -> None:
    """Deliver a merge's event, to processes that die at these writes, then to one that lives."""
    for at, after in deaths:
        with dying(at, after=after):
            try:
                assert deliver(merge_id) == []
            except Killed:
                continue
    assert deliver(merge_id) == []


def pair(api: Api, **more: Any) -> tuple[str, str]:
    """Make two contacts of one person; return their ids."""
    one = api.make("/v1/contacts", {"name": "Ada", "email": "ada@a.example", **more})
    other = api.make(
        "/v1/contacts", {"name": "Ada L.", "email": "ada@b.example", "title": "Countess"}
    )
    return one["id"], other["id"]
