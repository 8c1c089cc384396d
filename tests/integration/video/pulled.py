"""Files at an address, and λ pull that fetches them."""

from types import SimpleNamespace
from typing import Any

from functions.shared import aws
from functions.video.pull.handler import handler as pull
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import PULLS, Cloud


def begin(cloud: Cloud, url: str, **more: Any) -> Any:
    reply = cloud.api.post("/v1/videos/pull", {"source_url": url, **more})
    assert reply.status == 202, reply.body
    return reply.json


def work(video: Any, remaining_ms: int = 600_000, **more: Any) -> str:
    """Run λ pull once, as its state machine does."""
    context = SimpleNamespace(
        **{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: remaining_ms}
    )
    return str(pull({"workspace": "wsp_one", "video": video["id"], **more}, context)["outcome"])


def pulls() -> list[str]:
    found = aws.client("stepfunctions").list_executions(stateMachineArn=PULLS)
    return [each["name"] for each in found["executions"]]
