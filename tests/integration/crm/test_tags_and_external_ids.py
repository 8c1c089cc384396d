"""What every record has: tags, and an id of another system."""

import pytest

from tests.integration.crm.bodies import RESOURCES, body_for
from tests.integration.gateway import Api, problem


@pytest.mark.parametrize("resource", RESOURCES)
def test_tags_are_each_there_once_in_the_spelling_that_came_first(api: Api, resource: str) -> None:
    made = api.make(f"/v1/{resource}", body_for(api, resource, tags=[" VIP  now", "vip NOW", "b"]))
    assert made["tags"] == ["VIP now", "b"]
    path = f"/v1/{resource}/{made['id']}"
    assert api.patch(path, {"tags": ["c"]}).json["tags"] == ["c"]
    assert api.patch(path, {"tags": None}).json["tags"] == []
    assert api.patch(path, {"tags": ["x"] * 51}).status == 422
    assert api.patch(path, {"tags": ["x" * 65]}).status == 422


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_external_id_occurs_once_among_records_of_its_type(
    api: Api, other: Api, resource: str
) -> None:
    body = body_for(api, resource, external_id="crm-1")
    made = api.make(f"/v1/{resource}", body)
    refused = api.post(f"/v1/{resource}", body)
    assert problem(refused)["code"] == "duplicate_external_id"
    another = api.make(f"/v1/{resource}", {**body, "external_id": "crm-2"})
    assert api.patch(f"/v1/{resource}/{another['id']}", {"external_id": "crm-1"}).status == 409
    api.delete(f"/v1/{resource}/{made['id']}")
    assert api.patch(f"/v1/{resource}/{another['id']}", {"external_id": "crm-1"}).status == 200
    theirs = body_for(other, resource, external_id="crm-1")
    assert other.post(f"/v1/{resource}", theirs).status == 201
