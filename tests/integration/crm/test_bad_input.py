"""Bad input of every kind: the exact problem, and nothing written."""

from typing import Any

import pytest

from functions.shared.ids import new_id
from tests.integration.crm.bodies import EVERY_ROUTE, RESOURCES, body_for, sendable
from tests.integration.gateway import Api, Reply


def refused(reply: Reply, status: int, slug: str) -> dict[str, Any]:
    """Check the shape of a problem and return it."""
    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["request_id"] == reply.headers["x-request-id"]
    assert set(problem) - {"errors"} == {
        "type", "title", "status", "detail", "instance", "code", "request_id",
    }  # fmt: skip
    return problem


@pytest.mark.parametrize(
    "raw",
    [
        "{", "nope", "[1,]", '{"name":"A","name":"B"}', '{"name":NaN}',
        '{"name":"A","custom":{"x":1e400}}', '{"name":"\\u0000"}', '{"name":"\\ud800"}',
        '{"name":"A","custom":' + "[" * 40 + "]" * 40 + "}", "[" * 50_000,
    ],
    ids=lambda raw: raw[:20],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_broken_or_ambiguous_json_is_malformed(api: Api, method: str, raw: str) -> None:
    path = "/v1/contacts" if method == "POST" else f"/v1/contacts/{new_id('con')}"
    problem = refused(api.request(method, path, raw=raw), 400, "malformed")
    assert problem["code"] == "invalid_json"
    assert api.get("/v1/contacts").json["data"] == []


@pytest.mark.parametrize("raw", ["[]", '"text"', "7", "null", "true", ""])
@pytest.mark.parametrize("resource", RESOURCES)
def test_json_that_is_no_object_is_invalid(api: Api, resource: str, raw: str) -> None:
    refused(api.request("POST", f"/v1/{resource}", raw=raw), 422, "invalid")


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("field", ["nickname", "id", "version", "created_at", "pk", "_events"])
def test_an_unknown_field_is_named(api: Api, resource: str, field: str) -> None:
    body = body_for(api, resource)
    problem = refused(api.post(f"/v1/{resource}", {**body, field: "x"}), 422, "invalid")
    assert problem["errors"] == [
        {"pointer": f"/{field}", "code": "extra_forbidden",
         "message": "Extra inputs are not permitted"}
    ]  # fmt: skip
    record = api.make(f"/v1/{resource}", body)
    problem = refused(api.patch(f"/v1/{resource}/{record['id']}", {field: None}), 422, "invalid")
    assert [each["pointer"] for each in problem["errors"]] == [f"/{field}"]


def test_every_fault_of_a_body_is_named_at_once(api: Api) -> None:
    body = {"email": "nobody", "custom": {"a/b": 1, "ok": {}}, "extra": 1}
    problem = refused(api.post("/v1/contacts", body), 422, "invalid")
    assert {each["pointer"] for each in problem["errors"]} >= {
        "/name", "/email", "/custom/ok", "/extra",
    }  # fmt: skip
    assert "nobody" not in str(problem), "a caller's own words are not echoed"


@pytest.mark.parametrize(
    ("resource", "patch", "pointer"),
    [
        ("contacts", {"name": None}, "/name"),
        ("companies", {"name": None}, "/name"),
        ("deals", {"name": None}, "/name"),
        ("activities", {"subject": None}, "/subject"),
        ("activities", {"occurred_at": None}, "/occurred_at"),
        ("activities", {"call": {"direction": "inbound"}}, "/call"),
        ("deals", {"amount": {"amount_minor": 1}}, "/amount/currency"),
    ],
)
def test_a_patch_cannot_take_away_what_a_record_must_have(
    api: Api, resource: str, patch: dict[str, Any], pointer: str
) -> None:
    record = api.make(f"/v1/{resource}", body_for(api, resource))
    path = f"/v1/{resource}/{record['id']}"
    problem = refused(api.patch(path, patch), 422, "invalid")
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    assert api.get(path).json == record


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_body_over_the_limit_is_too_large(api: Api, method: str) -> None:
    path = "/v1/contacts" if method == "POST" else f"/v1/contacts/{new_id('con')}"
    reply = api.request(method, path, raw='{"name":"' + "n" * 1_000_000 + '"}')
    refused(reply, 413, "too-large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_called_json_is_of_an_unsupported_type(api: Api, kind: str) -> None:
    reply = api.request("POST", "/v1/contacts", {"name": "Ada"}, {"Content-Type": kind})
    refused(reply, 415, "unsupported-media-type")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
def test_a_limit_outside_1_to_100_is_invalid(api: Api, limit: str) -> None:
    refused(api.get(f"/v1/contacts?limit={limit}"), 422, "invalid")


def test_a_tampered_or_foreign_cursor_is_malformed(api: Api, other: Api) -> None:
    for each in (api, other):
        for _ in range(2):
            each.make("/v1/contacts", {"name": "Ada"})
            each.make("/v1/companies", {"name": "Example"})
    mine = api.get("/v1/contacts?limit=1").json["next_cursor"]
    theirs = other.get("/v1/contacts?limit=1").json["next_cursor"]
    another_list = api.get("/v1/companies?limit=1").json["next_cursor"]
    contact = api.get("/v1/contacts").json["data"][0]["id"]
    assert api.get(f"/v1/contacts?limit=1&cursor={mine}").status == 200
    bad = [theirs, another_list, mine[:-1], mine + "A", "A" + mine, mine.replace(".", ""), "", "x",
           "%00", mine[:-1] + ("A" if mine[-1] != "A" else "B")]  # fmt: skip
    for cursor in bad:
        problem = refused(api.get(f"/v1/contacts?limit=1&cursor={cursor}"), 400, "malformed")
        assert problem["code"] == "invalid_cursor"
        refused(api.get(f"/v1/contacts/{contact}/timeline?cursor={cursor}"), 400, "malformed")


@pytest.mark.parametrize(("method", "path"), [each for each in EVERY_ROUTE if "ID" in each[1]])
def test_an_id_that_is_absent_misshapen_or_of_another_type_is_not_found(
    api: Api, method: str, path: str
) -> None:
    own = {
        "contacts": "con", "companies": "com", "deals": "dea", "activities": "act",
        "leads": "led", "products": "prd",
    }  # fmt: skip
    prefix = own[path.split("/")[2]]
    another = next(each for each in own.values() if each != prefix)
    stranger = (
        api.make("/v1/contacts", {"name": "Ada"})["id"]
        if prefix != "con"
        else (api.make("/v1/companies", {"name": "Example"})["id"])
    )
    body = sendable(api, method, path)
    for bad in (new_id(prefix), new_id(another), stranger, "x", f"{prefix}_", "%00", "a" * 2000,
                f"{prefix}_{'0' * 25}%23"):  # fmt: skip
        problem = refused(api.request(method, path.replace("ID", bad), body), 404, "not-found")
        assert problem["code"] == "not_found"


@pytest.mark.parametrize("path", ["/v1/nothing", "/", "/v1/contacts/", "/v2/contacts"])
def test_a_path_that_leads_nowhere_is_not_found(api: Api, path: str) -> None:
    refused(api.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/contacts", {"GET", "POST"}),
        ("DELETE", "/v1/contacts", {"GET", "POST"}),
        ("POST", "/v1/contacts/con_01m82w1qmze42t2y2smsnt8yx9", {"GET", "PATCH", "DELETE"}),
        ("GET", "/v1/deals/dea_01m82w1qmze42t2y2smsnt8yx9/move", {"POST"}),
    ],
)
def test_a_method_that_a_path_does_not_take_is_refused_with_those_it_takes(
    api: Api, method: str, path: str, allowed: set[str]
) -> None:
    reply = api.request(method, path)
    refused(reply, 405, "method-not-allowed")
    assert set(reply.headers["allow"].split(", ")) == allowed


def test_what_goes_wrong_on_our_side_says_nothing_of_it(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    from functions.shared import aws

    aws.client("dynamodb").delete_table(TableName="reelate-local-crm")
    problem = refused(api.get("/v1/contacts"), 500, "internal")
    assert problem["detail"] == "Something went wrong on our side."
    assert "reelate-local-crm" not in str(problem)
    assert "unexpected error" in capsys.readouterr().out


def test_a_fault_of_a_field_named_body_points_at_it(api: Api) -> None:
    """`body` is also what FastAPI calls the request's body."""
    note = api.make("/v1/activities", {"type": "note", "body": "b"})

    for reply in (
        api.post("/v1/activities", {"type": "note", "body": ""}),
        api.patch(f"/v1/activities/{note['id']}", {"body": " "}),
    ):
        assert [each["pointer"] for each in reply.json["errors"]] == ["/body"]
