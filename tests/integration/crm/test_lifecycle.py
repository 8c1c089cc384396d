"""Deleted records: listed, restored, purged, and what goes when their time is over."""

import json
from typing import Any

import pytest

from functions.crm.api.handler import handler
from functions.crm.model import KINDS
from functions.crm.setup_api.handler import handler as setup_handler
from functions.crm.sweep.handler import handler as sweep
from functions.outbox.publish.logic import events_of
from functions.shared import aws
from functions.shared.events import CATALOGUE
from functions.shared.ids import new_id
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bodies import RESOURCES, body_for
from tests.integration.crm.bus import deliver
from tests.integration.gateway import CONTEXT, Api, Member, problem

TABLE = ENVIRONMENT["CRM_TABLE"]
KEY: dict[str, str] = {"idempotency_key": "k1"}


def stored(table: str = TABLE) -> list[dict[str, Any]]:
    return list(aws.client("dynamodb").scan(TableName=table)["Items"])


def of_record(record_id: str) -> list[dict[str, Any]]:
    """Return every item whose key names a record, or whose values do."""
    return [each for each in stored() if record_id in json.dumps(each)]


def swept(record_id: str, kind: str = "contact") -> dict[str, Any]:
    detail = {"id": "evt_1", "workspace": "wsp_one", "subject": {"type": kind, "id": record_id}}
    message = {"messageId": "m1", "body": json.dumps({"detail": detail})}
    return sweep({"Records": [message]}, CONTEXT)


def events(record_id: str) -> list[dict[str, Any]]:
    (item,) = [each for each in stored() if each["pk"]["S"].endswith(f"#{record_id}")
               and each["sk"]["S"] == "RECORD"]  # fmt: skip
    return [detail for _, detail in events_of({"dynamodb": {"NewImage": item}})]


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_deleted_record_is_listed_as_such_until_it_is_restored(api: Api, resource: str) -> None:
    path = f"/v1/{resource}"
    made = [api.make(path, body_for(api, resource)) for _ in range(3)]
    for each in (made[2], made[0]):
        api.delete(f"{path}/{each['id']}")
    first = api.get(f"{path}?deleted=true&limit=1").json
    rest = api.get(f"{path}?deleted=true&limit=1&cursor={first['next_cursor']}").json
    listed = [*first["data"], *rest["data"]]
    assert [each["id"] for each in listed] == [made[0]["id"], made[2]["id"]]
    assert all(each["deleted_at"] == each["updated_at"] for each in listed)
    assert api.get(f"{path}?cursor={first['next_cursor']}").status == 400
    restored = api.post(f"{path}/{made[0]['id']}/restore", **KEY)
    assert restored.json["deleted_at"] is None
    assert restored.json["version"] == 3
    assert restored.json == api.get(f"{path}/{made[0]['id']}").json
    assert [each["id"] for each in api.get(path).json["data"]] == [made[1]["id"], made[0]["id"]]
    assert [each["id"] for each in api.get(f"{path}?deleted=true").json["data"]] == [made[2]["id"]]
    again = api.post(f"{path}/{made[0]['id']}/restore", **KEY)
    assert (again.body, again.headers["idempotency-replayed"]) == (restored.body, "true")
    assert [each["type"] for each in events(made[0]["id"])] == [f"{made[0]['object']}.restored"]


