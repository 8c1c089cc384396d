"""API conventions through the real gateway: problems, ETags, idempotency, keys, bodies."""

import re

import httpx
import pytest

from infra.local.contract import Contract
from tests.contract.openapi import PATH as OPENAPI
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]


def _problem(reply: httpx.Response, status: int, code: str) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"]


def test_health_needs_no_key(contract: Contract) -> None:
    reply = httpx.get(f"{contract.api_url}/v1/health", trust_env=False)

    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


def test_me_tells_who_the_key_stands_for(tenant: Tenant) -> None:
    me = tenant.api.get("/v1/me")

    assert (me["workspace"], me["role"]) == (tenant.workspace, "admin")


def test_one_idempotency_key_makes_one_contact(tenant: Tenant) -> None:
    body = {"name": "Once Only", "email": "once@example.com"}
    headers = {"Idempotency-Key": "journey-once"}

    first = tenant.api.client.post("/v1/contacts", json=body, headers=headers)
    second = tenant.api.client.post("/v1/contacts", json=body, headers=headers)
    other = tenant.api.client.post("/v1/contacts", json={"name": "Other"}, headers=headers)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    _problem(other, 422, "idempotency_key_reused")


def test_an_email_can_be_used_once(tenant: Tenant) -> None:
    tenant.api.post("/v1/contacts", {"name": "One", "email": "taken@example.com"})

    again = tenant.api.client.post(
        "/v1/contacts", json={"name": "Two", "email": "Taken@Example.com"}
    )

    _problem(again, 409, "duplicate_email")


def test_a_stale_etag_is_refused_and_a_known_one_saves_the_body(tenant: Tenant) -> None:
    made = tenant.api.client.post("/v1/companies", json={"name": "Stale"})
    path, etag = made.headers["location"], made.headers["etag"]

    unchanged = tenant.api.client.get(path, headers={"If-None-Match": etag})
    changed = tenant.api.client.patch(path, json={"name": "New"}, headers={"If-Match": etag})
    stale = tenant.api.client.patch(path, json={"name": "Old"}, headers={"If-Match": etag})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    _problem(stale, 412, "precondition_failed")


def test_bad_requests_are_told_apart(tenant: Tenant) -> None:
    http = tenant.api.client
    json_type = {"content-type": "application/json"}

    _problem(http.get("/v1/contacts/con_nope"), 404, "not_found")
    _problem(http.get("/v1/contacts?cursor=made-up"), 400, "invalid_cursor")
    _problem(http.get("/v1/contacts?limit=1000"), 422, "invalid")
    _problem(http.post("/v1/contacts", content=b"{", headers=json_type), 400, "invalid_json")
    _problem(
        http.post("/v1/contacts", content=b'{"a":1,"a":2}', headers=json_type), 400, "invalid_json"
    )
    _problem(
        http.post("/v1/contacts", content=b"x", headers={"content-type": "text/plain"}),
        415,
        "unsupported_media_type",
    )
    _problem(http.post("/v1/contacts", json={"name": "A", "surprise": 1}), 422, "invalid")
    _problem(http.post("/v1/contacts", json={"name": "A" * 1_200_000}), 413, "too_large")
    _problem(http.put("/v1/contacts"), 405, "method_not_allowed")
    _problem(http.get("/v1/nothing"), 404, "not_found")


def test_a_viewer_s_key_reads_and_does_not_write(tenant: Tenant, contract: Contract) -> None:
    key = tenant.api.post("/v1/api-keys", {"name": "Look only", "role": "viewer"})
    with httpx.Client(
        base_url=contract.api_url,
        headers={"Authorization": f"Bearer {key['key']}"},
        trust_env=False,
        timeout=30,
    ) as viewer:
        assert viewer.get("/v1/contacts").status_code == 200
        _problem(viewer.post("/v1/contacts", json={"name": "No"}), 403, "missing_scope")
        _problem(
            viewer.post("/v1/api-keys", json={"name": "A", "role": "admin"}), 403, "missing_scope"
        )

        assert tenant.api.client.delete(f"/v1/api-keys/{key['id']}").status_code == 204
        gone = until(lambda: viewer.get("/v1/contacts"), lambda seen: seen.status_code == 401, 70)
    _problem(gone, 401, "unauthenticated")


