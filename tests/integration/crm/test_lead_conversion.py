"""A lead becomes a contact, a company and a deal in one transaction, and itself again."""

from typing import Any

import pytest

from functions.crm.api.handler import handler
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.ids import new_id
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import deliver, image, published
from tests.integration.crm.converting import ADA, convert, counts, lead, unconvert
from tests.integration.doors import put_member, put_team
from tests.integration.gateway import Api, Member


def test_a_lead_becomes_a_contact_of_its_company_with_a_deal(api: Api) -> None:
    owner, team = put_member(new_id("mem")), put_team(new_id("tea"))
    made = lead(api, owner_id=owner, team_id=team)

    reply = convert(api, made, {"deal": {"amount": {"amount_minor": 5, "currency": "EUR"}}})

    assert reply.status == 200
    view = reply.json
    contact, company, deal = (view[each] for each in ("contact", "company", "deal"))
    assert (contact["name"], contact["email"], contact["title"], contact["tags"]) == (
        "Ada Lovelace", "ada@big.example", "CTO", ["fair"],
    )  # fmt: skip
    assert (company["name"], company["domain"]) == ("Big", "big.example")
    assert (deal["name"], deal["stage"], deal["amount"]["amount_minor"]) == (
        "Big", "qualification", 5,
    )  # fmt: skip
    assert (contact["company_id"], deal["company_id"]) == (company["id"], company["id"])
    assert deal["contact_ids"] == [contact["id"]]
    assert {(each["owner_id"], each["team_id"]) for each in (contact, company, deal)} == {
        (owner, team)
    }
    for name in ("contact", "company", "deal"):
        path = {"company": "companies"}.get(name, f"{name}s")
        assert api.get(f"/v1/{path}/{view[name]['id']}").json == view[name]
    now = api.get(f"/v1/leads/{made}")
    assert now.json == view["lead"]
    assert now.etag == reply.etag
    assert (now.json["stage"], now.json["status"]) == ("converted", "won")
    assert now.json["converted_to"] == {
        "contact_id": contact["id"], "company_id": company["id"], "deal_id": deal["id"],
        "created": ["company", "contact", "deal"],
    }  # fmt: skip
    assert (view["created"], view["attached"]) == (["company", "contact", "deal"], [])
    assert {e["type"] for e in image(made)["_events"]} == {
        "lead.converted", "lead.stage_moved", "lead.won",
    }  # fmt: skip


def test_who_is_there_already_is_attached_and_not_made_again(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Big Ltd", "domain": "big.example"})
    contact = api.make("/v1/contacts", {"name": "A. Lovelace", "email": "ADA@big.example"})

    view = convert(api, lead(api), {"deal": {"name": "Rollout"}}).json

    assert (view["contact"], view["company"]) == (contact, company)  # as they were
    assert (view["created"], view["attached"]) == (["deal"], ["contact", "company"])
    assert view["deal"]["company_id"] == company["id"]
    assert counts(api) == (1, 1, 1)
    assert api.get(f"/v1/contacts/{contact['id']}").json == contact


def test_a_caller_says_what_becomes_of_each_part(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Other"})
    contact = api.make("/v1/contacts", {"name": "Other"})

    named = convert(
        api, lead(api), {"company": {"id": company["id"]}, "contact": {"id": contact["id"]}}
    ).json
    none = convert(api, lead(api, email="b@big.example"), {"company": None}).json
    told = convert(
        api,
        lead(api, email="c@big.example"),
        {
            "contact": {"create": {"name": "Countess", "email": None, "title": None}},
            "company": {"create": {"name": "Small", "domain": "small.example"}},
            "deal": {"name": "D", "stage": "proposal", "close_date": "2027-01-31", "tags": ["x"]},
        },
    ).json
    bare = convert(api, lead(api, email=None, company_name=None, company_domain=None)).json

    assert (named["company"], named["contact"], named["deal"]) == (company, contact, None)
    assert (none["company"], none["contact"]["company_id"], none["created"]) == (
        None, None, ["contact"],
    )  # fmt: skip
    assert [told["contact"][each] for each in ("name", "email", "title")] == [
        "Countess",
        None,
        None,
    ]
    assert (told["company"]["name"], told["company"]["domain"]) == ("Small", "small.example")
    assert (told["deal"]["stage"], told["deal"]["tags"]) == ("proposal", ["x"])
    assert (bare["company"], bare["contact"]["name"]) == (None, "Ada Lovelace")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"contact": {"id": "con_" + "0" * 26}}, "/contact/id"),
        ({"company": {"id": "com_" + "0" * 26}}, "/company/id"),
        ({"contact": {}}, "/contact"),
        ({"contact": {"id": "con_" + "0" * 26, "create": {}}}, "/contact"),
        ({"company": {"create": {"nonsense": 1}}}, "/company/create/nonsense"),
        ({"deal": {"stage": "nowhere"}}, "/stage"),
        ({"deal": {"custom": {"nowhere": 1}}}, "/custom/nowhere"),
        ({"deal": {"pipeline_id": "pip_" + "0" * 26}}, "/pipeline_id"),
        ({"leave": 1}, "/leave"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(api: Api, body: Any, pointer: str) -> None:
    made = lead(api)
    for dry in ({}, {"dry_run": True}):
        reply = convert(api, made, {**body, **dry})
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, pointer), reply.body
    assert counts(api) == (0, 0, 0)
    assert api.get(f"/v1/leads/{made}").json["version"] == 1


