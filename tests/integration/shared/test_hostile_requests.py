"""Requests that nobody means well by, against real handlers: a problem each time, never a 5xx."""

import base64
import json
from typing import Any

import pytest

from functions.crm.api.handler import handler as crm
from functions.identity.api.handler import handler as identity
from functions.shared import aws
from functions.shared.ids import new_id
from functions.shared.web_event import MAX_BODY_BYTES
from tests.integration.cloud import ENVIRONMENT, create_table
from tests.integration.gateway import CONTEXT, Api, Member, call, event, problem

CONTACTS = "/v1/contacts"
pytestmark = pytest.mark.usefixtures("cloud")
ABSENT = f"{CONTACTS}/con_{'0' * 26}"


@pytest.mark.parametrize(
    "host",
    ["", "a:b", "a:b:c", "[::1]:443", "[", "evil.example/other?x#", "x" * 5000, "hö.example",
     "a\r\nset-cookie: x"],
)  # fmt: skip
def test_a_bent_host_changes_nothing(api: Api, host: str) -> None:
    reply = api.request("GET", ABSENT, None, {"Host": host, "X-Forwarded-Port": "many"})

    assert problem(reply)["instance"] == ABSENT
    assert reply.status == 404


def test_a_bent_host_does_not_move_an_idempotency_key(api: Api) -> None:
    """Were the path taken from the URL, Host could make one path look like another."""
    body, key = {"name": "Ada"}, {"Idempotency-Key": "k"}
    first = api.request("POST", CONTACTS, body, key | {"Host": "a/b?"})

    second = api.request("POST", CONTACTS, body, key)

    assert second.headers["idempotency-replayed"] == "true"
    assert second.json == first.json


@pytest.mark.parametrize(
    "given", ["short", "x" * 129, "a b c d e f", "né-not-ascii", "a\nb-c-d-e-f"]
)
def test_a_strange_request_id_is_replaced(api: Api, given: str) -> None:
    reply = api.request("GET", ABSENT, None, {"X-Request-Id": given})

    assert reply.headers["x-request-id"] != given
    assert problem(reply)


def test_a_good_request_id_is_kept(api: Api) -> None:
    assert api.get(CONTACTS, X_Request_Id="req-12345678").headers["x-request-id"] == "req-12345678"


