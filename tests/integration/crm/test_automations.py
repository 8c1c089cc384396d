"""Automations: when, if, then; each action once, and an end to every chain."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.crm.api.handler import handler as api_handler
from functions.crm.automation import MAX_DEPTH
from functions.crm.run_automations.handler import handler as run
from functions.crm.setup_api.handler import handler as setup_handler
from functions.shared.ids import new_id
from tests.integration.cloud import Calls
from tests.integration.crm.bus import image, message, published
from tests.integration.doors import put_member
from tests.integration.gateway import CONTEXT, Api, Member
from tests.integration.parallel import shared_cloud

MEMBER = "mem_01m82w1qmze42t2y2smsnt8yx9"
TASK = {"type": "create_task", "subject": "Hand over", "due_in": 60}


@pytest.fixture
def setup(cloud: None) -> Api:
    return Api(setup_handler)


def made(setup: Api, *actions: dict[str, Any], **more: Any) -> str:
    """Make an automation on contacts; returns its id."""
    body = {
        "name": "Rule", "record_type": "contact", "when": ["contact.created", "contact.updated"],
        "actions": list(actions), **more,
    }  # fmt: skip
    created: str = setup.make("/v1/automations", body)["id"]
    return created


def hear(*details: dict[str, Any]) -> list[str]:
    reply = run({"Records": [message(each) for each in details]}, CONTEXT)
    return [each["itemIdentifier"] for each in reply["batchItemFailures"]]


def runs(setup: Api, automation: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = setup.get(f"/v1/automations/{automation}/runs").json["data"]
    return found


def contact(api: Api, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.make("/v1/contacts", {"name": "Ada", **more})
    return made


def shown(api: Api, record: dict[str, Any]) -> Any:
    return api.get(f"/v1/contacts/{record['id']}").json


def test_every_kind_of_action_is_done_and_says_who_did_it(api: Api, setup: Api) -> None:
    put_member(MEMBER)
    rule = made(
        setup,
        {"type": "set_field", "field": "title", "value": "Lead"},
        {"type": "add_tag", "tag": "new"},
        {"type": "remove_tag", "tag": "Old"},
        {"type": "assign", "owner_id": MEMBER},
        TASK,
        {"type": "emit_event", "name": "contact.welcomed", "payload": {"n": 1}},
        when=["contact.created"],
    )
    ada = contact(api, tags=["old", "kept"])
    first = published(ada["id"])
    assert hear(first) == []
    after = shown(api, ada)
    assert (after["title"], after["tags"], after["owner_id"]) == ("Lead", ["kept", "new"], MEMBER)
    (task,) = api.get("/v1/activities").json["data"]
    assert (task["type"], task["subject"], task["owner_id"]) == ("task", "Hand over", MEMBER)
    assert task["links"] == [{"type": "contact", "id": ada["id"], "role": None}]
    assert task["created_by"] == {"type": "system", "id": rule}
    event = published(ada["id"])
    assert (event["source"], event["actor"]["id"]) == ("automation", rule)
    assert event["cause"] == {"event": first["id"], "chain": [rule]}
    (done,) = runs(setup, rule)
    assert (done["outcome"], done["event_id"]) == ("done", first["id"])
    assert [each["outcome"] for each in done["actions"]] == ["done"] * 6


def test_an_emitted_event_leaves_through_the_outbox(api: Api, setup: Api) -> None:
    from functions.outbox.publish.logic import events_of
    from tests.integration.cloud import ENVIRONMENT
    from tests.integration.stream import Stream

    made(setup, {"type": "emit_event", "name": "welcomed", "payload": {"n": 1}})
    ada = contact(api)
    stream = Stream(ENVIRONMENT["CRM_TABLE"])
    stream.records()
    event = published(ada["id"])
    hear(event, event)
    told = [detail for record in stream.records() for _, detail in events_of(record)]
    (emitted,) = [each for each in told if each["type"] == "automation.emitted"]
    assert emitted["data"]["payload"] == {"n": 1}
    assert emitted["data"]["record"] == {"type": "contact", "id": ada["id"]}


def test_a_condition_decides_on_the_record_as_it_is_now(api: Api, setup: Api) -> None:
    rule = made(
        setup, {"type": "add_tag", "tag": "boss"}, condition={"==": [{"var": "title"}, "Director"]}
    )
    ada, bo = contact(api, title="Director"), contact(api)
    hear(published(ada["id"]), published(bo["id"]))
    assert (shown(api, ada)["tags"], shown(api, bo)["tags"]) == (["boss"], [])
    assert {each["reason"] for each in runs(setup, rule)} == {None, "condition"}


def test_what_is_off_deleted_or_of_another_workspace_does_nothing(
    api: Api, setup: Api, calls: Calls
) -> None:
    off = made(setup, TASK, enabled=False)
    gone = made(setup, TASK)
    setup.delete(f"/v1/automations/{gone}")
    other = Api(setup_handler, Member(workspace="wsp_two", principal="key_two"))
    made(other, TASK)
    ada = published(contact(api)["id"])
    calls.clear()
    hear(ada, ada)
    assert calls.take() == ["Query"], "kept in memory, and nothing wanted"
    assert api.get("/v1/activities").json["data"] == []
    assert runs(setup, off) == []


def test_one_made_just_before_a_change_runs_on_it(api: Api, setup: Api) -> None:
    hear(published(contact(api)["id"]))  # what there is, nothing, is in memory now
    rule = made(setup, {"type": "add_tag", "tag": "new"})
    ada = contact(api)
    hear(published(ada["id"]))
    assert shown(api, ada)["tags"] == ["new"]
    assert len(runs(setup, rule)) == 1


def test_a_hundred_deliveries_twenty_at_once_do_it_once() -> None:
    with shared_cloud():
        api, setup = Api(api_handler), Api(setup_handler)
        rule = made(
            setup, TASK, {"type": "set_field", "field": "title", "value": "Lead"},
            {"type": "add_tag", "tag": "new"},
        )  # fmt: skip
        ada = contact(api)
        event = {"Records": [message(published(ada["id"]))]}
        with ThreadPoolExecutor(20) as pool:
            failed = [
                each
                for reply in pool.map(lambda _: run(event, CONTEXT), range(100))
                for each in reply["batchItemFailures"]
            ]
        while failed and run(event, CONTEXT)["batchItemFailures"]:
            pass  # a collision that lasted comes again, as SQS would have it
        assert len(api.get("/v1/activities").json["data"]) == 1
        after = shown(api, ada)
        assert (after["version"], after["title"], after["tags"]) == (3, "Lead", ["new"])
        (done,) = runs(setup, rule)
        assert done["outcome"] == "done"


def cascade(api: Api, record: dict[str, Any], limit: int = 50) -> int:
    """Deliver a record's events, in any order and twice, until nothing more happens; returns how
    many there were."""
    seen: set[str] = set()
    waiting = [published(record["id"])]
    for _ in range(limit):
        if not waiting:
            return len(seen)
        event = waiting.pop()
        seen.add(event["id"])
        before = image(record["id"])
        hear(event, event)
        after = image(record["id"])
        if after["version"] != before["version"]:
            waiting.append(published(record["id"], before))
        random.Random(len(seen)).shuffle(waiting)  # noqa: S311 - repeatable, not secret
    raise AssertionError("it does not end")


def test_two_rules_that_flip_a_field_back_and_forth_end(api: Api, setup: Api) -> None:
    rules = [
        made(
            setup,
            {"type": "set_field", "field": "title", "value": to},
            condition={"==": [{"var": "title"}, was]},
        )
        for was, to in (("A", "B"), ("B", "A"))
    ]
    ada = contact(api, title="A")
    assert cascade(api, ada) == 3
    assert shown(api, ada)["title"] == "A"
    reasons = [each.get("reason") for rule in rules for each in runs(setup, rule)]
    assert "loop" in reasons


def test_a_chain_of_different_rules_ends_at_its_depth(api: Api, setup: Api) -> None:
    rules = [
        made(
            setup,
            {"type": "set_field", "field": "title", "value": str(n + 1)},
            condition={"==": [{"var": "title"}, str(n)]},
        )
        for n in range(6)
    ]
    ada = contact(api, title="0")
    cascade(api, ada)
    assert shown(api, ada)["title"] == str(MAX_DEPTH)
    assert runs(setup, rules[MAX_DEPTH])[0]["reason"] == "too_deep"


def test_what_cannot_be_done_is_in_the_log_and_not_tried_again(api: Api, setup: Api) -> None:
    put_member(MEMBER)
    rule = made(
        setup, {"type": "assign", "owner_id": MEMBER}, {"type": "set_field", "field": "email",
                "value": "taken@example.com"}, {"type": "add_tag", "tag": "new"},
    )  # fmt: skip
    contact(api, email="taken@example.com")
    ada = contact(api)
    put_member(MEMBER, state="deactivated")
    assert hear(published(ada["id"])) == []
    (done,) = runs(setup, rule)
    assert done["outcome"] == "failed"
    assert [each["reason"] for each in done["actions"]] == [
        "unknown_member", "duplicate_email", None,
    ]  # fmt: skip
    assert shown(api, ada)["tags"] == ["new"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"actions": []}, "invalid"),
        ({"when": ["contact.deleted"]}, "invalid"),
        ({"when": ["deal.created"]}, "invalid"),
        ({"actions": [{"type": "add_tag"}]}, "invalid"),
        ({"actions": [{"type": "add_tag", "tag": "a", "field": "title"}]}, "invalid"),
        ({"actions": [{"type": "set_field", "field": "shoe_size", "value": 1}]}, "invalid_action"),
        ({"actions": [{"type": "set_field", "field": "name", "value": None}]}, "invalid_action"),
        ({"actions": [{"type": "set_field", "field": "custom.no", "value": 1}]}, "invalid_action"),
        ({"actions": [{"type": "assign", "owner_id": new_id("mem")}]}, "unknown_member"),
        ({"condition": {"==": [{"var": "nothing"}, 1]}}, None),
        ({"condition": {"map": [{"var": "tags"}, {"var": ""}]}}, None),
        ({"condition": {"and": [{"==": [1, 1]}] * 500}}, None),
    ],
)
def test_what_could_not_run_is_refused_when_it_is_saved(
    setup: Api, body: dict[str, Any], code: str | None
) -> None:
    whole = {"name": "R", "record_type": "contact", "when": ["contact.created"],
             "actions": [TASK], **body}  # fmt: skip
    reply = setup.post("/v1/automations", whole)
    assert reply.status == 422, reply.body
    assert reply.json["errors"]
    assert code is None or reply.json["code"] == code


def test_a_condition_nested_without_end_is_refused_and_not_followed(setup: Api) -> None:
    deep: Any = {"var": "title"}
    for _ in range(300):
        deep = {"!": [deep]}
    whole = {"name": "R", "record_type": "contact", "when": ["contact.created"],
             "actions": [TASK], "condition": deep}  # fmt: skip
    reply = setup.request("POST", "/v1/automations", raw=json.dumps(whole))
    assert reply.status in (400, 422)


def test_a_patch_is_checked_as_a_whole_and_replaces_the_condition(setup: Api) -> None:
    rule = made(setup, TASK, condition={"==": [{"var": "title"}, "A"]})
    path = f"/v1/automations/{rule}"
    changed = setup.patch(path, {"condition": {"!": [{"var": "email"}]}, "enabled": False})
    assert changed.json["condition"] == {"!": [{"var": "email"}]}
    assert setup.patch(path, {"enabled": False}).json["version"] == 2
    assert setup.patch(path, {"when": ["deal.won"]}).status == 422
    assert setup.patch(path, {"condition": None}).json["condition"] is None


def test_only_an_admin_arranges_them_and_everybody_may_read(setup: Api) -> None:
    rule = made(setup, TASK)
    rep = Api(setup_handler, Member(role="rep"))
    assert rep.get(f"/v1/automations/{rule}").status == 200
    assert rep.patch(f"/v1/automations/{rule}", {"enabled": False}).status == 403


def test_a_run_costs_what_the_table_of_patterns_says(api: Api, setup: Api, calls: Calls) -> None:
    made(setup, {"type": "add_tag", "tag": "new"})
    event = published(contact(api)["id"])
    calls.clear()
    hear(event)
    assert calls.take() == [
        "Query", "GetItem", "UpdateItem", "PutItem", "GetItem", "TransactWriteItems", "PutItem",
    ]  # fmt: skip
