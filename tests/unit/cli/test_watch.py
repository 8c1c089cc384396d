"""When watching ends, and what a person sees meanwhile."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from rich.console import Console

from infra.cli.api import Api
from infra.cli.watch import Watcher, failures, picture, settled
from infra.local.failure import CloudError

NOW = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)


def video(state: str, run: str | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"id": "vid_1", "title": "Call", "state": state, **more}
    if run:
        found["run"] = {
            "number": 1,
            "state": run,
            "percent": 40,
            "steps": [
                {"name": "inspect", "state": "done", "percent": 100,
                 "started_at": "2026-11-22T12:00:00.000Z", "ended_at": "2026-11-22T12:00:01.500Z"},
                {"name": "encode", "state": "processing", "percent": 50,
                 "started_at": "2026-11-22T12:00:02.000Z", "ended_at": None},
                {"name": "package", "state": "pending", "percent": 0,
                 "started_at": None, "ended_at": None},
            ],
        }  # fmt: skip
    return found


def drawn(record: dict[str, Any]) -> str:
    console = Console(width=100, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as captured:
        console.print(picture(record, NOW))
    return captured.get()


@pytest.mark.parametrize(
    ("state", "run", "ended"),
    [
        ("waiting", None, False),
        ("processing", "processing", False),
        ("ready", "processing", False),  # transcript and analysis still go on
        ("ready", "succeeded", True),
        ("ready", "failed", True),
        ("failed", "failed", True),
        ("expired", None, True),
        ("cancelled", None, True),
    ],
)
def test_a_video_has_settled_when_no_run_goes_on(
    state: str, run: str | None, *, ended: bool
) -> None:
    assert settled(video(state, run)) is ended


def test_the_picture_shows_each_step_with_percent_and_seconds() -> None:
    shown = drawn(video("processing", "processing"))
    assert "processing" in shown
    assert "40 %" in shown
    assert any("inspect" in line and "1.5 s" in line for line in shown.splitlines())
    assert any(
        "encode" in line and "50 %" in line and "8.0 s" in line for line in shown.splitlines()
    )


def test_the_picture_shows_why_a_video_failed() -> None:
    reason = {"code": "not_media", "detail": "This file is not a video.", "step": "inspect"}
    assert "This file is not a video." in drawn(video("failed", "failed", reason=reason))


def test_failures_name_the_artefact_and_its_reason() -> None:
    record = video(
        "ready",
        "failed",
        artefacts={
            "renditions": {"state": "ready"},
            "analysis": {
                "state": "failed",
                "reason": {"code": "x", "detail": "No model answered."},
            },
        },
    )
    assert failures(record) == ["analysis failed: No model answered."]


def test_a_video_that_is_not_ready_is_one_failure_with_its_reason() -> None:
    record = video("expired", reason={"code": "expired", "detail": "It never arrived."})
    assert failures(record) == ["vid_1 is expired: It never arrived."]


def test_watching_polls_until_settled() -> None:
    replies = [video("processing", "processing"), video("ready", "succeeded")]
    client = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=replies.pop(0))),
        base_url="http://api.test",
    )
    seen = list(Watcher(Api(client), "vid_1", pause=lambda _: None).states())
    assert [record["state"] for record in seen] == ["processing", "ready"]


def test_watching_gives_up_at_its_deadline() -> None:
    reply = httpx.Response(200, json=video("processing", "processing"))
    client = httpx.Client(
        transport=httpx.MockTransport(lambda _: reply), base_url="http://api.test"
    )
    with pytest.raises(CloudError, match="still processing"):
        list(Watcher(Api(client), "vid_1", deadline=-1, pause=lambda _: None).states())
