"""Records by their keys: looked up, and written whether they are there or not."""

from typing import Any

import pytest

from functions.crm.api.handler import handler
from functions.crm.definition_fields import NewField
from functions.crm.definitions import FieldDefinition
from functions.crm.dynamodb_definitions import Fields
from functions.crm.setup_api.handler import handler as setup_handler
from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bodies import RESOURCES, body_for
from tests.integration.gateway import Api, Member, problem

EMAIL = "/v1/contacts/upsert?by=email"


def unique(api: Api, name: str, kind: str) -> None:
    caller = Caller(api.member.workspace, "key_setup", "admin", frozenset(), "req_setup")
    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], caller.workspace)
    sent = {
        "record_type": "contact", "name": name, "label": name, "type": kind, "unique": True,
    }  # fmt: skip
    Fields(table, caller).create(FieldDefinition.of(NewField.model_validate(sent), caller))


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_upsert_makes_what_is_not_there_and_changes_what_is(api: Api, resource: str) -> None:
    path = f"/v1/{resource}/upsert?by=external_id"
    body = body_for(api, resource, external_id="crm-1")
    made = api.post(path, body)
    assert (made.status, made.json["version"]) == (201, 1)
    assert made.headers["location"] == f"/v1/{resource}/{made.json['id']}"
    changed = api.post(path, {"external_id": "crm-1", "tags": ["vip"]})
    assert (changed.status, changed.json["id"], changed.json["version"]) == (
        200, made.json["id"], 2,
    )  # fmt: skip
    assert changed.json["tags"] == ["vip"]
    same = api.post(path, {"external_id": "crm-1", "tags": ["vip"]})
    assert (same.status, same.json["version"]) == (200, 2)
    found = api.get(f"/v1/{resource}/lookup?by=external_id&value=crm-1")
    assert (found.json, found.etag) == (changed.json, '"2"')


def test_a_key_s_value_is_found_in_any_of_its_forms(api: Api) -> None:
    unique(api, "badge", "number")
    unique(api, "mobile", "phone")
    made = api.post(EMAIL, {"name": "Ada", "email": " ADA@Example.com "}).json
    assert api.post(EMAIL, {"email": "ada@EXAMPLE.com"}).json == made
    assert api.get("/v1/contacts/lookup?by=email&value=Ada%40example.COM").json == made
    custom = {"custom": {"badge": 7.0, "mobile": "+49 30 5550142"}, "name": "Eda"}
    other = api.post("/v1/contacts/upsert?by=custom.badge", custom).json
    assert other["custom"] == {"badge": 7, "mobile": "+49305550142"}
    for by, value in (("badge", "7"), ("badge", "7.0"), ("mobile", "%2B49305550142")):
        found = api.get(f"/v1/contacts/lookup?by=custom.{by}&value={value}")
        assert found.json["id"] == other["id"]
    same = api.post("/v1/contacts/upsert?by=custom.mobile", {"custom": {"mobile": "+4930 5550142"}})
    assert same.json == other


@pytest.mark.parametrize(
    ("by", "body", "code"),
    [
        ("email", {"name": "Ada"}, "invalid"), ("email", {"email": None}, "invalid"),
        ("email", {"email": "nobody"}, "invalid"), ("email", {"email": "a@b.example"}, "invalid"),
        ("name", {"name": "Ada"}, "unknown_key"), ("domain", {"name": "Ada"}, "unknown_key"),
        ("custom.nope", {"custom": {"nope": 1}}, "unknown_key"),
        ("custom.badge", {"custom": {"badge": "x"}}, "invalid"), ("a/b", {}, "invalid"),
    ],
)  # fmt: skip
def test_an_upsert_that_cannot_be_is_refused(
    api: Api, by: str, body: dict[str, Any], code: str
) -> None:
    unique(api, "badge", "number")
    refused = api.post(f"/v1/contacts/upsert?by={by}", body)
    assert (refused.status, problem(refused)["code"]) == (422, code), refused.body
    assert api.get("/v1/contacts").json["data"] == []


