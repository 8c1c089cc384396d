"""What a customer does in a journey, over HTTP and S3 alone."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from infra.cli.api import Api
from infra.cli.upload import Upload
from infra.local.cloud import Cloud
from infra.local.contract import Contract
from infra.local.deployment import client
from infra.local.seed import create_workspace

T = TypeVar("T")
PATIENCE = 480.0  # seconds; a whole call takes about one minute on two free cores


@dataclass(frozen=True)
class Tenant:
    """One workspace and how to reach it."""

    api: Api
    workspace: str
    cloud: Cloud

    @classmethod
    def founded(cls, cloud: Cloud, contract: Contract, name: str) -> "Tenant":
        """Found a workspace the way an operator does."""
        workspace, key = create_workspace(client("lambda", contract.aws_endpoint), "local", name)
        return cls(Api.to(contract.api_url, key), workspace, cloud)

    def upload(self, file: Path, title: str, links: Sequence[dict[str, str]] = ()) -> str:
        """Upload a file; return the video's id."""
        with httpx.Client(timeout=60, trust_env=False) as transport:
            return Upload(
                self.api, file, self.cloud.layout.uploads, title, links, transport=transport
            ).run()

    def leave(self) -> None:
        """Close the connection."""
        self.api.client.close()

    def video(self, video: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/v1/videos/{video}")
        return found

    def settled(self, video: str) -> dict[str, Any]:
        """Wait until the video's run is over; return the video."""
        return until(
            lambda: self.video(video),
            lambda found: (found.get("run") or {}).get("state") in {"succeeded", "failed"},
        )


def until(look: Callable[[], T], good: Callable[[T], object], patience: float = PATIENCE) -> T:
    """Look again and again until what is seen is good; fail with what was seen last."""
    deadline = time.monotonic() + patience
    while not good(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {patience:.0f} s"
        _breathe()
    return seen


def _breathe() -> None:
    # Between two looks, not instead of one: every wait has a condition and a deadline.
    threading.Event().wait(0.2)
