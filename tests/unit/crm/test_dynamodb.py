"""The CRM's table adapter where moto would be slow: many records at once."""

from typing import Any

from functions.crm.dynamodb import visible
from functions.crm.dynamodb_timelines import Timelines
from functions.crm.timeline import TimelineEntry
from functions.shared.caller import Caller
from functions.shared.check import Question, RecordName
from functions.shared.ids import new_id
from functions.shared.table import Table

ENTRY = TimelineEntry.model_validate(
    {
        "id": new_id("evt"),
        "kind": "deal.updated",
        "group": "changes",
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "actor": {"type": "api_key", "id": "key_one"},
        "source": "api",
        "subject": {"type": "deal", "id": new_id("dea")},
        "data": {"name": "Big"},
    }
)


class Recording:
    """A client that takes every write and finds every item."""

    def __init__(self) -> None:
        self.transactions: list[int] = []
        self.asked: list[int] = []

    def transact_write_items(self, **arguments: Any) -> dict[str, Any]:
        self.transactions.append(len(arguments["TransactItems"]))
        return {}

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        ((name, wanted),) = arguments["RequestItems"].items()
        self.asked.append(len(wanted["Keys"]))
        items = [
            {**key, "id": {"S": key["pk"]["S"].split("#")[2]}, "object": {"S": "contact"}}
            for key in wanted["Keys"]
        ]
        return {"Responses": {name: items}}


def table(client: Any) -> Table:
    return Table(client, "reelate-local-crm", "wsp_one")


def test_an_event_about_103_records_goes_in_two_transactions_of_dynamodbs_size() -> None:
    client = Recording()
    Timelines(table(client)).add(ENTRY, [new_id("con") for _ in range(103)])
    assert client.transactions == [100, 3]


CALLER = Caller("wsp_one", "key_one", "rep", frozenset(), "req_one")
QUESTION = Question.model_validate({"caller": CALLER.passport(), "records": []})


def test_a_hundred_records_are_looked_up_in_one_request_and_repetitions_once() -> None:
    client = Recording()
    names = [RecordName(type="contact", id=new_id("con")) for _ in range(100)]
    assert visible(table(client), QUESTION, [*names, *names]) == {each.id for each in names}
    assert client.asked == [100]


def test_nothing_to_look_up_is_no_request() -> None:
    client = Recording()
    assert visible(table(client), QUESTION, []) == set()
    assert client.asked == []
