"""A workspace with something in it, behind the whole API on moto."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from moto import mock_aws

from functions.identity.create_workspace.handler import handler as create_workspace
from functions.shared import aws
from functions.shared.ids import new_id
from tests.contract.gateway_app import Gateway
from tests.integration.cloud import (
    REGION,
    environment,
    furnish,
    furnish_audit,
    furnish_exchange,
    furnish_sign_in,
    furnish_views,
)
from tests.integration.doors import serve_doors
from tests.integration.gateway import CONTEXT, Reply

BUCKETS = {
    name: f"reelate-local-{name.split('_')[0]}-123456789012-{REGION}"
    for name in ("uploads_bucket", "media_bucket")
}
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:reelate-local-video"
gateway = Gateway()
_NUMBERS = count()


class World:
    """Two workspaces' keys, and records in the first, made when they are asked for."""

    def __init__(self, workspace: str, key: str, other: str) -> None:
        self.workspace = workspace
        self.key = key
        self.other = other
        self._there: dict[str, str] = {}
        self._makers: dict[str, Callable[[], Any]] = {
            "contacts": lambda: {"name": "Ada"},
            "companies": lambda: {"name": "Harbor"},
            "deals": lambda: {"name": "Rollout"},
            "activities": lambda: {
                "type": "task", "subject": "Call.",
                "task": {"due_date": "2026-12-31", "time_zone": "Europe/Berlin"},
                "links": [{"type": "deal", "id": self.record("deals")}],
            },
            "videos": lambda: {
                "filename": "call.mp4", "content_type": "video/mp4", "size_bytes": 5_000,
                "links": [{"type": "deal", "id": self.record("deals")}],
            },
            "products": lambda: {"name": "Team plan"},
            "merges": lambda: {"ids": [self.new("contacts"), self.new("contacts")]},
            "associations": lambda: {
                "from": {"type": "contact", "id": self.new("contacts")},
                "to": {"type": "company", "id": self.record("companies")},
                "label": "works_at",
            },
            "automations": lambda: {
                "name": "Tag", "record_type": "contact", "when": ["contact.created"],
                "actions": [{"type": "add_tag", "tag": "new"}],
            },
            "association-labels": lambda: {"name": f"mentors_{next(_NUMBERS)}", "title": "Mentors"},
            "leads": lambda: {"name": "Grace", "pipeline_id": self._lead_pipeline()},
            "lead-sources": lambda: {"name": f"Fair {next(_NUMBERS)}"},
            "scoring-rules": lambda: {
                "name": "Web", "condition": {"==": [{"var": "source"}, "web_form"]}, "points": 5,
            },
            "assignment-rules": lambda: {
                "name": "All", "condition": {"==": [{"var": "name"}, "Grace"]},
                "target": {"type": "member", "member_id": self.record("members")},
            },
            "pipelines": lambda: {
                "name": "Renewals",
                "stages": [
                    {"name": name, "kind": kind}
                    for name, kind in (
                        ("Discovery", "open"), ("Proposal", "open"), ("Won", "won"),
                        ("Lost", "lost"),
                    )
                ],
            },
            "views": lambda: {
                "name": "Deals", "record_type": "deal", "sharing": "shared",
            },
            "fields": lambda: {
                "record_type": "contact", "name": f"field_{next(_NUMBERS)}", "label": "Field",
                "type": "text",
            },
            "imports": lambda: {
                "record_type": "contact", "filename": "people.csv", "size_bytes": 2_000,
            },
            "exports": lambda: {"record_type": "contact"},
            "api-keys": lambda: {"name": "Sync", "role": "viewer"},
            "roles": lambda: {"name": new_id("name"), "scopes": ["contacts:read"]},
            "teams": lambda: {"name": new_id("name")},
            "clients": lambda: {"name": "Sync", "role": "viewer"},
            "members": lambda: {
                "name": "Mira", "email": f"mira{next(_NUMBERS)}@example.com", "role": "viewer",
            },
        }  # fmt: skip

    def resources(self) -> list[str]:
        """Return the names of all resources that it can make a record of."""
        return list(self._makers)

    def _lead_pipeline(self) -> str:
        """Return a pipeline of leads whose stages are the examples'; a rule assigns what is in
        it."""
        if "lead pipeline" not in self._there:
            self.record("assignment-rules")
            body = {**self.body("pipelines"), "record_type": "lead"}
            self._there["lead pipeline"] = self.call("POST", "/v1/pipelines", body)[1]["id"]
        return self._there["lead pipeline"]

    def makes(self, resource: str) -> bool:
        """Say whether it knows how to make a record of this resource."""
        return resource in self._makers

    def body(self, resource: str) -> Any:
        """Return a valid body of a new record."""
        return self._makers[resource]()

    def record(self, resource: str) -> str:
        """Return the id of a record that is there."""
        if resource == "workspaces":
            return self.workspace
        known = self._there.get(resource)
        if known is None or self.call("GET", f"/v1/{resource}/{known}")[0] != 200:
            # a merge is made of what it merges
            path = "contacts/merge" if resource == "merges" else resource
            status, made = self.call("POST", f"/v1/{path}", self._makers[resource]())
            if status == 409 and made["code"].startswith("too_many_"):
                # filled by whoever tries creations; the newest will do
                status, page = self.call("GET", f"/v1/{resource}?limit=100")
                made = next(each for each in page["data"] if not each.get("built_in"))
            assert status in (200, 201), made
            self._there[resource] = known = made["id"]
        return known

    def new(self, resource: str) -> str:
        """Return the id of a record of which nobody else knows."""
        status, made = self.call("POST", f"/v1/{resource}", self.body(resource))
        assert status == 201, made
        return str(made["id"])

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> tuple[int, Any]:
        """Make a request, as the first workspace's admin or with another key; return status and
        JSON."""
        reply = self.send(method, path, body, key=key)
        return reply.status, json.loads(reply.body or "null")

    def send(
        self, method: str, target: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> Reply:
        """Make a request; `If_Match="…"` among the keywords is a header."""
        raw = b"" if body is None else json.dumps(body).encode()
        path, _, query = target.partition("?")
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        sent = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(raw)),
            "CONTENT_TYPE": "application/json" if raw else "",
            "HTTP_AUTHORIZATION": f"Bearer {key or self.key}",
            "wsgi.input": io.BytesIO(raw),
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        text = b"".join(gateway(sent, lambda status, got: seen.append((status, got)))).decode()
        ((status, got),) = seen
        return Reply(int(status.split()[0]), {name.lower(): value for name, value in got}, text)


@contextmanager
def open_world() -> Iterator[World]:
    """Give an empty AWS with two workspaces."""
    buckets = {name.upper(): bucket for name, bucket in BUCKETS.items()}
    with (
        environment(STATE_MACHINE_ARN=MACHINE, PULL_MACHINE_ARN=f"{MACHINE}-pull", **buckets),
        mock_aws(),
    ):
        furnish()
        furnish_audit()
        furnish_exchange()
        furnish_sign_in()
        furnish_views()
        _furnish_video()
        one, two = [create_workspace({"name": name}, CONTEXT) for name in ("One", "Two")]
        yield World(one["workspace"], one["api_key"], two["api_key"])


def _furnish_video() -> None:
    """Make buckets and state machine, and open the doors between contexts."""
    for bucket in BUCKETS.values():
        aws.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    aws.client("stepfunctions").create_state_machine(
        name="reelate-local-video",
        definition='{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    serve_doors()
