"""Files at an address, and λ pull that fetches them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.settings import Settings
from functions.video.pull.handler import handler as pull
from tests.integration.gateway import CONTEXT
from tests.integration.origin import Files, serving
from tests.integration.video.conftest import MIB, PULLS, Cloud

FILE = b"\x01" * (8 * MIB) + b"\x02" * (8 * MIB) + b"\x03" * MIB


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    with serving(Files(FILE)) as served:
        monkeypatch.setenv("PULL_EXEMPT", served.place)
        _forget_settings()
        yield served
    _forget_settings()


def _forget_settings() -> None:
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]


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
