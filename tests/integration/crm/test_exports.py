"""Exports: whose records, which of them, in what columns; cut off and gone on with."""

import csv
import io
import json
from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler
from functions.crm.export_rows.logic import Progress, Writer
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Export
from functions.crm.model import Contact
from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.errors import NotFoundError
from functions.shared.paging import Page
from tests.integration.cloud import furnish_exchange
from tests.integration.crm import machine
from tests.integration.crm.test_list_requests import indexed
from tests.integration.doors import put_member
from tests.integration.gateway import Api, Member

ADA = "mem_06b1qz3v1w7g2m5n8p0r4t6x9p"


@pytest.fixture
def bulk(cloud: None) -> Api:
    furnish_exchange()
    return Api(handler)


def export(bulk: Api, **body: Any) -> str:
    job = bulk.make("/v1/exports", {"record_type": "contact", **body})
    done = machine.export(bulk, job["id"])
    assert done["state"] == "done", done
    address = bulk.post(f"/v1/exports/{job['id']}/download").json["url"]
    return machine.content(address).decode("utf-8-sig")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def names(text: str) -> list[str]:
    return [json.loads(line)["name"] for line in text.splitlines()]


def test_an_export_has_the_records_of_the_list_under_its_filters_in_its_order(
    api: Api, bulk: Api
) -> None:
    put_member(ADA)
    made = {
        "Cleo": {"tags": ["vip"]},
        "Ada": {"tags": ["vip"], "owner_id": ADA},
        "Ben": {},
    }
    indexed(
        *(api.make("/v1/contacts", {"name": name, **more})["id"] for name, more in made.items())
    )

    assert names(export(bulk, format="jsonl", filters={"tag": "vip"})) == ["Ada", "Cleo"]
    assert names(export(bulk, format="jsonl", sort="name")) == ["Ada", "Ben", "Cleo"]
    assert names(export(bulk, format="jsonl", filters={"owner": ADA})) == ["Ada"]
    mine = Api(handler, Member(member=ADA, principal="key_ada"))
    assert names(export(mine, format="jsonl", filters={"owner": "me"})) == ["Ada"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"filters": {"colour": "red"}}, "/filters/colour"),
        ({"filters": {"updated_since": "yesterday"}}, "/filters/updated_since"),
        ({"filters": {"custom.nothing": "1"}}, "/filters/custom.nothing"),
        ({"filters": {"owner": ADA}}, "/filters/owner"),
        ({"filters": {"owner": "me"}}, "/filters/owner"),
        ({"sort": "colour"}, "/sort"),
        ({"fields": ["name", "colour"]}, "/fields/1"),
    ],
)
def test_what_the_list_does_not_take_is_refused_with_its_place(
    bulk: Api, body: Any, where: str
) -> None:
    reply = bulk.post("/v1/exports", {"record_type": "contact", **body})

    assert (reply.status, [each["pointer"] for each in reply.json["errors"]]) == (422, [where])


def test_what_lies_within_a_field_is_a_column_of_its_own(api: Api, bulk: Api) -> None:
    deal = api.make("/v1/deals", {"name": "=1+1", "amount": {"amount_minor": 125050,
                    "currency": "EUR"}, "tags": ["a", "b; c"], "external_id": "d1"})  # fmt: skip
    api.make("/v1/activities", {"type": "call", "call": {"direction": "inbound"},
                                "links": [{"type": "deal", "id": deal["id"]}]})  # fmt: skip
    api.make("/v1/products", {"name": "Free", "price": {"amount_minor": 7, "currency": "JPY"}})

    (row,) = table(export(bulk, record_type="deal"))
    assert (row["name"], row["amount"], row["currency"]) == ("'=1+1", "1250.50", "EUR")
    assert (row["tags"], row["forecast.amount"]) == ('a; "b; c"', "125.05")
    (row,) = table(export(bulk, record_type="activity"))
    assert (row["call.direction"], row["links"]) == ("inbound", deal["id"])
    chosen = export(bulk, record_type="activity", format="jsonl", fields=["type", "call.direction"])
    assert json.loads(chosen) == {"type": "call", "call": {"direction": "inbound"}}
    (row,) = table(export(bulk, record_type="product", fields=["price", "currency"]))
    assert row == {"price": "7", "currency": "JPY"}


