"""Custom fields: how they are defined, and that every write of a record holds to them."""

from typing import Any

import jsonschema_rs
import pytest

from functions.crm import dynamodb_definitions
from functions.crm.api.handler import handler
from functions.crm.setup_api.handler import handler as setup_handler
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member, Reply, problem

FIELDS = "/v1/fields"


@pytest.fixture
def setup(cloud: None) -> Api:
    return Api(setup_handler)


def field(name: str = "tier", kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"record_type": "contact", "name": name, "label": name, "type": kind, **more}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"value": each, "label": each.title()} for each in values]


def contact(**custom: Any) -> dict[str, Any]:
    return {"name": "Ada", "custom": custom}


def faults(reply: Reply) -> list[tuple[str, str]]:
    assert reply.status == 422, reply.body
    return [(each["pointer"], each["code"]) for each in problem(reply)["errors"]]


def test_a_field_is_made_read_listed_changed_and_deleted(setup: Api) -> None:
    made = setup.make(FIELDS, field("tier", "enum", options=options("a", "b")))
    path = f"{FIELDS}/{made['id']}"
    assert (made["object"], made["sensitivity"], made["version"]) == ("field", "internal", 1)
    assert setup.get(path).json == made
    setup.make(FIELDS, field("age", "number"))
    setup.make(FIELDS, field("age", "number", record_type="company"))
    assert [(each["record_type"], each["name"]) for each in setup.get(FIELDS).json["data"]] == [
        ("company", "age"), ("contact", "age"), ("contact", "tier"),
    ]  # fmt: skip
    first = setup.get(f"{FIELDS}?record_type=contact&limit=1").json
    rest = setup.get(f"{FIELDS}?record_type=contact&limit=1&cursor={first['next_cursor']}").json
    assert [page["data"][0]["name"] for page in (first, rest)] == ["age", "tier"]
    assert rest["next_cursor"] is None
    changed = setup.patch(path, {"label": "Tier", "indexed": True}).json
    assert (changed["label"], changed["indexed"], changed["version"]) == ("Tier", True, 2)
    assert setup.patch(path, {"label": "Tier"}).json == changed
    assert setup.delete(path).status == 204
    assert setup.get(path).status == 404
    assert [each["name"] for each in setup.get(FIELDS).json["data"]] == ["age", "age"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        (field("tier", "enum"), "/options"),
        (field("tier", "text", options=options("a")), "/options"),
        (field("tier", "enum", options=options("a", "a")), "/options"),
        (field("boss", "reference"), "/references"),
        (field("tier", "text", references="contact"), "/references"),
        (field("vip", "boolean", unique=True), "/unique"),
        (field("ssn", sensitivity="sensitive", unique=True), "/sensitivity"),
        (field("ssn", sensitivity="sensitive", indexed=True), "/sensitivity"),
        (field("Tier"), "/name"),
        (field("tier", "money"), "/type"),
        (field("tier", record_type="note"), "/record_type"),
    ],
)
def test_a_definition_whose_parts_do_not_fit_is_refused(
    setup: Api, sent: dict[str, Any], pointer: str
) -> None:
    assert pointer in [where for where, _ in faults(setup.post(FIELDS, sent))]


def test_a_name_occurs_once_for_a_record_type(setup: Api) -> None:
    setup.make(FIELDS, field())
    assert problem(setup.post(FIELDS, field()))["code"] == "duplicate_name"


def test_a_deleted_field_s_name_is_free_for_the_same_type_alone(setup: Api, api: Api) -> None:
    made = setup.make(FIELDS, field())
    record = api.make("/v1/contacts", contact(tier="gold"))
    setup.delete(f"{FIELDS}/{made['id']}")
    assert problem(setup.post(FIELDS, field("tier", "number")))["code"] == "name_reserved"
    assert problem(setup.post(FIELDS, field("tier", unique=True)))["code"] == "name_reserved"
    assert api.get(f"/v1/contacts/{record['id']}").json["custom"] == {}
    setup.make(FIELDS, field())
    assert api.get(f"/v1/contacts/{record['id']}").json["custom"] == {"tier": "gold"}


