"""ETags, conditional requests, idempotency keys and headers: the same on every resource."""

import json
from datetime import timedelta

import pytest

from functions.shared import aws
from functions.shared.clock import now
from tests.integration.cloud import ENVIRONMENT
from tests.integration.crm.bodies import RESOURCES, body_for
from tests.integration.gateway import Api, Member


@pytest.mark.parametrize("resource", RESOURCES)
def test_what_the_caller_has_already_is_not_sent_again(api: Api, resource: str) -> None:
    record = api.make(f"/v1/{resource}", body_for(api, resource))
    path = f"/v1/{resource}/{record['id']}"
    etag = api.get(path).etag
    for seen in (etag, "*", f'"x", {etag}'):
        reply = api.get(path, if_none_match=seen)
        assert (reply.status, reply.body, reply.etag) == (304, "", etag)
    assert api.get(path, if_none_match='"another"').status == 200


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_stale_etag_changes_and_deletes_nothing(api: Api, resource: str) -> None:
    field = "subject" if resource == "activities" else "name"
    record = api.make(f"/v1/{resource}", body_for(api, resource))
    path = f"/v1/{resource}/{record['id']}"
    stale = api.get(path).etag
    current = api.patch(path, {field: "Second"}, if_match=stale)
    assert current.status == 200
    for reply in (
        api.patch(path, {field: "Third"}, if_match=stale),
        api.delete(path, if_match=stale),
        api.patch(path, {field: "Third"}, if_match='W/"2"'),
    ):
        assert reply.status == 412
        assert reply.json["code"] == "precondition_failed"
    assert api.get(path).body == current.body
    assert api.patch(path, {field: "Third"}, if_match="*").status == 200
    assert api.delete(path, if_match='"0", "3"').status == 204


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_repeated_create_with_its_key_is_replayed(api: Api, resource: str) -> None:
    body = body_for(api, resource)
    first = api.post(f"/v1/{resource}", body, idempotency_key="k1")
    again = api.post(f"/v1/{resource}", body, idempotency_key="k1")
    assert first.status == again.status == 201
    assert first.body == again.body
    assert (first.etag, first.headers["location"]) == (again.etag, again.headers["location"])
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(api.get(f"/v1/{resource}").json["data"]) == 1


def test_a_repeated_patch_move_and_delete_with_their_keys_are_replayed(api: Api) -> None:
    path = f"/v1/deals/{api.make('/v1/deals', {'name': 'Big'})['id']}"
    first = api.patch(path, {"name": "Bigger"}, idempotency_key="k1", if_match='"1"')
    moved = api.post(f"{path}/move", {"stage": "won"}, idempotency_key="k1")
    again = api.patch(path, {"name": "Bigger"}, idempotency_key="k1", if_match='"1"')
    assert (again.status, again.body, again.etag) == (200, first.body, first.etag)
    assert api.post(f"{path}/move", {"stage": "won"}, idempotency_key="k1").body == moved.body
    assert api.get(path).json["version"] == 3
    assert api.delete(path, idempotency_key="k1").status == 204
    replayed = api.delete(path, idempotency_key="k1")
    assert (replayed.status, replayed.headers["idempotency-replayed"]) == (204, "true")
    assert api.delete(path, idempotency_key="k2").status == 404


def test_a_patch_that_changes_nothing_is_remembered_too(api: Api) -> None:
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Ada'})['id']}"
    first = api.patch(path, {"name": "Ada"}, idempotency_key="k1")
    api.patch(path, {"name": "Changed"})
    assert api.patch(path, {"name": "Ada"}, idempotency_key="k1").body == first.body
    assert api.get(path).json["name"] == "Changed"


def test_a_key_used_with_another_body_is_refused(api: Api) -> None:
    api.post("/v1/contacts", {"name": "Ada"}, idempotency_key="k1")
    reply = api.post("/v1/contacts", {"name": "Eve"}, idempotency_key="k1")
    assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")
    assert len(api.get("/v1/contacts").json["data"]) == 1


