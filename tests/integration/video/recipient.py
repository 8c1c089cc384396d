"""A recipient: gets a share, and opens it without any credential."""

from typing import Any

from tests.integration.gateway import Reply, call, event
from tests.integration.video.conftest import Cloud

DANA = {"recipient": {"name": "Dana Reed", "email": "Dana@Harbor.example"}}
PASSCODE = "harbor-2026"


def share(cloud: Cloud, video: Any, **more: Any) -> Any:
    return cloud.api.make(f"/v1/videos/{video['id']}/shares", {**DANA, **more})


def knock(cloud: Cloud, made: Any, passcode: str | None = None, **headers: str) -> Reply:
    """Open a share as its recipient's page does, without any credential."""
    body = {"token": made["token"]} | ({} if passcode is None else {"passcode": passcode})
    return call(
        cloud.api.handler,
        event("POST", "/v1/playback/sessions", body, headers=headers, member=None),
    )


def opened(cloud: Cloud, made: Any, passcode: str | None = None, **headers: str) -> str:
    reply = knock(cloud, made, passcode, **headers)
    assert reply.status == 200, reply.body
    return str(reply.json["url"])


def path_of(made: Any) -> str:
    return f"/v1/videos/{made['video_id']}/shares/{made['id']}"
