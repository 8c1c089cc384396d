"""Two workspaces in one deployment: what is one's does not exist for the other."""

import httpx
import pytest

from infra.local.contract import Contract
from tests.journeys.tenant import Tenant

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud, pytest.mark.media, pytest.mark.models]


def test_a_stranger_finds_none_of_a_tenant_s_records(
    stranger: Tenant, contract: Contract, call: dict[str, str]
) -> None:
    paths = [
        f"/v1/contacts/{call['contact']}",
        f"/v1/contacts/{call['contact']}/timeline",
        f"/v1/companies/{call['company']}",
        f"/v1/deals/{call['deal']}",
        f"/v1/deals/{call['deal']}/timeline",
        f"/v1/videos/{call['video']}",
        f"/v1/videos/{call['video']}/parts",
        f"/v1/videos/{call['video']}/transcript",
        f"/v1/videos/{call['video']}/analysis",
    ]
    for path in paths:
        reply = stranger.api.client.get(path)

        assert reply.status_code == 404, path
        assert reply.headers["content-type"] == "application/problem+json"
    for kind in ("contacts", "companies", "deals", "activities", "videos"):
        assert stranger.api.get(f"/v1/{kind}")["data"] == []


def test_a_stranger_cannot_act_on_a_tenant_s_video(stranger: Tenant, call: dict[str, str]) -> None:
    for act, body in (
        ("playback", {}),
        ("cancel", {}),
        ("runs", {"from": "analyse"}),
        ("parts", {"part_numbers": [1]}),
        ("complete", {"parts": [{"part_number": 1, "etag": '"x"'}]}),
    ):
        reply = stranger.api.client.post(f"/v1/videos/{call['video']}/{act}", json=body)

        assert reply.status_code == 404, act


def test_a_stranger_cannot_link_a_video_to_a_tenant_s_deal(
    stranger: Tenant, call: dict[str, str]
) -> None:
    reply = stranger.api.client.post(
        "/v1/videos",
        json={
            "filename": "x.mp4",
            "content_type": "video/mp4",
            "size_bytes": 10,
            "links": [{"type": "deal", "id": call["deal"]}],
        },
    )

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/links/0"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Basic cmw6eA==",
        "Bearer rl_live_00000000000000000000000000_" + "A" * 43,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
    ],
)
def test_without_a_living_key_nothing_is_shown(contract: Contract, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}

    reply = httpx.get(f"{contract.api_url}/v1/contacts", headers=headers, trust_env=False)

    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["type"] == "/problems/unauthenticated"