def test_restoring_what_is_not_deleted_changes_nothing(api: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada"})
    assert api.post(f"/v1/contacts/{made['id']}/restore").json == made
    assert api.post(f"/v1/contacts/{new_id('con')}/restore").status == 404


def test_a_restored_record_has_its_unique_values_again_or_is_refused(api: Api) -> None:
    Api(setup_handler).make(
        "/v1/fields",
        {"record_type": "contact", "name": "badge", "label": "Badge", "type": "text",
         "unique": True},
    )  # fmt: skip
    body = {"name": "Ada", "email": "ada@example.com", "external_id": "1", "custom": {"badge": "7"}}
    first = f"/v1/contacts/{api.make('/v1/contacts', body)['id']}"
    api.delete(first)
    for field in ({"email": "ada@example.com"}, {"external_id": "1"}, {"custom": {"badge": "7"}}):
        heir = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Eda', **field})['id']}"
        refused = api.post(f"{first}/restore")
        assert (refused.status, problem(refused)["code"].split("_")[0]) == (409, "duplicate")
        api.delete(heir)
    assert api.post(f"{first}/restore").status == 200
    assert api.post("/v1/contacts", body).status == 409


def test_a_restored_record_s_timeline_goes_on(api: Api) -> None:
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Ada'})['id']}"
    api.patch(path, {"name": "Eda"})
    deliver(*events(path.rpartition("/")[2]))
    api.delete(path)
    assert api.get(f"{path}/timeline").status == 404
    api.post(f"{path}/restore")
    assert [each["kind"] for each in api.get(f"{path}/timeline").json["data"]] == [
        "contact.updated"
    ]


def test_a_stale_version_is_neither_restored_nor_purged(api: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada"})
    path = f"/v1/contacts/{made['id']}"
    api.delete(path)
    assert api.post(f"{path}/restore", if_match='"1"').status == 412
    assert api.post(f"{path}/purge", if_match='"1"').status == 412
    assert api.post(f"{path}/restore", if_match='"2"').status == 200


def test_a_record_whose_thirty_days_are_over_is_gone_before_dynamodb_comes_by(api: Api) -> None:
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Ada'})['id']}"
    api.delete(path)
    (item,) = [each for each in stored() if "deleted_at" in each]
    old = "2026-01-01T00:00:00.000Z"
    aws.client("dynamodb").put_item(TableName=TABLE, Item={**item, "deleted_at": {"S": old}})
    assert api.post(f"{path}/restore").status == 404
    assert api.get("/v1/contacts?deleted=true").json["data"] == []


def test_who_sees_some_lists_and_restores_those_alone(api: Api) -> None:
    mine = Api(handler, Member(visibility="own", member="mem_1", role="rep", principal="key_2"))
    ours = Api(handler, Member(visibility="team", member="mem_2", teams=("tea_1",), role="rep"))
    made = {
        name: each.make("/v1/contacts", {"name": name})["id"]
        for name, each in (("api", api), ("mine", mine), ("ours", ours))
    }
    for each in made.values():
        api.delete(f"/v1/contacts/{each}")
    listed = [mine.get("/v1/contacts?deleted=true"), ours.get("/v1/contacts?deleted=true")]
    assert [[one["id"] for one in each.json["data"]] for each in listed] == [
        [made["mine"]], [made["ours"]],
    ]  # fmt: skip
    assert mine.post(f"/v1/contacts/{made['ours']}/restore").status == 404
    assert mine.post(f"/v1/contacts/{made['mine']}/restore").status == 200


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_purged_record_leaves_nothing_that_says_what_it_was(
    api: Api, resource: str, *, deleted: bool
) -> None:
    body = body_for(api, resource, external_id="Zarathustra", tags=["Zarathustra"])
    made = api.make(f"/v1/{resource}", body)
    path, etag = f"/v1/{resource}/{made['id']}", '"1"'
    if deleted:
        api.delete(path)
        etag = '"2"'
    assert problem(api.post(f"{path}/purge"))["status"] == 428
    assert api.post(f"{path}/purge", if_match=etag, **KEY).status == 204
    assert "Zarathustra" not in json.dumps(stored())
    assert api.get(path).status == 404
    assert api.post(f"{path}/restore").status == 404
    assert api.get(f"/v1/{resource}?deleted=true").json["data"] == []
    replayed = api.post(f"{path}/purge", if_match=etag, **KEY)
    assert (replayed.status, replayed.headers["idempotency-replayed"]) == (204, "true")
    assert api.post(f"{path}/purge", if_match="*").status == 404
    (told,) = events(made["id"])
    assert told["type"] == f"{made['object']}.purged"
    assert (told["data"], told.get("previous")) == (
        {"id": made["id"], "version": int(etag[1]) + 1},
        None,
    )
    assert api.make(f"/v1/{resource}", body)["external_id"] == "Zarathustra"


def test_a_purge_makes_the_audit_log_s_values_unreadable(api: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada"})
    api.post(f"/v1/contacts/{made['id']}/purge", if_match="*")
    keys = [each for each in stored(ENVIRONMENT["PLATFORM_TABLE"]) if each["sk"]["S"] == "AUDITKEY"]
    assert [each["pk"]["S"].rpartition("#")[2] for each in keys] == [made["id"]]
    assert all("erased_at" in each for each in keys)


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_record_has_events_of_its_end(kind: str) -> None:
    acts = ("deleted", "restored", "purged", "expired")
    assert [act for act in acts if f"{kind}.{act}" not in CATALOGUE] == []


def test_only_an_admin_purges(api: Api) -> None:
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Ada'})['id']}"
    for role in ("manager", "rep", "viewer"):
        refused = Api(handler, Member(role=role)).post(f"{path}/purge", if_match="*")
        assert problem(refused)["code"] == "missing_scope"


def test_what_belonged_to_a_purged_record_is_swept_wherever_it_stands(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    made = api.make("/v1/contacts", {"name": "Zarathustra", "company_id": company})
    path = f"/v1/contacts/{made['id']}"
    deliver(*events(made["id"]))
    assert len(api.get(f"/v1/companies/{company}/timeline").json["data"]) == 1
    for n in range(60):
        api.patch(path, {"title": f"T{n}"})
        deliver(*events(made["id"]))
    assert swept(made["id"]) == {"batchItemFailures": []}
    assert api.get(path).status == 200, "what is there is nobody's to sweep"
    api.post(f"{path}/purge", if_match="*")
    assert swept(made["id"]) == {"batchItemFailures": []}
    assert of_record(made["id"]) == []
    assert api.get(f"/v1/companies/{company}/timeline").json["data"] == []
    assert swept(made["id"]) == {"batchItemFailures": []}, "once more is nothing more"


def test_a_sweep_that_has_no_time_comes_back_and_finishes(api: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada"})
    deliver(*events(made["id"]))
    api.post(f"/v1/contacts/{made['id']}/purge", if_match="*")
    detail = {
        "id": "evt_1",
        "workspace": "wsp_one",
        "subject": {"type": "contact", "id": made["id"]},
    }
    batch = {"Records": [{"messageId": "m1", "body": json.dumps({"detail": detail})}]}

    class NoTime:
        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 0

    no_time: Any = type("Context", (), {**vars(CONTEXT), **vars(NoTime)})
    assert sweep(batch, no_time) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert of_record(made["id"]) != []
    assert swept(made["id"]) == {"batchItemFailures": []}
    assert of_record(made["id"]) == []


def test_a_record_that_dynamodb_has_removed_is_told_of_and_swept(api: Api) -> None:
    made = api.make("/v1/deals", {"name": "Big"})
    path = f"/v1/deals/{made['id']}"
    api.post(f"{path}/move", {"stage": "won"})
    deliver(*events(made["id"]))
    line = {
        "description": "Seats",
        "quantity": "2",
        "unit_price": {"amount_minor": 5, "currency": "EUR"},
    }
    api.make(f"{path}/line-items", line)
    api.delete(path)
    (item,) = [each for each in stored() if "deleted_at" in each]
    aws.client("dynamodb").delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})
    removal = {"dynamodb": {"OldImage": item}}
    ((source, told),) = events_of(removal)
    assert (source, told["type"], told["subject"]["id"]) == (
        "reelate.crm", "deal.expired", made["id"],
    )  # fmt: skip
    assert told["data"] == {"id": made["id"], "version": 4}
    assert [each for _, each in events_of(removal)] == [told], "and it is the same event twice"
    assert swept(made["id"], "deal") == {"batchItemFailures": []}
    assert [each["sk"]["S"] for each in of_record(made["id"])] == []


def test_the_end_costs_what_its_patterns_say(api: Api, calls: Calls) -> None:
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Ada'})['id']}"
    api.delete(path)
    calls.clear()
    api.get("/v1/contacts?deleted=true")
    assert calls.take() == ["Query"]
    api.post(f"{path}/restore")
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    api.post(f"{path}/restore")
    assert calls.take() == ["GetItem"]
    api.post(f"{path}/purge", if_match="*")
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    swept(path.rpartition("/")[2])
    assert calls.take() == [
        "GetItem", "GetItem", "Query", "Query",
        "Query", "Query", "TransactWriteItems", "Query", "Query", "DeleteItem",
    ]  # fmt: skip
