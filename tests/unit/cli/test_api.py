"""How the command line says what the API refused."""

from typing import Any

import httpx
import pytest

from infra.cli import api as api_module
from infra.cli.api import Api, ApiError
from infra.local.failure import CloudError


def api(*replies: httpx.Response | Exception) -> tuple[Api, list[httpx.Request]]:
    waiting, seen = list(replies), []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        reply = waiting.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    return Api(
        httpx.Client(transport=httpx.MockTransport(answer), base_url="http://api.test")
    ), seen


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "backoff", lambda _: 0.0)


def test_a_refusal_is_told_with_its_fields_and_request_id() -> None:
    problem: dict[str, Any] = {
        "title": "Invalid",
        "status": 422,
        "code": "invalid",
        "detail": "The body is not right.",
        "request_id": "req-7",
        "errors": [{"pointer": "/email", "code": "email", "message": "is not an email address"}],
    }
    calls, _ = api(httpx.Response(422, json=problem))
    with pytest.raises(ApiError) as refused:
        calls.post("/v1/contacts", {})
    assert refused.value.status == 422
    assert refused.value.code == "invalid"
    for words in ("The body is not right.", "/email: is not an email address", "req-7"):
        assert words in str(refused.value)


def test_a_refusal_that_is_no_json_is_told_by_its_first_line() -> None:
    calls, _ = api(httpx.Response(500, text="it broke\nstack trace"))
    with pytest.raises(ApiError, match=r"it broke$"):
        calls.get("/v1/me")


def test_a_read_is_tried_again_when_the_api_is_busy() -> None:
    busy = httpx.Response(503, headers={"Retry-After": "0"})
    calls, seen = api(busy, httpx.ConnectError("no"), httpx.Response(200, json={"ok": True}))
    assert calls.get("/v1/me") == {"ok": True}
    assert len(seen) == 3


def test_a_write_without_a_key_is_never_sent_twice() -> None:
    calls, seen = api(httpx.Response(503))
    with pytest.raises(ApiError):
        calls.post("/v1/deals", {"name": "x"})
    assert len(seen) == 1


def test_a_write_with_a_key_is_tried_again_with_the_same_key() -> None:
    calls, seen = api(httpx.ReadTimeout("lost"), httpx.Response(201, json={"id": "dea_1"}))
    assert calls.post("/v1/deals", {"name": "x"}, key="k1") == {"id": "dea_1"}
    assert [request.headers["Idempotency-Key"] for request in seen] == ["k1", "k1"]


def test_a_dead_api_is_one_sentence_with_a_way_out() -> None:
    calls, _ = api(*[httpx.ConnectError("refused")] * 5)
    with pytest.raises(CloudError, match="does not answer") as found:
        calls.get("/v1/me")
    assert "reelate up" in found.value.way_out


def test_all_pages_of_a_list_are_read() -> None:
    calls, seen = api(
        httpx.Response(200, json={"data": [1, 2], "next_cursor": "c1"}),
        httpx.Response(200, json={"data": [3], "next_cursor": None}),
    )
    assert list(calls.pages("/v1/deals", limit=2)) == [1, 2, 3]
    assert seen[1].url.params["cursor"] == "c1"
