"""What tests of MediaConvert's runs share: a stage that offers it, runs, and its events."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.shared import aws, workspace_settings
from functions.shared.clock import now
from functions.shared.limits import Kind
from functions.shared.meter import Meter
from functions.shared.settings import Settings
from functions.shared.table import Table
from functions.video import keys
from functions.video.follow_job.handler import handler as follow_job
from functions.video.plan.handler import handler as plan
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import Cloud
from tests.media.plans import source

ROLE = "arn:aws:iam::123456789012:role/reelate-local-mediaconvert"
EVENTS = Path(__file__).parents[2] / "events" / "video"


def offering(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the stage offer MediaConvert, for the time of a test."""
    monkeypatch.setenv("MEDIACONVERT_ROLE", ROLE)
    forget_settings()
    yield
    forget_settings()
    workspace_settings.forget()


def forget_settings() -> None:
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]


def platform() -> Table:
    return Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], "wsp_one")


def converted_minutes() -> tuple[int, int]:
    kind: Kind = "converted_minutes"
    return Meter(platform(), "local").usage(f"{now():%Y-%m}", standing=True)[kind]


def task(video: Any, **more: Any) -> dict[str, Any]:
    return {"workspace": "wsp_one", "video": video["id"], "run": 1, **more}


def inspected(cloud: Cloud, *, engine: str = "mediaconvert", **described: Any) -> Any:
    """Return a running video of such a recording, whose owner wants an engine."""
    video = cloud.running(engine=engine)
    cloud.put_media(video, keys.INSPECTION, source(**described).model_dump(mode="json"))
    return video


def converting(cloud: Cloud, **described: Any) -> Any:
    video = inspected(cloud, **described)
    assert "job" in plan(task(video), CONTEXT)
    return video


def event(name: str, video: Any, **detail: Any) -> dict[str, Any]:
    """Return a documented event, of a run's job."""
    made: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    told = {"application": "reelate", "stage": "local", "workspace": "wsp_one",
            "video": video["id"], "run": "1"}  # fmt: skip
    made["detail"] |= {"userMetadata": told, **detail}
    return made


def tell(*events: dict[str, Any]) -> list[str]:
    """Deliver events in one batch; returns the numbers of those that must come again."""
    records = [
        {"messageId": str(number), "body": json.dumps(each)} for number, each in enumerate(events)
    ]
    failures = follow_job({"Records": records}, CONTEXT)["batchItemFailures"]
    return [each["itemIdentifier"] for each in failures]


def progress(video: Any, percent: int, **detail: Any) -> dict[str, Any]:
    return event("job_status_update", video, jobProgress={"jobPercentComplete": percent}, **detail)


def encoding(cloud: Cloud, video: Any) -> Any:
    steps = {step["name"]: step for step in cloud.get(video)["run"]["steps"]}
    return steps["encode"]
