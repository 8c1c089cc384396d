"""Create, read, list, change and delete, as a caller sees them, for all four resources."""

from typing import Any

import pytest

from tests.integration.gateway import Api

RESOURCES = ["contacts", "companies", "deals", "notes"]


def body_for(api: Api, resource: str, **more: Any) -> dict[str, Any]:
    """Return a valid body of a new record."""
    if resource == "notes":
        contact = api.make("/v1/contacts", {"name": "Concerned"})
        link = {"type": "contact", "id": contact["id"]}
        return {"body": "Called back.", "links": [link], **more}
    return {"name": "Ada Lovelace", **more}


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

    field = "body" if resource == "notes" else "name"
    changed = api.patch(path, {field: "Another"})
    assert changed.status == 200
    assert changed.json[field] == "Another"
    assert changed.json["version"] == 2
    assert changed.etag != created.etag
    assert api.get(path).body == changed.body

    assert api.delete(path).status == 204
    assert api.get(path).status == 404
    assert api.patch(path, {field: "Too late"}).status == 404
    assert api.delete(path).status == 404
    assert api.get(f"/v1/{resource}").json == {"data": [], "next_cursor": None}
