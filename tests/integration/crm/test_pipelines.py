"""Pipelines over HTTP, moves through them, and what becomes of an archived stage's records."""

from typing import Any

import pytest

from functions.crm import dynamodb_pipelines
from functions.crm.api.handler import handler
from functions.crm.dynamodb_deals import Deals
from functions.crm.dynamodb_pipelines import KEPT_SECONDS, Pipelines
from functions.crm.pipelines import default_id
from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import image
from tests.integration.crm.custom_fields import define
from tests.integration.crm.stages import age, empty
from tests.integration.gateway import Api
from tests.integration.parallel import at_once, shared_cloud

STAGES = [
    {"name": "Due", "kind": "open", "probability": 60},
    {"name": "Offered", "kind": "open", "required_fields": ["amount", "custom.budget"]},
    {"name": "Renewed", "kind": "won"},
    {"name": "Cancelled", "kind": "lost"},
]
CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
EUR = {"amount_minor": 5, "currency": "EUR"}


def renewals(setup: Api, **more: Any) -> Any:
    return setup.make("/v1/pipelines", {"name": "Renewals", "stages": STAGES, **more})


def table() -> Table:
    return Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")


def column(pipeline: str, stage: str) -> list[str]:
    items, _ = Deals(table(), CALLER).column(pipeline, stage, limit=100)
    return [each["id"] for each in items]


def test_a_deal_moves_through_its_pipeline_and_back(api: Api, setup: Api) -> None:
    pipeline = setup.get("/v1/pipelines?record_type=deal").json["data"][0]
    deal = api.make("/v1/deals", {"name": "Big", "amount": EUR})
    assert deal["pipeline_id"] == pipeline["id"] == default_id("wsp_one", "deal")
    assert deal["stage"] == pipeline["stages"][0]["key"]
    path = f"/v1/deals/{deal['id']}"
    for stage in [*pipeline["stages"][1:], pipeline["stages"][0]]:
        moved = api.post(f"{path}/move", {"stage": stage["key"]})
        assert moved.status == 200
        assert (moved.json["stage"], moved.json["status"]) == (stage["key"], stage["kind"])
        assert api.get(path).body == moved.body


def test_moving_a_deal_to_where_it_is_makes_no_new_version(api: Api) -> None:
    deal = api.make("/v1/deals", {"name": "Big", "stage": "proposal"})
    moved = api.post(f"/v1/deals/{deal['id']}/move", {"stage": "proposal"})
    assert (moved.status, moved.json) == (200, deal)


def test_a_stage_tells_which_fields_it_misses(api: Api, setup: Api) -> None:
    define(api, "deal", budget="number")
    pipeline = renewals(setup, loss_reason_required=True)["id"]
    deal = api.make("/v1/deals", {"name": "Big", "pipeline_id": pipeline})
    path = f"/v1/deals/{deal['id']}/move"
    refused = api.post(path, {"stage": "offered"})
    assert (refused.status, refused.json["code"]) == (422, "missing_required_field")
    assert [each["pointer"] for each in refused.json["errors"]] == ["/amount", "/custom/budget"]
    lost = api.post(path, {"stage": "cancelled"})
    assert [each["pointer"] for each in lost.json["errors"]] == ["/loss_reason"]
    lost = api.post(path, {"stage": "cancelled", "loss_reason": "Price"})
    assert (lost.json["status"], lost.json["loss_reason"]) == ("lost", "Price")
    direct = api.post("/v1/deals", {"name": "D", "pipeline_id": pipeline, "stage": "offered"})
    assert direct.json["code"] == "missing_required_field"


def test_a_deal_goes_to_no_pipeline_of_leads_of_another_workspace_or_of_nobody(
    api: Api, setup: Api, other: Api
) -> None:
    leads = default_id("wsp_one", "lead")
    foreign = default_id("wsp_two", "deal")
    deal = api.make("/v1/deals", {"name": "D"})["id"]
    for pipeline, code in ((leads, "other_record_type"), (foreign, "unknown_reference")):
        for reply in (
            api.post("/v1/deals", {"name": "D", "pipeline_id": pipeline}),
            api.post(f"/v1/deals/{deal}/move", {"stage": "new", "pipeline_id": pipeline}),
        ):
            assert (reply.status, reply.json["code"]) == (422, code)
            assert reply.json["errors"][0]["pointer"] == "/pipeline_id"
    assert setup.get(f"/v1/pipelines/{foreign}").status == 404


