"""λ expire: what was cut off is done later."""

from datetime import UTC, datetime, timedelta

from functions.shared import aws
from functions.shared.clock import iso, now
from functions.shared.table import Table
from functions.video.dynamodb_videos import DynamoDueList, due_keys
from tests.integration.cloud import Calls
from tests.integration.video.conftest import (
    MACHINE,
    MEDIA,
    OK_ANALYSIS,
    TABLE,
    UPLOADS,
    Cloud,
)
from tests.integration.video.player import playable
from tests.integration.video.steps import NOT_MEDIA, later, unreachable


def test_a_run_whose_execution_never_began_is_started_by_the_agenda(cloud: Cloud) -> None:
    video = cloud.ready()

    with unreachable("stepfunctions", "StartExecution"):
        reply = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "analyse"})

    assert reply.status == 503
    assert reply.headers["retry-after"]
    assert cloud.expire(later(minutes=3)) == {"running": 1}
    assert cloud.executions() == [f"{video['id']}-1", f"{video['id']}-2"]
    assert cloud.expire(later(minutes=3)) == {}


def test_a_run_that_got_lost_is_closed_by_the_agenda(cloud: Cloud) -> None:
    video = cloud.running()
    assert cloud.expire(later(minutes=3)) == {"running": 1}
    started = (datetime.now(UTC) - timedelta(hours=8)).isoformat()
    table = Table(aws.client("dynamodb"), TABLE, "wsp_one")
    run = table.get(f"W#wsp_one#{video['id']}", "RUN#9998")
    aws.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RUN#9998"}},
        UpdateExpression="SET started_at = :at",
        ExpressionAttributeValues={":at": {"S": started}},
    )

    assert run is not None
    assert cloud.expire(later(hours=9)) == {"lost": 1}
    assert cloud.get(video)["reason"]["code"] == "timeout"
    arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{video['id']}-1"
    execution = aws.client("stepfunctions").describe_execution(executionArn=arn)
    assert execution["status"] == "ABORTED"


def test_an_upload_that_never_completes_expires(cloud: Cloud, other: Cloud) -> None:
    videos = [cloud.open() for _ in range(3)]
    foreign = other.open()
    cloud.send(videos[0], [1])
    early = cloud.expire(later(hours=23))

    assert early == {}
    assert cloud.expire(later(hours=25)) == {"expired": 4}
    assert cloud.expire(later(hours=25)) == {}
    assert cloud.get(videos[0])["state"] == "expired"
    assert cloud.events(videos[0]) == ["video.expired"]
    assert other.get(foreign)["state"] == "expired"
    assert cloud.open_uploads() == []
    reply = cloud.complete(videos[0], [{"part_number": 1, "etag": "x"}])
    assert (reply.status, reply.json["code"]) == (409, "upload_expired")


def test_an_upload_whose_event_got_lost_is_found_by_the_agenda(cloud: Cloud) -> None:
    video = cloud.uploaded()

    assert cloud.expire(later(minutes=6)) == {"started": 1}

    assert cloud.get(video)["state"] == "processing"
    assert cloud.executions() == [f"{video['id']}-1"]


def test_a_deletion_that_was_cut_off_is_finished_by_the_agenda(cloud: Cloud) -> None:
    video, receiving = cloud.running(), cloud.open()

    with unreachable("stepfunctions", "StopExecution"):
        assert cloud.api.delete(f"/v1/videos/{video['id']}").status == 204
    with unreachable("s3", "AbortMultipartUpload"):
        assert cloud.api.delete(f"/v1/videos/{receiving['id']}").status == 204
    assert cloud.open_uploads() != []
    cloud.put_media(video, "v/720p/00000.m4s", b"by a worker that has not noticed")

    assert cloud.expire(later(minutes=21)) == {"kept": 2}

    assert cloud.status(f"{video['id']}-1") == "ABORTED"
    assert cloud.open_uploads() == []
    assert cloud.objects(MEDIA) == []
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]
    assert cloud.expire(later(hours=1)) == {}


def test_what_workers_of_a_failed_run_leave_is_swept_whatever_comes_before(cloud: Cloud) -> None:
    video = playable(cloud)
    path = f"/v1/videos/{video['id']}/runs"
    cloud.api.post(path, {"from": "inspect"})
    cloud.fail(video, NOT_MEDIA, 2)
    cloud.api.post(path, {"from": "analyse"})
    cloud.finish(video, "analysis", OK_ANALYSIS, 3)
    cloud.put_media(video, "v/720p/00000.m4s", b"by a worker that has not noticed", 2)

    assert cloud.expire(later(minutes=21)) == {"swept": 1}

    assert cloud.objects(MEDIA) == [f"wsp_one/{video['id']}/1/manifest.json"]
    assert cloud.expire(later(hours=9)) == {}


def test_a_tick_reads_what_is_due_and_nothing_else(cloud: Cloud, calls: Calls) -> None:
    database = aws.client("dynamodb")
    table = Table(database, TABLE, "wsp_one")
    moment = now()
    videos = [f"vid_{number:026d}" for number in range(300)]
    for number, video in enumerate(videos):
        due = iso(moment + timedelta(days=365) if number else moment)
        item = {"pk": table.key(video), "sk": "RECORD", **due_keys(table, video, due)}
        database.put_item(TableName=TABLE, Item={k: {"S": str(v)} for k, v in item.items()})
    read: list[int] = []
    database.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: read.append(parsed["ScannedCount"]), "read"
    )
    calls.take()

    found = DynamoDueList(database, TABLE).due(moment, 100)

    database.meta.events.unregister("after-call.dynamodb.Query", unique_id="read")
    assert [each.video for each in found] == [videos[0]], "also what is due this very moment"
    assert calls.take() == ["Query"] * 4
    assert sum(read) == 1
    assert DynamoDueList(database, TABLE).due(moment - timedelta(seconds=1), 100) == []
