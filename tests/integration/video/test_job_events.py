"""What MediaConvert's events change of a run, and what they cannot."""

from collections.abc import Iterator

import pytest

from functions.video.dynamodb import MAX_WARNINGS
from tests.integration.cloud import Calls
from tests.integration.video.conftest import Cloud
from tests.integration.video.converting import (
    converted_minutes,
    converting,
    encoding,
    event,
    offering,
    progress,
    tell,
)


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from offering(monkeypatch)


def test_progress_only_ever_grows(cloud: Cloud) -> None:
    video = converting(cloud)
    assert encoding(cloud, video)["percent"] == 0

    with Calls("dynamodb") as calls:
        assert tell(progress(video, 10), progress(video, 60), progress(video, 40)) == []

    assert calls == ["UpdateItem"] * 3
    assert encoding(cloud, video)["percent"] == 60
    before = cloud.items()
    assert tell(progress(video, 60), event("job_progressing", video)) == []
    assert cloud.items() == before
    assert tell(event("job_complete", video), progress(video, 99)) == []
    assert encoding(cloud, video)["percent"] == 100
    assert encoding(cloud, video)["state"] != "done"  # that is when it has been adopted


def test_warnings_are_kept_once_and_not_without_end(cloud: Cloud) -> None:
    video = converting(cloud)

    for _ in range(2):
        assert tell(event("job_new_warning", video), event("job_complete", video)) == []
    assert cloud.get(video)["run"]["engine"]["warnings"] == [230_001]

    for code in range(240_000, 240_040):
        tell(event("job_new_warning", video, warningCode=str(code)))
    assert len(cloud.get(video)["run"]["engine"]["warnings"]) == MAX_WARNINGS


def test_events_of_others_change_nothing(cloud: Cloud, other: Cloud) -> None:
    video = converting(cloud)
    foreign = cloud.running()  # FFmpeg's
    tell(progress(video, 10))
    before = cloud.items()
    mine = progress(video, 50)["detail"]["userMetadata"]

    assert tell(
        progress(video, 50, jobId="1515368087458-another"),
        progress(video, 50, userMetadata={**mine, "run": "2"}),
        progress(video, 50, userMetadata={**mine, "workspace": "wsp_two"}),
        progress(video, 50, userMetadata={**mine, "video": "vid_06b1qz3v1w7g2m5n8p0r4t6x9v"}),
        progress(foreign, 50),
    ) == []  # fmt: skip

    assert cloud.items() == before
    assert other.items() == before


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"workspace": "wsp_one", "video": "vid_1", "run": "1"},
        {"workspace": "W#wsp_one#", "video": "vid_06b1qz3v1w7g2m5n8p0r4t6x9v", "run": "1"},
        {"workspace": "wsp_one", "video": "vid_06b1qz3v1w7g2m5n8p0r4t6x9v", "run": "0"},
        {"workspace": "wsp_one", "video": "vid_06b1qz3v1w7g2m5n8p0r4t6x9v", "run": "one"},
    ],
)
def test_an_event_that_names_no_run_ends_in_the_dead_letters(
    cloud: Cloud, metadata: dict[str, str]
) -> None:
    video = converting(cloud)

    assert tell(progress(video, 5), progress(video, 50, userMetadata=metadata)) == ["1"]
    assert encoding(cloud, video)["percent"] == 5


def test_a_run_that_is_over_hears_nothing(cloud: Cloud) -> None:
    video = converting(cloud)
    assert cloud.api.post(f"/v1/videos/{video['id']}/runs/cancel", None).status == 200
    before = cloud.items()

    assert tell(progress(video, 50), event("job_new_warning", video)) == []

    assert cloud.items() == before
    assert converted_minutes() == (0, 0)
