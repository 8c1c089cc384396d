"""One record in several representations: selections and versions, each with an ETag of its own."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import Response

from functions.crm import dynamodb_definitions
from functions.crm.setup_api.handler import handler as setup_handler
from functions.identity.api.handler import handler as identity
from functions.shared.exchange import Ask
from functions.shared.ids import new_id
from functions.shared.openapi import operation
from functions.shared.versions import LEDGER, farewell
from functions.shared.web import build_app, lambda_handler, router
from tests.integration.gateway import Api, Member, problem

CONTACTS = "/v1/contacts"
pytestmark = pytest.mark.usefixtures("cloud")
OLD = {"Reelate-Version": "2026-11-22"}
ADA = {"name": "Ada", "email": "ada@example.com", "custom": {"tier": "A", "seats": 3}}


@pytest.fixture(autouse=True)
def fields(api: Api) -> None:
    """The custom fields of the contacts here, in the one cloud of all tests of this module."""
    setup = Api(setup_handler, api.member)
    for name, kind in (("tier", "text"), ("seats", "number")):
        described = {"record_type": "contact", "name": name, "label": name, "type": kind}
        assert setup.post("/v1/fields", described).status in (201, 409)
    dynamodb_definitions.forget()


def test_a_get_and_a_list_show_the_selected_fields(api: Api) -> None:
    made = api.make(CONTACTS, ADA)
    wanted = {"id": made["id"], "object": "contact", "name": "Ada", "custom": {"tier": "A"}}

    one = api.get(f"{CONTACTS}/{made['id']}?fields=name,custom.tier")
    page = api.get(f"{CONTACTS}?fields=name,custom.tier&limit=5")

    assert one.json == wanted
    assert page.json == {"data": [wanted], "next_cursor": None}


def test_a_cursor_goes_on_with_another_selection(api: Api) -> None:
    for name in ("Ada", "Bo"):
        api.make(CONTACTS, {"name": name})
    cursor = api.get(f"{CONTACTS}?limit=1&fields=name").json["next_cursor"]

    assert api.get(f"{CONTACTS}?fields=email&cursor={cursor}").json["data"][0]["email"] is None


def test_a_selection_is_another_representation_with_another_strong_etag(api: Api) -> None:
    path = f"{CONTACTS}/{api.make(CONTACTS, ADA)['id']}"
    whole, names = api.get(path), api.get(f"{path}?fields=name")

    assert len({whole.etag, names.etag, api.get(f"{path}?fields=email").etag}) == 3
    assert api.get(path, If_None_Match=whole.etag).status == 304
    assert api.get(f"{path}?fields=name", If_None_Match=names.etag).status == 304
    assert api.get(f"{path}?fields=name", If_None_Match=names.etag).etag == names.etag
    assert api.get(f"{path}?fields=name", If_None_Match=whole.etag).status == 200
    assert api.get(path, If_None_Match=names.etag).status == 200
    assert api.get(f"{path}?fields=name", If_None_Match="*").status == 304


def test_a_change_may_be_based_on_any_representation_of_the_version(api: Api) -> None:
    path = f"{CONTACTS}/{api.make(CONTACTS, ADA)['id']}"
    names = api.get(f"{path}?fields=name")

    assert api.patch(path, {"title": "Countess"}, If_Match=names.etag).status == 200
    assert api.patch(path, {"title": "Lady"}, If_Match=names.etag).status == 412


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("fields=nome", "unknown_field"),
        ("fields=", "unknown_field"),
        ("fields=name&fields=email", "repeated_parameter"),
        ("limit=1&limit=2", "repeated_parameter"),
        ("Limit=1", "unknown_parameter"),
        ("q", "unknown_parameter"),
        ("%00=1", "unknown_parameter"),
    ],
)
def test_a_query_that_means_nothing_is_refused(api: Api, query: str, code: str) -> None:
    refused = api.get(f"{CONTACTS}?{query}")

    assert refused.status == 400
    assert problem(refused)["code"] == code


def test_writes_take_no_selection(api: Api) -> None:
    assert problem(api.post(f"{CONTACTS}?fields=name", ADA))["code"] == "unknown_parameter"


@pytest.fixture
def me() -> Api:
    return Api(identity, Member(workspace=new_id("ws")))


def test_the_first_version_s_me_is_flat_and_the_newest_names_the_actor(me: Api) -> None:
    new, old = me.get("/v1/me"), me.request("GET", "/v1/me", None, OLD)

    assert new.json["actor"] == {"type": "api_key", "id": "key_one"}
    assert old.json == {
        **{name: value for name, value in new.json.items() if name != "actor"},
        "principal": "key_one",
        "kind": "api_key",
    }


def test_a_reply_names_its_version_and_an_old_one_when_it_ends(me: Api) -> None:
    new, old = me.get("/v1/me").headers, me.request("GET", "/v1/me", None, OLD).headers

    assert new["reelate-version"] == LEDGER.newest.date
    assert not {"deprecation", "sunset", "link"} & new.keys()
    assert old["reelate-version"] == "2026-11-22"
    assert old["deprecation"] == "@1795392000"
    assert old["sunset"] == "Tue, 23 Nov 2027 00:00:00 GMT"
    assert 'rel="sunset"' in old["link"]


def test_a_refusal_names_the_version_too(api: Api) -> None:
    refused = api.request("GET", f"{CONTACTS}/con_x", None, OLD)

    assert refused.status == 404
    assert refused.headers["reelate-version"] == "2026-11-22"


def test_an_unknown_version_is_a_400_with_the_list(me: Api) -> None:
    refused = me.request("GET", "/v1/me", None, {"Reelate-Version": "2025-01-01"})

    assert refused.status == 400
    assert problem(refused)["code"] == "unknown_version"
    assert LEDGER.newest.date in refused.json["detail"]


def test_a_credential_is_answered_in_the_version_it_is_pinned_to() -> None:
    pinned = Api(identity, Member(version="2026-11-22"))

    assert "principal" in pinned.get("/v1/me").json
    newest = {"Reelate-Version": LEDGER.newest.date}
    assert "actor" in pinned.request("GET", "/v1/me", None, newest).json


def test_a_replay_is_shown_in_the_version_that_asks(api: Api) -> None:
    """Kept once, in the newest shape."""
    key = {"Idempotency-Key": "k"}
    first = api.request("POST", CONTACTS, ADA, key)

    again = api.request("POST", CONTACTS, ADA, key | OLD)

    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["reelate-version"] == "2026-11-22"
    assert again.json == first.json


def test_a_deprecated_route_says_so_on_success_and_refusal() -> None:
    routes = router(tags=["x"])
    gone = farewell(
        datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC), "/v1/newer"
    )

    @routes.get("/v1/older", openapi_extra=operation(farewell=gone))
    async def older(_ask: Ask) -> Response:
        return Response("{}", media_type="application/json")

    app = build_app("Test", routes)
    api = Api(lambda_handler(app))

    for reply in (api.get("/v1/older"), api.get("/v1/older?x=1")):
        assert {name: reply.headers[name] for name in gone} == gone
    told: Any = app.openapi()["paths"]["/v1/older"]["get"]
    assert told["deprecated"] is True