def test_a_deleted_field_s_value_goes_with_the_next_change(setup: Api, api: Api) -> None:
    made = setup.make(FIELDS, field())
    path = f"/v1/contacts/{api.make('/v1/contacts', contact(tier='gold'))['id']}"
    setup.delete(f"{FIELDS}/{made['id']}")
    assert faults(api.patch(path, {"custom": {"tier": "lead"}})) == [
        ("/custom/tier", "unknown_field")
    ]
    assert api.patch(path, {"name": "Eda"}).json["custom"] == {}
    setup.make(FIELDS, field())
    assert api.get(path).json["custom"] == {}


def test_a_record_type_has_ten_indexed_and_ten_unique_fields(setup: Api) -> None:
    made = [setup.make(FIELDS, field(f"f{n}", indexed=True, unique=True)) for n in range(10)]
    for what in ("indexed", "unique"):
        refused = setup.post(FIELDS, field("f10", **{what: True}))
        assert problem(refused)["code"] == f"too_many_{what}_fields"
    plain = setup.make(FIELDS, field("f11"))
    refused = setup.patch(f"{FIELDS}/{plain['id']}", {"indexed": True})
    assert problem(refused)["code"] == "too_many_indexed_fields"
    setup.patch(f"{FIELDS}/{made[0]['id']}", {"indexed": False})
    assert setup.patch(f"{FIELDS}/{plain['id']}", {"indexed": True}).status == 200
    setup.delete(f"{FIELDS}/{made[1]['id']}")
    assert setup.post(FIELDS, field("f12", unique=True, indexed=True)).status == 201


