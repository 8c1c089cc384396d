"""Requests as API Gateway's REST API hands them to a function, and replies as callers get them."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from functions.shared.policy import effective

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

CONTEXT = SimpleNamespace(
    aws_request_id="4b6f8d5e-0000-4000-8000-000000000000",
    function_name="reelate-local-test",
    function_version="$LATEST",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:reelate-local-test",
    get_remaining_time_in_millis=lambda: 10_000,
)


@dataclass(frozen=True)
class Member:
    """A caller as the authorizer names it."""

    workspace: str = "wsp_one"
    principal: str = "key_one"
    role: str = "admin"
    scopes: tuple[str, ...] | None = None
    visibility: str = "all"
    member: str | None = None
    teams: tuple[str, ...] = ()
    version: str | None = None

    def context(self) -> dict[str, Any]:
        """Return the authorizer's context: strings, as API Gateway makes them."""
        person = {} if self.member is None else {"member": self.member}
        return {
            **person,
            "teams": " ".join(self.teams),
            "visibility": self.visibility,
            "workspace": self.workspace,
            "principal": self.principal,
            "role": self.role,
            "kind": "api_key",
            "scopes": " ".join(sorted(effective(self.role, self.scopes))),
            "principalId": self.principal,
            "integrationLatency": 3,
            **({"version": self.version} if self.version else {}),
        }


@dataclass(frozen=True)
class Reply:
    """An HTTP reply."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def etag(self) -> str:
        return self.headers["etag"]


def event(
    method: str,
    target: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    member: Member | None = Member(),
    *,
    raw: str | None = None,
) -> dict[str, Any]:
    """Return the event of one request; `raw` is a body that is sent as it stands."""
    url = urlsplit(target)
    query = parse_qsl(url.query, keep_blank_values=True)
    sent = {"accept": "application/json", "host": "api.example.com", "user-agent": "tests"}
    if body is not None or raw is not None:
        sent["content-type"] = "application/json"
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    several: dict[str, list[str]] = {}
    for name, value in query:
        several.setdefault(name, []).append(value)
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "a1b2c3",
        "stage": "local",
        "requestId": str(uuid.uuid4()),
        "path": f"/local{url.path}",
        "resourcePath": url.path,
        "httpMethod": method,
        "identity": {"sourceIp": "192.0.2.7", "userAgent": "tests"},
    }
    if member is not None:
        context["authorizer"] = member.context()
    return {
        "resource": url.path,
        "path": url.path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": context,
        "body": raw if raw is not None else None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def call(handler: Handler, sent: dict[str, Any]) -> Reply:
    """Invoke a handler with an event."""
    reply = handler(sent, CONTEXT)
    headers = {name.lower(): value for name, value in reply["headers"].items()}
    return Reply(reply["statusCode"], headers, reply["body"] or "")


def problem(reply: Reply) -> Any:
    """Return a refusal's body, which is a problem of this very request."""
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["status"] == reply.status
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    return reply.json


@dataclass(frozen=True)
class Api:
    """A function's API as one member uses it."""

    handler: Handler
    member: Member = field(default_factory=Member)

    def request(
        self,
        method: str,
        target: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Reply:
        """Make a request and return its reply."""
        return call(self.handler, event(method, target, body, headers, self.member, **more))

    def get(self, target: str, **headers: str) -> Reply:
        return self.request("GET", target, None, _names(headers))

    def post(self, target: str, body: Any = None, **headers: str) -> Reply:
        return self.request("POST", target, body, _names(headers))

    def patch(self, target: str, body: Any = None, **headers: str) -> Reply:
        return self.request("PATCH", target, body, _names(headers))

    def delete(self, target: str, **headers: str) -> Reply:
        return self.request("DELETE", target, None, _names(headers))

    def make(self, target: str, body: Any) -> Any:
        """Create a record that must succeed and return it."""
        reply = self.post(target, body)
        assert reply.status == 201, reply.body
        return reply.json


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
