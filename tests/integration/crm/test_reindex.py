"""A custom field that gets an index: the records that were there before are found by it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from functions.crm.api.handler import handler
from functions.crm.reindex.handler import handler as reindex
from functions.crm.setup_api.handler import handler as setup_handler
from tests.integration.cloud import Calls
from tests.integration.crm.bus import image, message, published
from tests.integration.crm.index_world import everything
from tests.integration.crm.test_list_requests import indexed
from tests.integration.doors import serve_doors
from tests.integration.gateway import CONTEXT, Api
from tests.integration.parallel import shared_cloud


@pytest.fixture
def api() -> Iterator[Api]:
    with shared_cloud(serve_doors):  # records are refreshed side by side
        yield Api(handler)


def run(*events: dict[str, Any], lasting: int = 1_000_000) -> list[str]:
    """Deliver events to a function that has time for so many looks at its watch."""
    watch = iter(range(lasting))
    context = SimpleNamespace(
        **{**vars(CONTEXT),
           "get_remaining_time_in_millis": lambda: 0 if next(watch, None) is None else 60_000}
    )  # fmt: skip
    reply = reindex({"Records": [message(each) for each in events]}, context)
    return [each["itemIdentifier"] for each in reply["batchItemFailures"]]


def partitions() -> set[str]:
    return {each["pk"] for each in everything() if "#custom." in each["pk"]}


def test_a_field_that_gets_an_index_finds_the_records_that_were_there_and_loses_them_with_it(
    api: Api,
) -> None:
    setup = Api(setup_handler)
    body = {"record_type": "contact", "label": "x", "name": "plan", "type": "text"}
    field = setup.make("/v1/fields", body)["id"]
    seats = setup.make("/v1/fields", {**body, "name": "seats", "type": "number", "indexed": True})
    made = [
        api.make("/v1/contacts", {"name": f"c{n}", "custom": {"plan": "pro", "seats": n}})["id"]
        for n in range(3)
    ]
    indexed(*made)
    old = image(field)
    setup.patch(f"/v1/fields/{field}", {"indexed": True})
    assert run(published(field, old)) == []
    assert partitions() == {
        "W#wsp_one#contact#custom.plan#pro", "W#wsp_one#contact#BY#custom.seats",
    }  # fmt: skip

    def found(query: str) -> list[str]:
        return [each["id"] for each in api.get(f"/v1/contacts?{query}").json["data"]]

    assert found("custom.plan=pro") == made[::-1]
    assert found("custom.plan=basic") == []
    assert found("custom_min.seats=1") == [made[2], made[1]]
    assert found("custom.seats=1") == [made[1]]
    assert found("sort=custom.seats&custom_max.seats=1") == made[:2]
    old = image(field)
    setup.patch(f"/v1/fields/{field}", {"indexed": False})
    assert run(published(field, old)) == []
    assert partitions() == {"W#wsp_one#contact#BY#custom.seats"}
    assert found("custom.plan=pro") == made[::-1]  # looked at one by one now
    assert run(published(seats["id"])) == []


def test_a_run_that_is_short_of_time_goes_on_where_it_was(api: Api) -> None:
    setup = Api(setup_handler)
    body = {"record_type": "contact", "label": "x", "name": "plan", "type": "text", "indexed": True}
    field = setup.make("/v1/fields", body)["id"]
    for number in range(54):
        api.make("/v1/contacts", {"name": f"c{number}"})
    event = published(field)
    assert run(event, lasting=1) == [event["id"]]
    (place,) = [each for each in everything() if "#REINDEX#" in each["pk"]]
    assert "done" not in place
    assert sum(each["sk"] == "INDEXED" for each in everything()) == 50
    assert run(event, lasting=1) == []
    assert sum(each["sk"] == "INDEXED" for each in everything()) == 54
    assert run(event, lasting=0) == []  # done: nothing to do again


def test_an_operator_s_run_goes_through_one_type_in_steps_and_goes_on_where_it_was(
    api: Api,
) -> None:
    made = [api.make("/v1/contacts", {"name": f"c{number}"})["id"] for number in range(3)]
    api.make("/v1/companies", {"name": "Not asked for"})
    asked = {"workspace": "wsp_one", "record_type": "contact", "run": "run_1", "seconds": 60}

    def step(remaining: int) -> Any:
        watch = SimpleNamespace(
            **{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: remaining}
        )
        return reindex(asked, watch)

    assert step(0) == {"seen": 0, "done": False}
    assert step(60_000) == {"seen": 3, "done": True}
    assert step(60_000) == {"seen": 0, "done": True}
    indexed_now = {
        each["pk"].rpartition("#")[2] for each in everything() if each["sk"] == "INDEXED"
    }
    assert indexed_now == set(made)
    found = api.get("/v1/contacts?sort=name").json["data"]
    assert [each["id"] for each in found] == made


@pytest.mark.parametrize(
    "wrong", [{"record_type": "video"}, {"workspace": "x#y"}, {"run": "evt_1"}, {"more": 1}]
)
def test_what_an_operator_cannot_mean_is_refused(api: Api, wrong: dict[str, Any]) -> None:
    asked = {"workspace": "wsp_one", "record_type": "contact", "run": "run_1", "seconds": 60}
    with pytest.raises(ValidationError):
        reindex({**asked, **wrong}, CONTEXT)


@pytest.mark.parametrize("records", [1, 8])
def test_fifty_records_cost_a_query_a_read_and_a_note(api: Api, records: int) -> None:
    setup = Api(setup_handler)
    body = {"record_type": "contact", "label": "x", "name": "plan", "type": "text", "indexed": True}
    field = setup.make("/v1/fields", body)["id"]
    made = [api.make("/v1/contacts", {"name": f"c{n}"})["id"] for n in range(records)]
    indexed(*made)
    event = published(field)
    with Calls("dynamodb") as calls:
        assert run(event) == []
        # its place, then page by page; nothing differs
        assert calls.take() == ["GetItem", "Query", "BatchGetItem", "PutItem"]


def test_a_change_that_concerns_no_index_looks_at_no_record(api: Api) -> None:
    setup = Api(setup_handler)
    body = {"record_type": "contact", "label": "x", "name": "plan", "type": "text"}
    field = setup.make("/v1/fields", body)["id"]
    assert run(published(field), lasting=0) == []
    old = image(field)
    setup.patch(f"/v1/fields/{field}", {"label": "y"})
    assert run(published(field, old), lasting=0) == []
