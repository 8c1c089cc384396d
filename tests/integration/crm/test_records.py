"""Create, read, list, change, move and delete, as a caller sees them."""

import pytest

from tests.integration.crm.bodies import RESOURCES, body_for
from tests.integration.crm.custom_fields import define
from tests.integration.gateway import Api


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_record_lives_from_creation_to_deletion(api: Api, resource: str) -> None:
    created = api.post(f"/v1/{resource}", body_for(api, resource))
    assert created.status == 201
    record = created.json
    path = f"/v1/{resource}/{record['id']}"
    assert created.headers["location"] == path
    assert record["version"] == 1
    assert record["created_by"] == {"type": "api_key", "id": "key_one"}
    assert record["created_at"] == record["updated_at"]

    read = api.get(path)
    assert (read.status, read.body, read.etag) == (200, created.body, created.etag)
    assert [each["id"] for each in api.get(f"/v1/{resource}").json["data"]] == [record["id"]]

    field = "subject" if resource == "activities" else "name"
    changed = api.patch(path, {field: "Another"})
    assert changed.status == 200
    assert (changed.json[field], changed.json["version"]) == ("Another", 2)
    assert changed.etag != created.etag
    assert api.get(path).body == changed.body

    gone = api.delete(path)
    assert (gone.status, gone.body) == (204, "")
    assert api.get(path).status == 404
    assert api.patch(path, {field: "Too late"}).status == 404
    assert api.delete(path).status == 404
    assert api.get(f"/v1/{resource}").json == {"data": [], "next_cursor": None}


