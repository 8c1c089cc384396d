"""Pages that are read while a thousand rows come and go: what was there all the time is on one
page, once."""

import random
from collections import Counter
from typing import Any

from functions.crm import dynamodb
from functions.crm.api.handler import handler
from functions.crm.dynamodb_index import Index, Standing
from functions.crm.dynamodb_timelines import Timelines
from functions.crm.index import image
from functions.crm.model import Contact
from functions.crm.projections import PROJECTIONS
from functions.crm.timeline import TimelineEntry
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.table import Put, Table
from tests.integration.cloud import ENVIRONMENT
from tests.integration.crm.merge_world import finder
from tests.integration.gateway import Api

NAME = ENVIRONMENT["CRM_TABLE"]
CHANGES = 1_000
STABLE = 30
OWNER = new_id("mem")
CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
_BATCH = 25  # writes of one request


class Rows:
    """Contacts with their rows in every list, and entries of one of them's timeline."""

    def __init__(self) -> None:
        self._table = Table(aws.client("dynamodb"), NAME, "wsp_one")
        self._store = dynamodb.contacts(self._table, CALLER)
        self._dice = random.Random(18)  # noqa: S311 - repeatable, not secret
        self.about = self.add()[0]["id"]

    def add(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Write a contact among the others, with its rows and an entry on the timeline."""
        moment = f"2026-11-24T{self._dice.randrange(24):02}:{self._dice.randrange(60):02}:00.000Z"
        name = f"Smith {self._dice.randrange(10**6)}"
        record = Contact.born(CALLER, name=name, owner_id=OWNER, tags=["a"]).model_copy(
            update={"created_at": moment, "updated_at": moment}
        )
        item = self._store.stored(record, "created", "api")
        steps = Index(self._table, {}).steps(item, image(item, {}, PROJECTIONS), Standing())
        rows = [step.write.item for step in steps if isinstance(step.write, Put)]
        written = [item, *rows]
        if hasattr(self, "about"):
            written.append(self._entry(record))
        self._write([{"PutRequest": {"Item": marshal_item(each)}} for each in written])
        return item, written

    def remove(self, written: list[dict[str, Any]]) -> None:
        keys = [{"pk": each["pk"], "sk": each["sk"]} for each in written]
        self._write([{"DeleteRequest": {"Key": marshal_item(each)}} for each in keys])

    def _entry(self, record: Contact) -> dict[str, Any]:
        entry = TimelineEntry.model_validate(
            {
                "id": record.id.replace("con", "evt"), "kind": "contact.updated",
                "group": "changes", "occurred_at": record.created_at, "actor": CALLER.actor,
                "source": "api", "subject": {"type": "contact", "id": self.about}, "data": {},
            }
        )  # fmt: skip
        return Timelines(self._table)._put(entry, self.about).item

    def _write(self, requests: list[dict[str, Any]]) -> None:
        # moto's transactions copy the whole table
        for first in range(0, len(requests), _BATCH):
            some = {NAME: requests[first : first + _BATCH]}
            assert not aws.client("dynamodb").batch_write_item(RequestItems=some)[
                "UnprocessedItems"
            ]


class Crowd:
    """Rows that come and go before every request to the database, as if many others were at work
    between any two requests of a reader."""

    def __init__(self, rows: Rows, changes: int, at_once: int) -> None:
        self._rows, self.left, self._at_once = rows, changes, at_once
        self._dice = random.Random(1)  # noqa: S311 - repeatable, not secret
        self._there: list[list[dict[str, Any]]] = []
        self._working = False

    def __call__(self, **_: Any) -> None:
        if self._working:  # these are its own requests
            return
        self._working = True
        for _ in range(min(self._at_once, self.left)):
            self.left -= 1
            if len(self._there) > 20 or (self._there and self._dice.random() < 0.5):
                self._rows.remove(self._there.pop(self._dice.randrange(len(self._there))))
            else:
                self._there.append(self._rows.add()[1])
        self._working = False


def walk(api: Api, path: str) -> list[str]:
    """Return the ids of a list, page by page."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = api.get(f"{path}&limit=6" + (f"&cursor={cursor}" if cursor else ""))
        assert reply.status == 200, reply.body
        seen += [each["id"].partition("_")[2] for each in reply.json["data"]]
        cursor = reply.json["next_cursor"]
    return seen


def test_no_stable_row_is_missed_or_repeated_while_a_thousand_come_and_go(cloud: None) -> None:
    rows = Rows()
    stable = [rows.add()[0]["id"].partition("_")[2] for _ in range(STABLE)]
    api, find = Api(handler), finder()
    lists = [
        (api, "/v1/contacts?deleted=false"),
        (api, f"/v1/contacts?owner={OWNER}&sort=name"),
        (api, f"/v1/contacts/{rows.about}/timeline?fields=id"),
        (api, f"/v1/contacts/{rows.about}/timeline?kind=changes"),
        (find, "/v1/search?q=smith"),
    ]
    events = aws.client("dynamodb").meta.events
    for app, path in lists:
        crowd = Crowd(rows, CHANGES // len(lists), at_once=10)
        events.register("before-call.dynamodb.Query", crowd)
        events.register("before-call.dynamodb.BatchGetItem", crowd)
        times: Counter[str] = Counter()
        while crowd.left:
            times = Counter(walk(app, path))
            assert [each for each in stable if times[each] != 1] == [], path
            assert [each for each, count in times.items() if count > 1] == [], path
        events.unregister("before-call.dynamodb.Query", crowd)
        events.unregister("before-call.dynamodb.BatchGetItem", crowd)
        assert len(times) > STABLE, "some of those that come and go were met"