def test_a_lookup_of_what_is_not_there_is_absent_and_of_no_value_refused(api: Api) -> None:
    path = "/v1/contacts/lookup?by=email"
    assert api.get(f"{path}&value=ada@example.com").status == 404
    assert problem(api.get(f"{path}&value=nobody"))["code"] == "invalid_key"
    made = api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
    assert api.get(f"{path}&value=ada@example.com").json == made
    api.delete(f"/v1/contacts/{made['id']}")
    assert api.get(f"{path}&value=ada@example.com").status == 404
    assert api.post(EMAIL, {"name": "Eda", "email": "ada@example.com"}).status == 201


def test_what_one_may_not_see_is_neither_found_nor_changed(api: Api, other: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
    mine = Api(handler, Member(visibility="own", member="mem_1", role="rep"))
    assert mine.get("/v1/contacts/lookup?by=email&value=ada@example.com").status == 404
    refused = mine.post(EMAIL, {"name": "Eda", "email": "ada@example.com"})
    assert (refused.status, problem(refused)["code"]) == (409, "duplicate_email")
    assert api.get(f"/v1/contacts/{made['id']}").json == made
    assert other.get("/v1/contacts/lookup?by=email&value=ada@example.com").status == 404
    assert other.post(EMAIL, {"name": "Eda", "email": "ada@example.com"}).status == 201


def test_an_upsert_under_a_key_is_done_once(api: Api) -> None:
    body = {"name": "Ada", "email": "ada@example.com"}
    made = api.post(EMAIL, body, idempotency_key="k1")
    api.patch(f"/v1/contacts/{made.json['id']}", {"name": "Eda"})
    again = api.post(EMAIL, body, idempotency_key="k1")
    assert (again.status, again.body) == (201, made.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert api.get(f"/v1/contacts/{made.json['id']}").json["name"] == "Eda"


def test_a_key_holds_for_one_query(api: Api) -> None:
    body = {"name": "Ada", "email": "ada@example.com", "external_id": "7"}
    assert api.post(EMAIL, body, idempotency_key="k1").status == 201
    other = api.post("/v1/contacts/upsert?by=external_id", body, idempotency_key="k1")
    assert (other.status, problem(other)["code"]) == (422, "idempotency_key_reused")


def test_a_batch_upserts(api: Api, calls: Calls) -> None:
    old = api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
    calls.clear()
    operations = [
        {"op": "upsert", "by": "email", "body": {"email": "ada@example.com", "title": "Countess"}},
        {"op": "upsert", "by": "email", "body": {"email": "bob@example.com", "name": "Bob"}},
        {"op": "upsert", "by": "email", "body": {"email": "eve@example.com"}},
        {"op": "upsert", "body": {"email": "eve@example.com"}},
        {"op": "upsert", "by": "email", "id": old["id"], "body": {"email": "eve@example.com"}},
    ]
    results = api.post("/v1/contacts/batch", {"operations": operations}).json["data"]
    assert [each["status"] for each in results] == [200, 201, 422, 422, 422]
    assert results[0]["body"]["id"] == old["id"]
    assert results[2]["problem"]["errors"][0]["pointer"] == "/operations/2/body/name"
    assert calls.take() == [
        "GetItem", "GetItem", "TransactWriteItems", "GetItem", "TransactWriteItems", "GetItem",
    ]  # fmt: skip


def test_a_lookup_costs_two_reads(api: Api, calls: Calls) -> None:
    api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
    calls.clear()
    api.get("/v1/contacts/lookup?by=email&value=ada@example.com")
    assert calls.take() == ["GetItem", "GetItem"]
    api.get("/v1/contacts/lookup?by=email&value=bob@example.com")
    assert calls.take() == ["GetItem"]


def test_what_only_a_new_record_takes_must_be_as_it_is(api: Api) -> None:
    path = "/v1/deals/upsert?by=external_id"
    stages = [each["key"] for each in _stages(api)]
    body = {"external_id": "1", "name": "Big", "stage": stages[1]}
    assert api.post(path, body).json["stage"] == stages[1]
    assert api.post(path, {**body, "name": "Bigger"}).json["name"] == "Bigger"
    refused = api.post(path, {**body, "stage": stages[0]})
    assert [(each["pointer"], each["code"]) for each in problem(refused)["errors"]] == [
        ("/stage", "cannot_change")
    ]


def _stages(api: Api) -> list[dict[str, Any]]:
    pipelines = Api(setup_handler, api.member).get("/v1/pipelines?record_type=deal").json["data"]
    return [each for each in pipelines[0]["stages"] if each["kind"] == "open"]