def test_a_contact_keeps_every_field_and_shows_what_it_lacks_as_null(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Example", "domain": "Example.COM"})
    assert company["domain"] == "example.com"
    sent = {
        "name": "Ada", "email": "Ada@Example.com", "phone": "+44 20 7946 0000",
        "title": "Countess", "company_id": company["id"],
        "custom": {"tier": "gold", "seats": 12, "rate": 0.5, "vip": True},
    }  # fmt: skip
    define(api, "contact", tier="text", seats="number", rate="number", vip="boolean")
    made = api.make("/v1/contacts", sent)
    assert {name: made[name] for name in sent} == {
        **sent,
        "email": "ada@example.com",
        "phone": "+442079460000",
    }
    bare = api.make("/v1/contacts", {"name": "Bare"})
    assert (bare["email"], bare["company_id"], bare["custom"]) == (None, None, {})


def test_a_stage_changes_by_moving_only(api: Api) -> None:
    deal = api.make("/v1/deals", {"name": "Big"})
    refused = api.patch(f"/v1/deals/{deal['id']}", {"stage": "won"})
    assert refused.status == 422
    assert refused.json["errors"][0]["pointer"] == "/stage"


def test_a_stale_move_is_refused(api: Api) -> None:
    deal = api.make("/v1/deals", {"name": "Big"})
    path = f"/v1/deals/{deal['id']}/move"
    assert api.post(path, {"stage": "won"}, if_match='"1"').status == 200
    assert api.post(path, {"stage": "lost"}, if_match='"1"').status == 412


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_list_is_paged_newest_first_without_loss_or_repetition(api: Api, resource: str) -> None:
    body = body_for(api, resource)
    made = [api.make(f"/v1/{resource}", body)["id"] for _ in range(7)]
    seen, cursor, sizes = [], "", []
    while True:
        page = api.get(f"/v1/{resource}?limit=3{cursor}").json
        seen += [each["id"] for each in page["data"]]
        sizes.append(len(page["data"]))
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert set(seen) == set(made)
    assert len(seen) == len(made)
    assert sizes == [3, 3, 1]
    times = [api.get(f"/v1/{resource}/{each}").json["created_at"] for each in seen]
    assert times == sorted(times, reverse=True)


def test_a_list_that_ends_with_a_full_page_ends(api: Api) -> None:
    for _ in range(3):
        api.make("/v1/contacts", {"name": "Ada"})
    page = api.get("/v1/contacts?limit=3").json
    if page["next_cursor"]:  # DynamoDB may not know yet that nothing follows
        page = api.get(f"/v1/contacts?limit=3&cursor={page['next_cursor']}").json
        assert page == {"data": [], "next_cursor": None}


def test_twenty_five_are_a_page_unless_asked_otherwise(api: Api) -> None:
    for _ in range(26):
        api.make("/v1/contacts", {"name": "Ada"})
    assert len(api.get("/v1/contacts").json["data"]) == 25
    assert len(api.get("/v1/contacts?limit=100").json["data"]) == 26


def test_an_email_is_one_contacts_however_it_is_written(api: Api) -> None:
    api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
    taken = api.post("/v1/contacts", {"name": "Eve", "email": " ADA@EXAMPLE.COM "})
    assert taken.status == 409
    assert taken.json["code"] == "duplicate_email"
    assert taken.json["errors"] == [
        {"pointer": "/email", "code": "duplicate", "message": "This value is taken."}
    ]
    other = api.make("/v1/contacts", {"name": "Eve"})
    path = f"/v1/contacts/{other['id']}"
    assert api.patch(path, {"email": "ada@example.com"}).status == 409
    assert api.get(path).json == other


def test_a_domain_is_one_companys(api: Api) -> None:
    api.make("/v1/companies", {"name": "Example", "domain": "example.com"})
    taken = api.post("/v1/companies", {"name": "Copy", "domain": "EXAMPLE.com."})
    assert (taken.status, taken.json["code"]) == (409, "duplicate_domain")


def test_an_email_is_free_again_when_it_is_changed_cleared_or_its_contact_deleted(api: Api) -> None:
    emails = ["a@example.com", "b@example.com", "c@example.com"]
    ids = [api.make("/v1/contacts", {"name": "Ada", "email": each})["id"] for each in emails]
    assert api.patch(f"/v1/contacts/{ids[0]}", {"email": "new@example.com"}).status == 200
    assert api.patch(f"/v1/contacts/{ids[1]}", {"email": None}).status == 200
    assert api.delete(f"/v1/contacts/{ids[2]}").status == 204
    for each in emails:
        api.make("/v1/contacts", {"name": "Next", "email": each})
    assert api.post("/v1/contacts", {"name": "X", "email": "new@example.com"}).status == 409


def test_writing_ones_own_email_again_is_no_conflict(api: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
    again = api.patch(f"/v1/contacts/{made['id']}", {"email": "ADA@example.com"})
    assert (again.status, again.json) == (200, made)


def test_an_empty_patch_changes_nothing(api: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada"})
    assert api.patch(f"/v1/contacts/{made['id']}", {}).json == made


def test_a_merge_patch_may_call_itself_one(api: Api) -> None:
    made = api.make("/v1/contacts", {"name": "Ada", "title": "Countess"})
    reply = api.patch(
        f"/v1/contacts/{made['id']}", {"title": None}, content_type="application/merge-patch+json"
    )
    assert (reply.status, reply.json["title"]) == (200, None)


def test_the_largest_record_fits_into_the_table_together_with_its_kept_reply(api: Api) -> None:
    people = [api.make("/v1/contacts", {"name": "n" * 200})["id"] for _ in range(50)]
    emoji = "\U0001f600"
    define(api, "deal", **{f"f{n:02}": "text" for n in range(40)})
    body = {
        "name": emoji * 200,
        "contact_ids": people,
        "custom": {f"f{n:02}": emoji * 200 for n in range(40)},
    }
    reply = api.post("/v1/deals", body, idempotency_key="k1")
    assert reply.status == 201
    assert api.post("/v1/deals", body, idempotency_key="k1").body == reply.body
    links = [{"type": "contact", "id": each} for each in people[:20]]
    note = api.make("/v1/activities", {"type": "note", "body": emoji * 10_000, "links": links})
    assert api.get(f"/v1/activities/{note['id']}").json["body"] == emoji * 10_000