def test_a_born_pipeline_is_changed_like_any_other(api: Api, setup: Api) -> None:
    path = f"/v1/pipelines/{default_id('wsp_one', 'deal')}"
    before = setup.get(path)
    changed = setup.patch(path, {"name": "Selling"}, if_match=before.etag)
    assert (changed.status, changed.json["version"]) == (200, 2)
    assert setup.get(path).json == changed.json
    assert setup.patch(path, {"name": "Late"}, if_match=before.etag).status == 412
    again = setup.patch(path, {"name": "Again"})
    assert again.json["version"] == 3
    assert setup.get("/v1/pipelines").json["data"][0]["name"] == "Again"
    assert setup.post(f"{path}/archive").json["code"] == "default_pipeline"


def test_a_new_stage_is_known_to_the_next_write_though_an_older_copy_is_kept(
    api: Api, setup: Api
) -> None:
    path = f"/v1/pipelines/{default_id('wsp_one', 'deal')}"
    deal = api.make("/v1/deals", {"name": "D"})["id"]  # keeps the pipeline in memory
    known = setup.get(path).json["stages"]
    sent = [{name: each[name] for name in ("key", "name", "kind", "probability")} for each in known]
    assert setup.patch(path, {"stages": [*sent, {"name": "Pilot", "kind": "open"}]}).status == 200
    assert api.post(f"/v1/deals/{deal}/move", {"stage": "pilot"}).status == 200