def test_a_company_without_a_name_is_named_in_vain(api: Api) -> None:
    made = lead(api, company_name=None, company_domain=None)
    reply = convert(api, made, {"company": {"create": {}}})
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/company/create/name")


def test_a_dry_run_says_what_would_happen_and_writes_nothing(api: Api, calls: Calls) -> None:
    made = lead(api)
    calls.clear()
    dry = convert(api, made, {"deal": {}, "dry_run": True}, idempotency_key="k").json
    assert not {"TransactWriteItems", "PutItem", "UpdateItem"} & set(calls.take())
    assert counts(api) == (0, 0, 0)
    assert api.get(f"/v1/leads/{made}").json["version"] == 1

    done = convert(api, made, {"deal": {}}).json

    assert dry["dry_run"] is True
    assert (dry["created"], dry["attached"]) == (done["created"], done["attached"])
    passing = {"id", "created_at", "updated_at", "rank", "stage_entered_at", "company_id",
               "contact_ids"}  # fmt: skip
    for part in ("contact", "company", "deal"):
        shown = [{k: v for k, v in each[part].items() if k not in passing} for each in (dry, done)]
        assert shown[0] == shown[1]


def test_a_converted_lead_is_changed_no_more(api: Api) -> None:
    made = lead(api)
    assert convert(api, made).status == 200
    path = f"/v1/leads/{made}"
    for reply in (
        api.patch(path, {"name": "X"}),
        api.post(f"{path}/move", {"stage": "new"}),
        convert(api, made),
    ):
        assert (reply.status, reply.json["code"]) == (409, "lead_converted")
    assert api.patch(path, {"name": ADA["name"]}).status == 200  # which changes nothing
    assert api.delete(path).status == 204


def test_converting_needs_the_scopes_of_what_is_made(api: Api) -> None:
    made = lead(api)
    scopes = ("leads:write", "contacts:write", "companies:write", "deals:write")
    body = {"deal": {}, "dry_run": True}
    for left_out in scopes:
        who = Api(handler, Member(scopes=tuple(each for each in scopes if each != left_out)))
        assert convert(who, made, body).status == 403
    assert convert(Api(handler, Member(scopes=scopes)), made, body).status == 200
    two = Api(handler, Member(scopes=scopes[:2]))
    assert convert(two, made, {"company": None, "dry_run": True}).status == 200


def test_whoever_does_not_see_the_lead_does_not_convert_it_nor_attach_what_is_hidden(
    api: Api,
) -> None:
    me = put_member(new_id("mem"))
    who = Api(handler, Member(role="rep", visibility="own", member=me))
    hidden = api.make("/v1/contacts", {"name": "Hidden", "email": "ada@big.example"})
    assert convert(who, lead(api)).status == 404
    mine = lead(api, owner_id=me)

    assert convert(who, mine, {"contact": {"id": hidden["id"]}}).status == 422
    taken = convert(who, mine)

    assert (taken.status, taken.json["code"]) == (409, "duplicate_email")
    assert who.get(f"/v1/leads/{mine}").json["version"] == 1
    assert convert(who, mine, {"contact": {"create": {"email": None}}}).status == 200


