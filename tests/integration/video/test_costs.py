"""What a video has cost: noted by its workers, read over HTTP."""

from functools import partial
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.effort import noted
from functions.shared.table import Table
from functions.video.dynamodb_costs import DynamoCosts
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import OK_ANALYSIS, OK_TRANSCRIPT, TABLE, Cloud
from tests.integration.video.steps import later, purge, unreachable

USAGE = {"provider": "bedrock", "model": "amazon.nova-lite-v1:0", "input_tokens": 900,
         "output_tokens": 120, "cost_usd": 0.0000828}  # fmt: skip
EFFORT = {"calls": 1, "mb_ms": 512 * 2_000}


def ledger(workspace: str = "wsp_one") -> DynamoCosts:
    return DynamoCosts(Table(aws.client("dynamodb"), TABLE, workspace))


def costs(cloud: Cloud, video: Any) -> Any:
    return cloud.api.get(f"/v1/videos/{video['id']}/costs").json


def step(shown: Any, name: str) -> dict[str, Any]:
    (found,) = [each for each in shown["runs"][0]["steps"] if each["step"] == name]
    return {line["unit"]: line["count"] for line in found["lines"]}


def test_before_anything_has_run_there_is_an_estimate(cloud: Cloud) -> None:
    video = cloud.open()

    shown = costs(cloud, video)

    assert shown["runs"] == []
    assert shown["usd"] == 0
    assert shown["storage"] == {"stored_bytes": 0, "usd_per_month": 0}
    assert shown["estimate"]["basis"] == "size"
    assert shown["estimate"]["usd"] > 0
    engines = {each["engine"]: each for each in shown["engines"]}
    assert engines["ffmpeg"]["offered"]
    assert not engines["mediaconvert"]["offered"]
    assert 0 < engines["ffmpeg"]["usd"] < engines["mediaconvert"]["usd"]
    assert all(each["seconds"] > 0 for each in engines.values())


def test_what_each_invocation_took_is_added_up(cloud: Cloud) -> None:
    video = cloud.running()
    for seconds in (2, 3):
        ledger().note(video["id"], 1, "encode", {"calls": 1, "mb_ms": 1_024 * 1_000 * seconds})
    ledger().note(video["id"], 2, "analyse", {"calls": 1, "mb_ms": 1})

    shown = costs(cloud, video)

    assert [run["number"] for run in shown["runs"]] == [2, 1]
    assert shown["usd"] == pytest.approx(sum(run["usd"] for run in shown["runs"]))
    encode = next(each for each in shown["runs"][1]["steps"] if each["step"] == "encode")
    assert {line["unit"]: line["count"] for line in encode["lines"]} == {
        "requests": 2, "gb_seconds": 5.0, "transitions": 2, "express_requests": 2,
        "express_gb_seconds": 0.181,
    }  # fmt: skip


def test_a_steps_own_word_counts_once_however_often_it_comes(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.mark_ready(video)
    for _ in range(3):
        cloud.finish(video, "transcript", {**OK_TRANSCRIPT, "effort": EFFORT})
        cloud.finish(video, "analysis", {**OK_ANALYSIS, "usage": USAGE, "effort": EFFORT})

    shown = costs(cloud, video)

    assert step(shown, "analyse") == {
        "requests": 1, "gb_seconds": 1.0, "transitions": 1, "input_tokens": 900,
        "output_tokens": 120,
    }  # fmt: skip
    assert step(shown, "finish_analyse")["requests"] == 3  # each was an invocation
    assert shown["estimate"] is None


def test_a_model_without_a_price_is_named(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.mark_ready(video)
    cloud.finish(video, "analysis", {**OK_ANALYSIS, "usage": {**USAGE, "cost_usd": None}})

    assert costs(cloud, video)["unpriced"] == ["analyse"]


def test_a_ledger_that_cannot_be_written_stops_no_step(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    video = cloud.running()
    with (
        unreachable("dynamodb", "UpdateItem"),
        noted(CONTEXT, partial(ledger().note, video["id"], 1, "encode")),
    ):
        done = True

    assert done
    assert "EffortNotNoted" in capsys.readouterr().out
    assert costs(cloud, video)["runs"] == []


def test_an_invocation_that_fails_is_noted_too(cloud: Cloud) -> None:
    video = cloud.running()
    with (
        pytest.raises(ValueError, match="broken"),
        noted(CONTEXT, partial(ledger().note, video["id"], 1, "inspect")),
    ):
        raise ValueError("broken")

    assert step(costs(cloud, video), "inspect")["requests"] == 1


def test_costs_go_with_the_video(cloud: Cloud) -> None:
    video = cloud.running()
    ledger().note(video["id"], 1, "inspect", {"calls": 1})
    path = f"/v1/videos/{video['id']}"
    assert cloud.api.request("DELETE", path, None, {"If-Match": "*"}).status == 204

    assert cloud.api.get(f"{path}/costs").status == 404

    assert purge(cloud, video).status == 204
    cloud.expire(later(minutes=30))
    assert ledger().of_video(video["id"]) == {}


def test_the_costs_of_a_video_that_one_may_not_see_are_not_there(cloud: Cloud) -> None:
    video = cloud.running()
    ledger().note(video["id"], 1, "inspect", {"calls": 1})

    assert ledger("wsp_two").of_video(video["id"]) == {}