def test_a_body_is_measured_in_bytes_not_characters(api: Api) -> None:
    raw = json.dumps({"name": "Ada", "title": "💥" * (MAX_BODY_BYTES // 4)}, ensure_ascii=False)
    assert len(raw) < MAX_BODY_BYTES < len(raw.encode())

    assert problem(api.request("POST", CONTACTS, raw=raw))["code"] == "too_large"


def test_a_body_of_exactly_the_limit_is_read(api: Api) -> None:
    raw = '{"name": "Ada"' + " " * (MAX_BODY_BYTES - 15) + "}"
    assert len(raw) == MAX_BODY_BYTES

    assert api.request("POST", CONTACTS, raw=raw).status == 201
    assert api.request("POST", CONTACTS, raw=raw + " ").status == 413


def _encoded(raw: str) -> dict[str, Any]:
    sent = event("POST", CONTACTS, raw=raw)
    return {**sent, "isBase64Encoded": True}


def test_a_base64_body_is_the_same_body() -> None:
    made = call(crm, _encoded(base64.b64encode(b'{"name": "Ada"}').decode()))

    assert made.status == 201
    assert made.json["name"] == "Ada"


def test_a_base64_body_is_measured_decoded() -> None:
    fits = b'{"name": "Ada"' + b" " * (MAX_BODY_BYTES - 15) + b"}"

    assert call(crm, _encoded(base64.b64encode(fits).decode())).status == 201
    assert call(crm, _encoded(base64.b64encode(fits + b" ").decode())).status == 413


@pytest.mark.parametrize("raw", ["not base64!", "e30", "====", "\ud800"])
def test_a_broken_base64_body_is_malformed(raw: str) -> None:
    assert problem(call(crm, _encoded(raw)))["code"] == "invalid_encoding"


def test_half_a_surrogate_pair_in_the_event_is_malformed(api: Api) -> None:
    refused = api.request("POST", CONTACTS, raw='{"name": "\ud83d"}')

    assert problem(refused)["code"] == "invalid_encoding"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("APPLICATION/JSON", 201),
        ("application/merge-patch+json", 201),
        ("text/plain", 415),
        ("text/x+json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=application/json", 415),
        ("application/json, text/plain", 415),
        ("json", 415),
        ("", 415),
    ],
)
def test_a_body_is_json_by_its_type(api: Api, kind: str, status: int) -> None:
    assert api.request("POST", CONTACTS, {"name": "Ada"}, {"Content-Type": kind}).status == status


def test_two_content_types_are_none(api: Api) -> None:
    sent = event("POST", CONTACTS, {"name": "Ada"})
    sent["multiValueHeaders"]["Content-Type"] = ["application/json", "text/html"]

    assert call(crm, sent).status == 415


def test_an_event_without_headers_is_answered() -> None:
    sent = event("GET", CONTACTS) | {"headers": None, "multiValueHeaders": None}

    assert call(crm, sent).status == 200


def test_thousands_of_faults_are_answered_with_a_bounded_list(api: Api) -> None:
    """Lambda's reply may have 6 MB; a fault is longer than the field it is about."""
    refused = api.post(CONTACTS, {"name": "Ada", **{f"f{n}": 1 for n in range(60_000)}})

    assert refused.status == 422
    assert len(problem(refused)["errors"]) == 50
    assert len(refused.body) < 10_000


def test_a_huge_field_name_is_not_echoed(api: Api) -> None:
    refused = api.post(CONTACTS, {"name": "Ada", "é" * 100_000: 1})

    assert refused.status == 422
    assert len(refused.body) < 10_000


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_bottomless_nesting_is_refused_quickly(api: Api, method: str) -> None:
    """Where a route reads no body, the idempotency record still takes its hash."""
    target = CONTACTS if method == "POST" else ABSENT
    refused = api.request(
        method, target, None, {"Idempotency-Key": "k", "Content-Type": "application/json"},
        raw="[" * 500_000,
    )  # fmt: skip

    assert refused.status == (404 if method == "DELETE" else 400)
    assert problem(refused)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_has_1_to_255_characters(api: Api, key: str) -> None:
    refused = api.request("POST", CONTACTS, {"name": "Ada"}, {"Idempotency-Key": key})

    assert problem(refused)["code"] == "invalid_idempotency_key"


def test_an_idempotency_key_cannot_reach_into_another_record(api: Api) -> None:
    """The key, with its separators, is hashed together with whose it is and where it was sent."""
    keys = ["a", "a#b", '","', "W#wsp_two#", "é" * 100, "../../x"]
    made = [
        api.request("POST", CONTACTS, {"name": "Ada"}, {"Idempotency-Key": key}) for key in keys
    ]

    assert {reply.status for reply in made} == {201}
    assert len({reply.json["id"] for reply in made}) == len(keys)


def test_an_idempotency_key_is_of_one_workspace_principal_method_and_path() -> None:
    """Another's reply under the same key would show another's record."""
    key = {"Idempotency-Key": "same"}
    body = {"name": "Ada"}
    ours = new_id("ws")
    mine = Api(crm, Member(workspace=ours))
    colleague = Api(crm, Member(workspace=ours, principal="key_other"))
    stranger = Api(crm, Member(workspace=new_id("ws")))

    made = [each.request("POST", CONTACTS, body, key) for each in (mine, colleague, stranger)]
    company = mine.request("POST", "/v1/companies", body, key)

    assert {reply.status for reply in [*made, company]} == {201}
    assert len({reply.json["id"] for reply in [*made, company]}) == 4
    assert all("idempotency-replayed" not in reply.headers for reply in made)


def test_a_reply_kept_under_a_key_is_gone_with_its_scope(api: Api) -> None:
    """A replay asks for the scope like the first request did."""
    key = {"Idempotency-Key": "same"}
    assert api.request("POST", CONTACTS, {"name": "Ada"}, key).status == 201

    demoted = Api(crm, Member(workspace=api.member.workspace, role="viewer"))

    assert demoted.request("POST", CONTACTS, {"name": "Ada"}, key).status == 403


def test_custom_fields_too_large_together_never_reach_the_table(api: Api) -> None:
    """Each is within its bounds; together they come near what DynamoDB takes (400 KB)."""
    raw = json.dumps(
        {"name": "Ada", "custom": {f"f{n}": "語" * 2_000 for n in range(50)}}, ensure_ascii=False
    )
    most = json.dumps(
        {"name": "Ada", "custom": {f"f{n}": "語" * 2_000 for n in range(50)},
         "title": "語" * 200}, ensure_ascii=False,
    )  # fmt: skip
    assert len(most.encode()) < MAX_BODY_BYTES

    replies = [api.request("POST", CONTACTS, raw=each) for each in (raw, most)]

    assert [reply.status for reply in replies] == [422, 422]
    assert {reply.json["errors"][0]["pointer"] for reply in replies} == {"/custom"}


def test_the_table_s_own_limit_is_a_413() -> None:
    from functions.shared.errors import TooLargeError
    from functions.shared.table import Put, Table

    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    put = Put({"pk": table.key("x"), "sk": "X", "text": "x" * 410_000})

    with pytest.raises(TooLargeError):
        table.write(put)
    with pytest.raises(TooLargeError):
        table.transact([put])


def test_a_request_that_no_authorizer_has_seen_is_refused() -> None:
    """A mistake in the gateway's routes must not become a way in."""
    for handler, target in ((crm, CONTACTS), (identity, "/v1/api-keys"), (identity, "/v1/me")):
        refused = Api(handler, None).get(target)  # type: ignore[arg-type]
        assert refused.status == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert problem(refused)


def test_identity_comes_from_the_authorizer_alone(api: Api) -> None:
    """Neither body, query nor headers can name another workspace."""
    theirs = new_id("ws")
    secret = Api(crm, Member(workspace=theirs)).make(CONTACTS, {"name": "Secret"})
    claim = dict.fromkeys(("X-Workspace", "Workspace", "X-Amzn-Oidc-Identity"), theirs)

    found = api.request("GET", CONTACTS, None, claim)

    assert found.json["data"] == []
    assert api.request("GET", f"{CONTACTS}?workspace={theirs}", None, claim).status == 400
    assert api.request("GET", f"{CONTACTS}/{secret['id']}", None, claim).status == 404
    assert api.post(CONTACTS, {"name": "x", "workspace": theirs}).status == 422


def test_an_unexpected_error_shows_nothing_of_the_inside(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    table = ENVIRONMENT["CRM_TABLE"]
    aws.client("dynamodb").delete_table(TableName=table)

    refused = api.post(CONTACTS, {"name": "Ada Lovelace of the private life"})

    create_table(aws.client("dynamodb"), table)

    assert refused.status == 500
    assert problem(refused)["detail"] == "Something went wrong on our side."
    logged = capsys.readouterr().out
    assert "ResourceNotFoundException" in logged
    assert "Lovelace" not in logged + refused.body


def test_an_adapter_that_breaks_is_a_problem_too(api: Api) -> None:
    """Where API Gateway would make a 502 without a body of an exception."""
    sent = event("GET", CONTACTS)
    sent["multiValueQueryStringParameters"] = "not a mapping"

    refused = crm(sent, CONTEXT)

    assert refused["statusCode"] == 500
    assert json.loads(refused["body"])["code"] == "internal"


def test_a_method_that_a_path_lacks_is_405_with_allow(api: Api) -> None:
    refused = api.request("PUT", ABSENT, {"name": "x"})

    assert problem(refused)["code"] == "method_not_allowed"
    assert refused.headers["allow"]
