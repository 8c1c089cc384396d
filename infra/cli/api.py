"""A client of Reelate's HTTP API that says refusals as the API says them."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from infra.local.failure import CloudError

ATTEMPTS = 5
RETRIED = frozenset({429, 502, 503, 504})


class ApiError(CloudError):
    """The API refused a request: `status`, `code` and the problem's own words."""

    exit_code = 1

    def __init__(self, status: int, problem: Mapping[str, Any], request: str) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        words = problem.get("detail") or problem.get("title") or problem.get("message") or "?"
        fields = [
            f"\n  {found.get('pointer') or '(body)'}: {found.get('message', '')}"
            for found in problem.get("errors", [])
        ]
        request_id = problem.get("request_id")
        trace = f" [request {request_id}]" if request_id else ""
        super().__init__(f"{request} → {status}: {words}{''.join(fields)}{trace}")


@dataclass(frozen=True)
class Api:
    """Calls to one deployment with one key; transient failures are tried again with back-off."""

    client: httpx.Client

    @classmethod
    def to(cls, url: str, key: str) -> "Api":
        """Return a client for the API at `url` (with or without a trailing slash)."""
        return cls(
            httpx.Client(
                base_url=url.rstrip("/"),
                headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
                timeout=httpx.Timeout(30, connect=5),
                trust_env=False,
            )
        )

    def get(self, path: str, **query: Any) -> Any:
        """GET a resource; raises ApiError."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", path, params=given)

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> Any:
        """POST `body`; given an idempotency `key`, a lost reply is asked for again."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._send("POST", path, json=dict(body or {}), headers=headers)

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield every record of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **query)
            yield from page["data"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _send(self, method: str, path: str, **request: Any) -> Any:
        safe = method == "GET" or "Idempotency-Key" in request.get("headers", {})
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or not safe
            try:
                reply = self.client.request(method, path, **request)
            except httpx.TransportError as error:
                if last:
                    raise CloudError(
                        f"{self.client.base_url} does not answer ({type(error).__name__}).",
                        "Is the cloud up? `reelate status` tells; `reelate up` starts it.",
                    ) from error
                time.sleep(backoff(attempt))
                continue
            if reply.is_success:
                return reply.json() if reply.content else None
            if last or reply.status_code not in RETRIED:
                raise ApiError(reply.status_code, problem(reply), f"{method} {path}")
            time.sleep(float(reply.headers.get("Retry-After") or backoff(attempt)))
        raise AssertionError("the last attempt returns or raises")


def problem(reply: httpx.Response) -> dict[str, Any]:
    """Return a refusal's problem document, or its first line of text when it has none."""
    try:
        found = reply.json()
    except ValueError:
        return {"detail": reply.text.strip().partition("\n")[0][:200] or reply.reason_phrase}
    return found if isinstance(found, dict) else {"detail": str(found)}


def backoff(attempt: int) -> float:
    """Return the seconds to rest after the given failed attempt (1, 2, …)."""
    return float(min(0.25 * 2 ** (attempt - 1), 4.0))