@pytest.mark.parametrize("record_type", IMPORTABLES)
def test_what_was_exported_is_imported_as_it_was(api: Api, bulk: Api, record_type: str) -> None:
    resource = IMPORTABLES[record_type].resource
    sample = bulk.get(f"/v1/imports/samples/{record_type}.csv").body.encode()
    job = machine.send(bulk, sample, record_type=record_type)
    bulk.post(f"/v1/imports/{job['id']}/run", {})
    machine.work(bulk, job["id"])
    (before,) = api.get(f"/v1/{resource}").json["data"]
    text = export(bulk, record_type=record_type)
    api.delete(f"/v1/{resource}/{before['id']}")

    job = machine.send(bulk, text.encode(), record_type=record_type)
    assert bulk.post(f"/v1/imports/{job['id']}/run", {}).status == 200
    done = machine.work(bulk, job["id"])

    assert done["result"]["created"] == 1, done["faults"]
    (after,) = api.get(f"/v1/{resource}").json["data"]
    assert _own(after) == _own(before)


def test_an_export_whose_last_act_was_cut_off_is_done_by_asking_again(api: Api, bulk: Api) -> None:
    api.make("/v1/contacts", {"name": "Ada"})
    job = bulk.make("/v1/exports", {"record_type": "contact"})
    events = aws.client("dynamodb").meta.events

    def die(params: Any, **_: Any) -> None:
        if b"export.completed" in params["body"]:
            raise KeyboardInterrupt

    events.register("before-call.dynamodb.TransactWriteItems", die, unique_id="die")
    with pytest.raises(KeyboardInterrupt):
        machine.export(bulk, job["id"])
    events.unregister("before-call.dynamodb.TransactWriteItems", unique_id="die")

    assert machine.export(bulk, job["id"])["state"] == "done"


def test_a_failed_export_is_resumed_by_another_execution_alone(api: Api, bulk: Api) -> None:
    api.make("/v1/contacts", {"name": "Ada"})
    job = bulk.make("/v1/exports", {"record_type": "contact"})
    path = f"/v1/exports/{job['id']}"
    first = machine.execution(bulk, job["id"], "EXPORT_MACHINE_ARN")
    machine.call(machine.export_rows, {**first, "problem": "error"})
    assert bulk.get(path).json["reason"]["code"] == "error"

    assert bulk.post(f"{path}/resume", None, idempotency_key="k").json["state"] == "running"
    assert bulk.post(f"{path}/resume", None, idempotency_key="k").json["state"] == "running"

    assert machine.call(machine.export_rows, first) == {"outcome": "skipped"}
    assert machine.export(bulk, job["id"])["state"] == "done"
    assert bulk.post(f"{path}/resume").status == 409


class Killed(BaseException):
    """The process is gone."""


class Shelf:
    """Files and notes of a Writer that live on when it is killed, `after` so many acts."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.parts: dict[int, bytes] = {}
        self.put = 0
        self.file: bytes | None = None
        self.kept: Progress | None = None

    def _act(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def begin(self, key: str, content_type: str) -> str:
        self._act()
        return "upload"

    def put_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        self._act()
        self.put += 1
        self.parts[number] = data
        return f"{number}"

    def complete(self, key: str, upload_id: str, etags: Any) -> None:
        if self.file is not None:
            raise NotFoundError("no such upload")
        self.file = b"".join(self.parts[int(tag)] for tag in etags)
        self._act()

    def size(self, key: str) -> int | None:
        return None if self.file is None else len(self.file)

    def progress(self) -> Progress | None:
        return self.kept

    def keep(self, progress: Progress) -> None:
        self._act()
        self.kept = progress


@pytest.mark.parametrize("killed_after", range(11))
def test_wherever_it_is_killed_an_export_goes_on_and_no_record_is_there_twice(
    killed_after: int,
) -> None:
    caller = Caller("wsp_one", "key_one", "admin", frozenset(), "req")
    people = [Contact.born(caller, name=f"Person {n}") for n in range(40)]
    read: list[int] = []

    def pages(_limit: int, start: Any) -> Page[Any]:
        first = start["sk"] if start else 0
        read.append(first)
        position = {"sk": first + 10} if first + 10 < len(people) else None
        return Page(people[first : first + 10], position)

    shelf = Shelf(killed_after)
    job = Export.born(caller, record_type="contact", state="running", format="jsonl")

    def write() -> str:
        return Writer(
            job=job, key="k", custom=[], files=shelf, notes=shelf, pages=pages,
            stop=lambda: False, timely=lambda: True, part_bytes=2_000,
        ).write(Contact)[0]  # fmt: skip

    with pytest.raises(Killed):
        write()
    shelf.left, so_far = 100, len(shelf.kept.etags) if shelf.kept else 0
    read.clear()

    assert write() == "done"

    assert names((shelf.file or b"").decode()) == [each.name for each in people]
    assert read[:1] == ([so_far * 10] if so_far < 4 else [])


def _own(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a record says of itself: not when it was made, nor its place on a board."""
    moment = {"id", "created_at", "updated_at", "rank", "stage_entered_at", "version"}
    return {name: value for name, value in record.items() if name not in moment}