def test_a_conversion_is_done_once_under_its_key_and_its_version(api: Api) -> None:
    made = lead(api)
    assert convert(api, made, if_match='"7"').status == 412
    first = convert(api, made, {"deal": {}}, if_match='"1"', idempotency_key="k")
    again = convert(api, made, {"deal": {}}, if_match='"1"', idempotency_key="k")
    assert (first.status, first.body) == (200, again.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert convert(api, made, {}, idempotency_key="k").status == 422
    assert counts(api) == (1, 1, 1)
    back = unconvert(api, made, idempotency_key="u")
    assert unconvert(api, made, idempotency_key="u").body == back.body


def test_the_timelines_of_what_it_became_lead_back_to_the_lead(api: Api) -> None:
    made = lead(api)
    born = published(made)
    view = convert(api, made, {"deal": {}}).json
    stored = image(made)
    types = [each["type"] for each in stored["_events"]]
    stored["_events"].sort(key=lambda each: each["type"] != "lead.converted")
    assert "lead.converted" in types
    aws.client("dynamodb").put_item(TableName=ENVIRONMENT["CRM_TABLE"], Item=marshal_item(stored))
    deliver(born, published(made), published(view["contact"]["id"]))

    def kinds(path: str) -> list[tuple[str, str]]:
        found = api.get(f"/v1/{path}/timeline").json["data"]
        return [(each["kind"], each["subject"]["id"]) for each in found]

    told = ("lead.converted", made)
    assert told in kinds(f"contacts/{view['contact']['id']}")
    assert kinds(f"companies/{view['company']['id']}")[-1:] != []
    assert told in kinds(f"companies/{view['company']['id']}")
    assert told in kinds(f"deals/{view['deal']['id']}")
    assert kinds(f"leads/{made}") == [told, ("lead.created", made)]


def test_custom_fields_go_along_by_name_where_they_fit_and_come_back(api: Api, setup: Api) -> None:
    def field(kind: str, name: str, **more: Any) -> None:
        body = {"record_type": kind, "name": name, "label": name, "type": "text", **more}
        setup.make("/v1/fields", body)

    for name in ("region", "size", "plan", "secret", "mine"):
        more: dict[str, Any] = {"type": "number"} if name == "size" else {}
        if name == "plan":
            more = {
                "type": "enum",
                "options": [{"value": "pro", "label": "Pro"}, {"value": "old", "label": "Old"}],
            }
        if name == "secret":
            more = {"sensitivity": "sensitive"}
        field("lead", name, **more)
    for kind in ("contact", "company", "deal"):
        field(kind, "region")
    field("contact", "size")  # another type
    field("deal", "size", type="number")
    field("deal", "plan", type="enum", options=[{"value": "pro", "label": "Pro"}])  # without `old`
    field("contact", "secret")  # seen by more
    told = {"region": "EMEA", "size": 12, "plan": "old", "secret": "x", "mine": "y"}
    ada = lead(api, custom=told)
    body = {"deal": {"custom": {"region": "DACH"}}}
    tried = convert(api, ada, {**body, "dry_run": True}).json
    done = convert(api, ada, body).json
    for view in (tried, done):
        assert view["contact"]["custom"] == {"region": "EMEA"}
        assert view["company"]["custom"] == {"region": "EMEA"}
        assert view["deal"]["custom"] == {"region": "DACH", "size": 12}, "what the caller says wins"
    assert done["lead"]["custom"] == told
    assert unconvert(api, ada).status == 200
    assert counts(api) == (0, 0, 0)
    assert api.get(f"/v1/leads/{ada}").json["custom"] == told


def test_a_custom_value_that_another_record_has_refuses_the_conversion(
    api: Api, setup: Api
) -> None:
    for kind in ("lead", "contact"):
        body = {"record_type": kind, "name": "number", "label": "Number", "type": "text"}
        setup.make("/v1/fields", {**body, "unique": kind == "contact"})
    api.make("/v1/contacts", {"name": "Taken", "custom": {"number": "7"}})
    ada = lead(api, custom={"number": "7"})
    refused = convert(api, ada)
    assert (refused.status, counts(api)) == (409, (1, 0, 0))
    body = {"contact": {"create": {"custom": {"number": None}}}}
    assert convert(api, ada, body).json["contact"]["custom"] == {}