def test_options_are_added_renamed_and_archived_but_never_removed(setup: Api, api: Api) -> None:
    made = setup.make(FIELDS, field("tier", "multi_enum", options=options("a", "b")))
    path = f"{FIELDS}/{made['id']}"
    record = api.make("/v1/contacts", contact(tier=["b", "a", "b"]))
    assert record["custom"]["tier"] == ["a", "b"]
    assert faults(setup.patch(path, {"options": options("a", "c")})) == [
        ("/options", "option_removed")
    ]
    archived = [*options("a", "c"), {"value": "b", "label": "Old", "archived": True}]
    assert setup.patch(path, {"options": archived}).status == 200
    at = f"/v1/contacts/{record['id']}"
    kept = api.patch(at, {"custom": {"tier": ["b", "c"]}})
    assert kept.json["custom"]["tier"] == ["c", "b"], "what a record has it may keep"
    refused = api.post("/v1/contacts", contact(tier=["b"]))
    assert faults(refused) == [("/custom/tier", "invalid_multi_enum")]


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("text", "gold", "gold"), ("number", 3.0, 3), ("number", -0.5, -0.5),
        ("boolean", False, False), ("date", "2026-02-28", "2026-02-28"),
        ("datetime", "2026-11-22T23:59:17+02:00", "2026-11-22T21:59:17.000Z"),
        ("url", "https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("email", " Ada@Example.com ", "ada@example.com"),
        ("phone", "+49 (30) 555-0142", "+49305550142"),
    ],
)  # fmt: skip
def test_a_value_is_kept_in_its_type_s_form(
    setup: Api, api: Api, kind: str, sent: Any, kept: Any
) -> None:
    setup.make(FIELDS, field("value", kind))
    made = api.make("/v1/contacts", contact(value=sent))
    assert made["custom"]["value"] == kept
    assert type(made["custom"]["value"]) is type(kept)
    same = api.patch(f"/v1/contacts/{made['id']}", {"custom": {"value": sent}})
    assert same.json["version"] == 1, "the same value in another form is no change"


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("text", 1), ("text", "  "), ("text", ["a"]), ("number", "1"), ("number", True),
        ("boolean", "true"), ("boolean", 0), ("date", "2026-02-29"), ("date", "22.11.2026"),
        ("datetime", "2026-11-22T21:59:17"), ("datetime", "2026-11-22"), ("url", "example.com"),
        ("url", "javascript:alert(1)"), ("url", "https://a b"), ("email", "nobody"),
        ("phone", "5550142"), ("phone", "call me 1"), ("phone", "+49 30 5550142 ext. 7"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_wherever_it_comes(
    setup: Api, api: Api, kind: str, sent: Any
) -> None:
    setup.make(FIELDS, field("value", kind))
    expected = [("/custom/value", f"invalid_{kind}")]
    assert faults(api.post("/v1/contacts", contact(value=sent))) == expected
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Ada'})['id']}"
    assert faults(api.patch(path, {"custom": {"value": sent}})) == expected
    batch = {"operations": [{"op": "create", "body": contact(value=sent)}]}
    (result,) = api.post("/v1/contacts/batch", batch).json["data"]
    assert [each["pointer"] for each in result["problem"]["errors"]] == [
        "/operations/0/body/custom/value"
    ]


@pytest.mark.parametrize("resource", ["contacts", "companies", "deals"])
def test_an_unknown_name_is_refused_on_every_resource(api: Api, resource: str) -> None:
    refused = api.post(f"/v1/{resource}", {"name": "A", "custom": {"nope": 1}})
    assert faults(refused) == [("/custom/nope", "unknown_field")]


def test_a_field_is_of_its_record_type_and_its_workspace_alone(
    setup: Api, api: Api, other: Api
) -> None:
    setup.make(FIELDS, field())
    assert api.post("/v1/contacts", contact(tier="a")).status == 201
    assert api.post("/v1/companies", contact(tier="a")).status == 422
    assert other.post("/v1/contacts", contact(tier="a")).status == 422


def test_required_is_asked_of_new_records_and_nobody_clears_it(setup: Api, api: Api) -> None:
    old = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Old'})['id']}"
    setup.make(FIELDS, field(required=True))
    assert faults(api.post("/v1/contacts", {"name": "Ada"})) == [("/custom/tier", "required")]
    assert api.patch(old, {"name": "Older"}).status == 200
    made = f"/v1/contacts/{api.make('/v1/contacts', contact(tier='a'))['id']}"
    for patch in ({"custom": None}, {"custom": {"tier": None}}):
        assert faults(api.patch(made, patch)) == [("/custom/tier", "required")]


def test_a_unique_value_occurs_once_until_it_is_given_up(setup: Api, api: Api) -> None:
    setup.make(FIELDS, field("badge", "number", unique=True))
    first = f"/v1/contacts/{api.make('/v1/contacts', contact(badge=7))['id']}"
    refused = api.post("/v1/contacts", contact(badge=7))
    assert (problem(refused)["code"], refused.status) == ("duplicate_custom", 409)
    assert problem(refused)["errors"][0]["pointer"] == "/custom/badge"
    assert api.patch(first, {"custom": {"badge": 8}}).status == 200
    second = f"/v1/contacts/{api.make('/v1/contacts', contact(badge=7))['id']}"
    assert api.patch(first, {"custom": {"badge": 7}}).status == 409
    api.delete(second)
    assert api.patch(first, {"custom": {"badge": 7}}).status == 200


def test_a_deleted_field_s_unique_values_are_freed_with_their_records(setup: Api, api: Api) -> None:
    made = setup.make(FIELDS, field("badge", unique=True))
    record = api.make("/v1/contacts", contact(badge="7"))
    setup.delete(f"{FIELDS}/{made['id']}")
    setup.make(FIELDS, field("badge", unique=True))
    assert api.post("/v1/contacts", contact(badge="7")).status == 409, "it has the value still"
    api.delete(f"/v1/contacts/{record['id']}")
    assert api.post("/v1/contacts", contact(badge="7")).status == 201


def test_a_reference_names_a_record_that_is_there_and_may_be_seen(setup: Api, api: Api) -> None:
    setup.make(FIELDS, field("employer", "reference", references="company"))
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    person = api.make("/v1/contacts", {"name": "Bob"})["id"]
    made = api.make("/v1/contacts", contact(employer=company))
    assert made["custom"] == {"employer": company}
    refused = api.post("/v1/contacts", contact(employer=person))
    assert faults(refused) == [("/custom/employer", "invalid_reference")]
    mine = Api(handler, Member(visibility="own", member="mem_1", role="rep"))
    assert faults(mine.post("/v1/contacts", contact(employer=company))) == [
        ("/custom/employer", "unknown_reference")
    ]
    api.delete(f"/v1/companies/{company}")
    refused = api.post("/v1/contacts", contact(employer=company))
    assert faults(refused) == [("/custom/employer", "unknown_reference")]
    assert api.patch(f"/v1/contacts/{made['id']}", {"name": "Eda"}).status == 200


def test_definitions_are_read_once_in_thirty_seconds_and_for_a_name_that_is_new(
    setup: Api, api: Api
) -> None:
    setup.make(FIELDS, field())
    dynamodb_definitions.forget()
    with Calls("dynamodb", of_limits=True) as calls:
        path = f"/v1/contacts/{api.make('/v1/contacts', contact(tier='a'))['id']}"
        assert calls.take()[-2:] == ["Query", "TransactWriteItems"]
        api.get(path)
        api.get("/v1/contacts")
        api.patch(path, {"custom": {"tier": "b"}})
        # the list's own Query, and none of definitions; the rest is the rate limits' as well
        assert calls.take().count("Query") == 1
        api.post("/v1/contacts", contact(nope=1))
        assert calls.take().count("Query") == 1


def test_a_field_costs_what_its_patterns_say(setup: Api, calls: Calls) -> None:
    made = setup.make(FIELDS, field())
    path = f"{FIELDS}/{made['id']}"
    assert calls.take() == ["TransactWriteItems"]
    setup.get(path)
    setup.patch(path, {"label": "Tier"})
    setup.delete(path)
    assert calls.take() == ["GetItem", *["GetItem", "TransactWriteItems"] * 2]


def test_the_schema_of_a_workspace_s_records_has_its_fields(setup: Api, other: Api) -> None:
    setup.make(FIELDS, field("tier", "enum", options=options("a"), sensitivity="personal"))
    setup.make(FIELDS, field("boss", "reference", references="contact"))
    schema = setup.get("/v1/schemas/contact").json
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    custom = schema["properties"]["custom"]
    assert custom["properties"]["tier"]["oneOf"] == [{"const": "a", "title": "A"}]
    assert custom["properties"]["tier"]["x-sensitivity"] == "personal"
    assert custom["additionalProperties"] is False
    assert set(schema["properties"]) >= {"name", "email", "tags", "external_id", "version"}
    theirs = Api(setup_handler, other.member).get("/v1/schemas/contact").json
    assert theirs["properties"]["custom"]["properties"] == {}
    assert setup.get("/v1/schemas/spaceship").status == 404


def test_a_record_is_as_its_schema_says(setup: Api, api: Api) -> None:
    setup.make(FIELDS, field("tier", "multi_enum", options=options("a", "b")))
    setup.make(FIELDS, field("since", "datetime"))
    made = api.make("/v1/contacts", contact(tier=["a"], since="2026-11-22T21:59:17Z"))
    schema = setup.get("/v1/schemas/contact").json
    rules = jsonschema_rs.Draft202012Validator(schema)
    rules.validate(made)
    assert not rules.is_valid(made | {"custom": {"tier": ["c"]}})
    assert not rules.is_valid(made | {"custom": {"nope": 1}})


def test_a_phone_number_is_kept_as_e164_and_read_as_its_workspace_dials(
    setup: Api, api: Api, other: Api
) -> None:
    refused = api.post("/v1/contacts", {"name": "Ada", "phone": "030 5550142"})
    assert faults(refused) == [("/phone", "invalid_phone")]
    settings = "/v1/record-settings"
    assert setup.get(settings).json["phone_region"] is None
    assert faults(setup.patch(settings, {"phone_region": "ZZ"})) == [
        ("/phone_region", "value_error")
    ]
    changed = setup.patch(settings, {"phone_region": "DE"})
    assert (changed.json["phone_region"], changed.json["version"]) == ("DE", 2)
    assert setup.get(settings).json == changed.json
    made = api.make("/v1/contacts", {"name": "Ada", "phone": "(030) 555-0142"})
    assert made["phone"] == "+49305550142"
    path = f"/v1/contacts/{made['id']}"
    assert api.patch(path, {"phone": "030 5550142"}).json == made
    assert api.patch(path, {"phone": "+44 20 7946 0000"}).json["phone"] == "+442079460000"
    setup.make(FIELDS, field("mobile", "phone", unique=True))
    assert api.patch(path, {"custom": {"mobile": "0151 23456789"}}).json["custom"] == {
        "mobile": "+4915123456789"
    }
    found = api.get("/v1/contacts/lookup?by=custom.mobile&value=0151-23456789")
    assert found.json["id"] == made["id"]
    assert other.post("/v1/contacts", {"name": "Ada", "phone": "030 5550142"}).status == 422