def test_the_documentation_is_served_with_everything_it_loads(contract: Contract) -> None:
    with httpx.Client(base_url=contract.api_url, trust_env=False, timeout=30) as browser:
        page = browser.get("/docs", follow_redirects=True)
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        replies = {name: browser.get(page.url.join(name)) for name in loaded}

    assert str(page.url) == f"{contract.api_url}/docs/"
    assert page.headers["content-type"].startswith("text/html")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert {name: reply.status_code for name, reply in replies.items()} == dict.fromkeys(
        loaded, 200
    )
    assert replies["../v1/openapi.json"].content == OPENAPI.read_bytes()
    assert "SwaggerUIBundle" in replies["swagger-ui-bundle.js"].text


def test_who_has_the_description_gets_no_bytes_again(contract: Contract) -> None:
    with httpx.Client(base_url=contract.api_url, trust_env=False, timeout=30) as client:
        first = client.get("/v1/openapi.json")
        again = client.get("/v1/openapi.json", headers={"If-None-Match": first.headers["etag"]})
        head = client.head("/v1/openapi.json")

    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])


def _as(contract: Contract, key: str) -> httpx.Client:
    return httpx.Client(
        base_url=contract.api_url,
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=30,
    )


def test_a_rotated_key_s_texts_both_work_and_its_use_is_seen(
    tenant: Tenant, contract: Contract
) -> None:
    made = tenant.api.post("/v1/api-keys", {"name": "Turning", "role": "viewer"})
    path = f"/v1/api-keys/{made['id']}"
    assert made["last_used_at"] is None

    turned = tenant.api.post(f"{path}/rotate", {"overlap_seconds": 600})

    for text in (made["key"], turned["key"]):
        with _as(contract, text) as holder:
            assert holder.get("/v1/contacts").status_code == 200
    seen = tenant.api.get(path)
    assert seen["last_used_at"].endswith(":00:00.000Z")
    assert "key" not in seen
    with _as(contract, turned["key"][:-1] + "!") as nobody:
        _problem(nobody.get("/v1/contacts"), 401, "unauthenticated")


def test_a_test_key_works_in_a_sandbox_of_its_own(tenant: Tenant, contract: Contract) -> None:
    live = tenant.api.post("/v1/contacts", {"name": "Real Customer"})
    made = tenant.api.post("/v1/api-keys", {"name": "Trial", "role": "admin", "mode": "test"})

    with _as(contract, made["key"]) as sandbox:
        _problem(sandbox.get(f"/v1/contacts/{live['id']}"), 404, "not_found")
        assert sandbox.get("/v1/contacts").json()["data"] == []
        tried = sandbox.post("/v1/contacts", json={"name": "Made Up"}).json()
        assert [each["id"] for each in sandbox.get("/v1/contacts").json()["data"]] == [tried["id"]]
        _problem(sandbox.get("/v1/api-keys"), 403, "missing_scope")
    _problem(tenant.api.client.get(f"/v1/contacts/{tried['id']}"), 404, "not_found")


def test_a_custom_role_says_what_its_keys_may(tenant: Tenant, contract: Contract) -> None:
    wanted = {
        "name": "Activities only",
        "scopes": ["activities:read", "activities:write"],
        "visibility": "all",
    }
    role = tenant.api.post("/v1/roles", wanted)
    key = tenant.api.post("/v1/api-keys", {"name": "Activities", "role": role["id"]})

    with _as(contract, key["key"]) as holder:
        assert holder.get("/v1/activities").status_code == 200
        _problem(holder.get("/v1/contacts"), 403, "missing_scope")
    in_use = tenant.api.client.delete(f"/v1/roles/{role['id']}")
    _problem(in_use, 409, "role_in_use")