def test_the_same_json_written_otherwise_is_the_same_request(api: Api) -> None:
    first = api.request("POST", "/v1/contacts", raw='{"name":"Ada","title":"C"}',
                        headers={"Idempotency-Key": "k1"})  # fmt: skip
    again = api.request("POST", "/v1/contacts", raw='{ "title": "C",\n"name": "Ada" }',
                        headers={"Idempotency-Key": "k1"})  # fmt: skip
    assert again.body == first.body


def test_a_key_belongs_to_its_principal_workspace_method_and_path(api: Api, other: Api) -> None:
    colleague = Api(api.handler, Member(principal="key_of_a_colleague"))
    body = {"name": "Ada"}
    made = [
        each.post(path, body, idempotency_key="k1").json["id"]
        for each in (api, colleague, other)
        for path in ("/v1/contacts", "/v1/companies")
    ]
    assert len(set(made)) == 6


def test_refusals_are_not_remembered(api: Api) -> None:
    assert api.post("/v1/contacts", {"name": ""}, idempotency_key="k1").status == 422
    assert api.post("/v1/contacts", {"name": "Ada"}, idempotency_key="k1").status == 201
    api.make("/v1/contacts", {"name": "Eve", "email": "eve@example.com"})
    eve = {"name": "Eve", "email": "eve@example.com"}
    assert api.post("/v1/contacts", eve, idempotency_key="k2").status == 409
    held = [each for each in api.get("/v1/contacts").json["data"] if each["email"]]
    api.delete(f"/v1/contacts/{held[0]['id']}")
    assert api.post("/v1/contacts", eve, idempotency_key="k2").status == 201


def test_a_key_is_free_again_after_a_day_even_when_ttl_lags(api: Api) -> None:
    first = api.post("/v1/contacts", {"name": "Ada"}, idempotency_key="k1").json
    table, dynamodb = ENVIRONMENT["PLATFORM_TABLE"], aws.client("dynamodb")
    items = dynamodb.scan(TableName=table)["Items"]
    (kept,) = [item for item in items if item["sk"]["S"] == "REPLY"]
    day = now() + timedelta(hours=24)
    assert abs(int(kept["expires_at_epoch"]["N"]) - day.timestamp()) < 60
    kept["expires_at_epoch"] = {"N": str(int(now().timestamp()) - 1)}
    dynamodb.put_item(TableName=table, Item=kept)
    second = api.post("/v1/contacts", {"name": "Ada"}, idempotency_key="k1")
    assert second.status == 201
    assert second.json["id"] != first["id"]


@pytest.mark.parametrize(("key", "status"), [("", 400), ("k" * 256, 400), ("k" * 255, 201)])
def test_a_key_has_1_to_255_characters(api: Api, key: str, status: int) -> None:
    reply = api.post("/v1/contacts", {"name": "Ada"}, idempotency_key=key)
    assert reply.status == status


def test_every_reply_carries_its_request_id_and_the_houses_headers(api: Api) -> None:
    for reply in (
        api.get("/v1/contacts", x_request_id="my-request-1"),
        api.get("/v1/contacts/con_x", x_request_id="my-request-1"),
        api.get("/v1/nowhere", x_request_id="my-request-1"),
        api.request("POST", "/v1/contacts", raw="{", headers={"x-request-id": "my-request-1"}),
    ):
        assert reply.headers["x-request-id"] == "my-request-1"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "max-age" in reply.headers["strict-transport-security"]
        assert reply.headers["cache-control"]
        if reply.status >= 400:
            assert reply.json["request_id"] == "my-request-1"


@pytest.mark.parametrize("given", ["short", "x" * 129, "a b c d e f g", "inject\r\nx: y......"])
def test_a_request_id_that_could_harm_a_log_is_replaced(api: Api, given: str) -> None:
    assert api.get("/v1/contacts", x_request_id=given).headers["x-request-id"] != given


def test_a_line_is_logged_per_request_without_names_or_addresses(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.post("/v1/contacts", {"name": "Zebedee", "email": "zebedee@example.com"})
    (text,) = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    assert (line["method"], line["status"], line["workspace"]) == ("POST", 201, "wsp_one")
    assert "zebedee" not in text.lower()