def test_the_visits_of_a_deal_are_written_down_with_whoever_brought_it(api: Api) -> None:
    deal = api.make("/v1/deals", {"name": "D"})["id"]
    path = f"/v1/deals/{deal}"
    for stage in ("discovery", "proposal", "won"):
        api.post(f"{path}/move", {"stage": stage})
    seen: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = api.get(f"{path}/stage-history?limit=1{cursor}").json
        seen += page["data"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen[1:] == api.get(f"{path}/stage-history").json["data"][1:]
    assert [each["stage"] for each in seen] == ["won", "proposal", "discovery", "qualification"]
    assert [each["entered_at"] for each in seen[:-1]] == [each["left_at"] for each in seen[1:]]
    assert {each["entered_by"]["id"] for each in seen} == {"key_one"}
    assert api.get(path).json["last_move"]["from_stage"] == "proposal"


def test_a_move_costs_what_a_change_costs_beside_a_card_two_reads_more(
    api: Api, setup: Api, calls: Calls
) -> None:
    first, second = (api.make("/v1/deals", {"name": "D"})["id"] for _ in range(2))
    calls.clear()
    api.post(f"/v1/deals/{first}/move", {"stage": "won"})
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    api.post(f"/v1/deals/{second}/move", {"stage": "won", "position": {"after": first}})
    assert calls.take() == ["GetItem", "GetItem", "Query", "TransactWriteItems"]
    api.get(f"/v1/deals/{first}/stage-history")
    assert calls.take() == ["GetItem", "Query"]
    dynamodb_pipelines.forget()
    api.post(f"/v1/deals/{first}/move", {"stage": "lost"})
    assert calls.take() == ["GetItem", "GetItem", "TransactWriteItems"]
    setup.get("/v1/pipelines")
    assert calls.take() == ["Query"]


def test_cards_lie_where_they_are_put(api: Api) -> None:
    pipeline = default_id("wsp_one", "deal")
    a, b, c = (api.make("/v1/deals", {"name": name})["id"] for name in "abc")
    assert column(pipeline, "qualification") == [c, b, a]  # the newest on top

    def move(card: str, stage: str = "qualification", **position: str) -> Any:
        return api.post(f"/v1/deals/{card}/move", {"stage": stage, "position": position})

    assert move(c, after=a).status == 200
    assert column(pipeline, "qualification") == [b, a, c]
    assert move(c, before=a).status == 200
    assert column(pipeline, "qualification") == [b, c, a]
    assert move(a, before=b).status == 200
    assert column(pipeline, "qualification") == [a, b, c]
    assert api.get(f"/v1/deals/{a}/stage-history").json["data"][1:] == []
    assert [each["type"] for each in image(a)["_events"]] == ["deal.reordered"]
    assert move(a, "won", after=b).json["errors"][0]["code"] == "other_column"
    assert move(a, after=a).json["errors"][0]["code"] == "other_column"
    gone = move(a, after=f"dea_{'0' * 26}").json["errors"][0]
    assert (gone["pointer"], gone["code"]) == ("/position/after", "unknown_reference")


def test_where_one_gap_is_used_over_and_over_the_neighbours_get_shorter_texts(api: Api) -> None:
    pipeline = default_id("wsp_one", "deal")
    bottom, top = (api.make("/v1/deals", {"name": name})["id"] for name in ("bottom", "top"))
    wanted = [top, bottom]
    cards = [api.make("/v1/deals", {"name": "c", "stage": "proposal"})["id"] for _ in range(4)]
    for n in range(160):
        card = cards[n % 4]
        body = {"stage": "qualification", "position": {"after": top}}
        assert api.post(f"/v1/deals/{card}/move", body).status == 200
        wanted = [top, card, *(each for each in wanted[1:] if each != card)]
    assert column(pipeline, "qualification") == wanted
    assert max(len(image(each)["rank"]) for each in wanted) <= 60


def test_an_archived_stage_is_emptied_once_every_copy_of_it_is_forgotten(
    api: Api, setup: Api
) -> None:
    define(api, "deal", budget="number")
    made = renewals(setup)
    body = {"name": "D", "pipeline_id": made["id"], "amount": EUR, "custom": {"budget": 1}}
    deals = [api.make("/v1/deals", {**body, "stage": "offered"})["id"] for _ in range(5)]
    path = f"/v1/pipelines/{made['id']}"
    closed = setup.post(f"{path}/stages/offered/archive", {"moves_to": "due"})
    assert closed.status == 200
    assert empty(made["id"]) is False  # too early: the message comes again
    assert column(made["id"], "due") == []
    # this process still holds the stage open, as another one may
    late = api.make("/v1/deals", {**body, "stage": "offered"})["id"]
    age(made["id"])
    assert empty(made["id"])
    assert column(made["id"], "offered") == []
    assert column(made["id"], "due") == [late, *reversed(deals)]
    (state,) = [e for e in setup.get(path).json["stages"] if e["key"] == "offered"]
    assert (state["state"], state["moves_to"]) == ("archived", "due")
    versions = [api.get(f"/v1/deals/{each}").json["version"] for each in deals]
    assert empty(made["id"])  # delivered again: nothing happens
    assert [api.get(f"/v1/deals/{each}").json["version"] for each in deals] == versions
    (stamped,) = image(deals[0])["_events"]
    assert (stamped["type"], stamped["source"]) == ("deal.stage_moved", "automation")
    dynamodb_pipelines.forget()
    refused = api.post("/v1/deals", {**body, "stage": "offered"})
    assert refused.json["errors"][0]["code"] == "stage_archived"


def test_no_write_is_let_in_by_a_copy_older_than_is_said(setup: Api, calls: Calls) -> None:
    define(setup, "deal", budget="number")
    made, time = renewals(setup)["id"], [0.0]
    book = Pipelines(table(), CALLER)

    def look() -> bool:
        return book.kept(made, clock=lambda: time[0]).takes("offered")

    assert look()
    setup.post(f"/v1/pipelines/{made}/stages/offered/archive", {"moves_to": "due"})
    calls.clear()
    time[0] = KEPT_SECONDS - 0.001
    assert look()
    assert calls.take() == []
    time[0] = KEPT_SECONDS
    assert not look()
    assert calls.take() == ["GetItem"]


def test_an_emptying_that_breaks_off_is_ended_by_the_next(api: Api, setup: Api) -> None:
    define(setup, "deal", budget="number")
    made = renewals(setup)["id"]
    body = {"name": "D", "pipeline_id": made, "stage": "due"}
    deals = [api.make("/v1/deals", body)["id"] for _ in range(6)]
    sent = [*({"key": e["name"].lower(), **e} for e in STAGES), {"name": "Later", "kind": "open"}]
    assert setup.patch(f"/v1/pipelines/{made}", {"stages": sent}).status == 200
    setup.post(f"/v1/pipelines/{made}/stages/due/archive", {"moves_to": "later"})
    age(made)
    events, name, left = aws.client("dynamodb").meta.events, "before-call.dynamodb.*", [4]

    def die(model: Any, **_: Any) -> None:
        left[0] -= model.name == "TransactWriteItems"
        if left[0] < 0:
            raise RuntimeError("the process is gone")

    events.register(name, die)
    try:
        assert empty(made) is False
    finally:
        events.unregister(name, die)
    assert 0 < len(column(made, "due")) < 6
    assert empty(made)
    assert sorted(column(made, "later")) == sorted(deals)
    assert {image(each)["version"] for each in deals} == {2}


def test_pipelines_of_a_workspace_are_so_many_and_no_more(setup: Api) -> None:
    define(setup, "deal", budget="number")
    counted = {"pk": {"S": "W#wsp_one#LIVING#pipeline"}, "sk": {"S": "LIVING"}}
    aws.client("dynamodb").put_item(
        TableName=ENVIRONMENT["CRM_TABLE"], Item={**counted, "living": {"N": "50"}}
    )
    refused = setup.post("/v1/pipelines", {"name": "One more", "stages": STAGES})
    assert (refused.status, refused.json["code"]) == (409, "too_many_pipelines")


def test_of_two_who_move_one_deal_at_once_both_are_written_down() -> None:
    with shared_cloud():
        api = Api(handler)
        for _ in range(5):
            deal = api.make("/v1/deals", {"name": "D"})["id"]
            targets = ("won", "lost")
            replies = at_once(
                2,
                lambda n: api.post(f"/v1/deals/{deal}/move", {"stage": targets[n]}),  # noqa: B023
            )
            assert [reply.status for reply in replies] == [200, 200]
            visits = api.get(f"/v1/deals/{deal}/stage-history").json["data"]
            assert visits[-1]["stage"] == "qualification"
            assert {each["stage"] for each in visits} == {"qualification", "won", "lost"}
            assert len(visits) == 3
            now = api.get(f"/v1/deals/{deal}").json
            assert (now["stage"], now["version"]) == (visits[0]["stage"], 3)


@pytest.mark.parametrize("fields", [{"stage": "won", "x": 1}, {"stage": 1}, {}, {"stage": None}])
def test_a_move_that_makes_no_sense_is_refused(api: Api, fields: Any) -> None:
    deal = api.make("/v1/deals", {"name": "D"})["id"]
    assert api.post(f"/v1/deals/{deal}/move", fields).status == 422


def test_a_stage_requires_custom_fields_that_there_are(api: Api, setup: Api) -> None:
    path = f"/v1/pipelines/{default_id('wsp_one', 'deal')}"
    stages = setup.get(path).json["stages"]
    told = [{"key": each["key"], "name": each["name"], "kind": each["kind"]} for each in stages]
    told[1]["required_fields"] = ["custom.budget"]
    refused = setup.patch(path, {"stages": told})
    assert refused.status == 422
    assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [
        ("/stages/1/required_fields/0", "unknown_field")
    ]
    field = {"record_type": "deal", "name": "budget", "label": "Budget", "type": "number"}
    made = setup.make("/v1/fields", field)["id"]
    assert setup.patch(path, {"stages": told}).status == 200
    deal = api.make("/v1/deals", {"name": "D"})["id"]
    move = f"/v1/deals/{deal}/move"
    assert api.post(move, {"stage": stages[1]["key"]}).json["code"] == "missing_required_field"
    assert api.patch(f"/v1/deals/{deal}", {"custom": {"budget": 5}}).status == 200
    assert api.post(move, {"stage": stages[1]["key"]}).status == 200
    setup.delete(f"/v1/fields/{made}")
    told[0]["name"] = "First"
    assert setup.patch(path, {"stages": told}).status == 200, "what it required before may stay"
