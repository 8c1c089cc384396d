"""The video API and the functions around the pipeline, on moto, for two workspaces."""

import base64
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import RLock
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler
from moto.s3.models import s3_backends

from functions.crm.api.handler import handler as crm_api
from functions.shared import aws
from functions.shared.attributes import unmarshal_item
from functions.shared.caller import Caller
from functions.shared.settings import Settings
from functions.shared.table import Table
from functions.video.api.handler import handler
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.expire.handler import handler as expire
from functions.video.facts import MediaFacts
from functions.video.fail.handler import handler as fail
from functions.video.finish.handler import handler as finish
from functions.video.model import Video
from functions.video.start.handler import handler as start
from tests.integration.cloud import ENVIRONMENT, REGION, Calls, environment, furnish, furnish_views
from tests.integration.doors import serve_doors
from tests.integration.gateway import CONTEXT, Api, Member, Reply
from tests.integration.origin import Files, serving

UPLOADS = "reelate-local-uploads-123456789012-eu-central-1"
MEDIA = "reelate-local-media-123456789012-eu-central-1"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:reelate-local-video"
PULLS = f"{MACHINE}-pull"
TABLE = ENVIRONMENT["VIDEO_TABLE"]
MIB = 1024 * 1024
FILE = b"\x01" * (8 * MIB) + b"\x02" * (8 * MIB) + b"\x03" * MIB  # at an address


@dataclass
class Cloud:
    """The functions of the video context and what they left behind."""

    api: Api
    crm: Api

    def open(self, size: int = 9 * MIB, **more: Any) -> Any:
        """Open an upload that must be accepted."""
        body = {"filename": "call.mp4", "content_type": "video/mp4", "size_bytes": size, **more}
        return self.api.make("/v1/videos", body)

    def send(self, video: Any, numbers: list[int] | None = None) -> list[dict[str, Any]]:
        """Send parts to their addresses; returns them as `complete` wants them."""
        sent = []
        for part in video["upload"]["parts"]:
            if numbers is None or part["part_number"] in numbers:
                data = bytes([part["part_number"]]) * part["size_bytes"]
                reply = requests.put(part["url"], data=data, headers=part["headers"], timeout=5)
                assert reply.status_code == 200, reply.text
                sent.append({"part_number": part["part_number"], "etag": reply.headers["ETag"]})
        return sent

    def complete(self, video: Any, parts: list[dict[str, Any]], **headers: str) -> Reply:
        return self.api.post(f"/v1/videos/{video['id']}/complete", {"parts": parts}, **headers)

    def uploaded(self, **more: Any) -> Any:
        """Return a video whose file has arrived, before anyone has heard of it."""
        video = self.open(**{"size": 64 * 1024, **more})
        reply = self.complete(video, self.send(video))
        assert reply.status == 200, reply.body
        return reply.json

    def running(self, **more: Any) -> Any:
        """Return a video whose first run is open."""
        video = self.uploaded(**more)
        assert self.start(self.created(video)) == []
        return self.get(video)

    def ready(self, **more: Any) -> Any:
        """Return a video whose renditions, transcript and analysis are there."""
        video = self.running(**more)
        self.mark_ready(video)
        self.finish(video, "transcript", OK_TRANSCRIPT)
        self.finish(video, "analysis", OK_ANALYSIS)
        return self.get(video)

    def get(self, video: Any) -> Any:
        reply = self.api.get(f"/v1/videos/{video['id']}")
        assert reply.status == 200, reply.body
        return reply.json

    def created(self, video: Any, **changes: Any) -> dict[str, Any]:
        """Return S3's `Object Created` event of a video's source, as EventBridge delivers it."""
        key = f"{self.api.member.workspace}/{video['id']}/source"
        size = video["source"]["size_bytes"]
        detail = {
            "version": "0",
            "bucket": {"name": UPLOADS},
            "object": {
                "key": key,
                "size": size,
                "etag": "9b2cf535f27731c974343645a3985328-2",
                "sequencer": "00669F5A1C2B3D4E5F",
                **changes,
            },
            "request-id": "C3D13FE58DE4C810",
            "requester": "123456789012",
            "reason": "CompleteMultipartUpload",
        }
        return {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "123456789012",
            "time": "2026-11-22T21:59:17Z",
            "region": REGION,
            "resources": [f"arn:aws:s3:::{UPLOADS}"],
            "detail": detail,
        }

    def start(self, *events: dict[str, Any]) -> list[str]:
        """Deliver events to λ start in one batch; returns the ids of the failed messages."""
        records = [
            {
                "messageId": f"m{number}",
                "body": json.dumps(each),
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
            }
            for number, each in enumerate(events)
        ]
        reply = start({"Records": records}, CONTEXT)
        return [each["itemIdentifier"] for each in reply["batchItemFailures"]]

    def mark_ready(self, video: Any, run: int = 1) -> None:
        """Do what λ package does at its end."""
        workspace = self.api.member.workspace
        table = Table(aws.client("dynamodb"), TABLE, workspace)
        videos = DynamoVideos(table, Video, Caller.pipeline(workspace, "test"))
        facts = MediaFacts(duration_ms=61_000, width=1280, height=720, audio_codec="aac")
        videos.mark_ready(video["id"], run, facts)

    def finish(self, video: Any, artefact: str, result: dict[str, Any], run: int = 1) -> Any:
        return finish({**self._run(video, run), "artefact": artefact, "result": result}, CONTEXT)

    def fail(self, video: Any, failure: dict[str, Any], run: int = 1, **more: Any) -> Any:
        return fail({**self._run(video, run), "failure": failure, **more}, CONTEXT)

    def expire(self, time: str | None = None) -> Any:
        return expire({"time": time} if time else {}, EXPIRE_CONTEXT)

    def _run(self, video: Any, run: int) -> dict[str, Any]:
        return {"workspace": self.api.member.workspace, "video": video["id"], "run": run}

    def events(self, video: Any | None = None) -> list[str]:
        """Return the types of the events that stand on items now."""
        return [
            event["type"]
            for item in self.items()
            for event in item.get("_events", ())
            if video is None or item.get("id") == video["id"]
        ]

    def items(self) -> list[dict[str, Any]]:
        """Return the whole video table."""
        reply = aws.client("dynamodb").scan(TableName=TABLE)
        return [unmarshal_item(item) for item in reply["Items"]]

    def record(self, video: Any) -> dict[str, Any]:
        return next(i for i in self.items() if i["sk"] == "RECORD" and i["id"] == video["id"])

    def executions(self) -> list[str]:
        found = aws.client("stepfunctions").list_executions(stateMachineArn=MACHINE)
        return sorted(each["name"] for each in found["executions"])

    def status(self, name: str) -> str:
        """Return an execution's state."""
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"
        return str(aws.client("stepfunctions").describe_execution(executionArn=arn)["status"])

    def execution_input(self, name: str) -> Any:
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"
        reply = aws.client("stepfunctions").describe_execution(executionArn=arn)
        return json.loads(reply["input"])

    def objects(self, bucket: str) -> list[str]:
        found = aws.client("s3").list_objects_v2(Bucket=bucket)
        return sorted(each["Key"] for each in found.get("Contents", ()))

    def open_uploads(self) -> list[str]:
        found = aws.client("s3").list_multipart_uploads(Bucket=UPLOADS)
        return sorted(each["UploadId"] for each in found.get("Uploads", ()))

    def put_media(self, video: Any, name: str, body: Any, run: int = 1) -> None:
        """Write one of a run's objects."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = f"{self.api.member.workspace}/{video['id']}/{run}/{name}"
        aws.client("s3").put_object(Bucket=MEDIA, Key=key, Body=data)


OK_TRANSCRIPT = {
    "outcome": "ok",
    "transcript_key": "wsp_one/x/1/transcript.json",
    "summary": {"language": "en", "words": 240, "speakers": 2, "duration_ms": 61_000,
                "captions": 12},
}  # fmt: skip
OK_ANALYSIS = {
    "outcome": "ok",
    "analysis_key": "wsp_one/x/1/analysis.json",
    "summary": {"summary": "A call.", "action_items": [], "topics": ["price"], "counts": {}},
}
EXPIRE_CONTEXT = SimpleNamespace(
    **{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 120_000}
)


def in_parallel(count: int, workers: int, act: Any) -> list[Any]:
    """Do something `count` times, `workers` at once; returns the results."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda _: act(), range(count)))


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    """moto and the clients that talk to it: clients are slow to make, so they are made once."""
    more = {
        "UPLOADS_BUCKET": UPLOADS,
        "MEDIA_BUCKET": MEDIA,
        "STATE_MACHINE_ARN": MACHINE,
        "PULL_MACHINE_ARN": PULLS,
    }
    with environment(**more), mock_aws():
        serve_doors()
        yield


@pytest.fixture
def cloud(account: None, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """An empty account with tables, buckets and state machine."""
    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=5)
    furnish()
    furnish_views()
    for bucket in (UPLOADS, MEDIA):
        aws.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    for name in ("reelate-local-video", "reelate-local-video-pull"):
        aws.client("stepfunctions").create_state_machine(
            name=name,
            definition='{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
            roleArn="arn:aws:iam::123456789012:role/machine",
        )
    _one_request_at_a_time(monkeypatch)
    for s3 in (aws.client("s3"), aws.client("s3", read_timeout=120)):  # λ pull has one of its own
        s3.meta.events.register("after-call.s3.ListParts", _with_checksums, "checksums")
    return Cloud(Api(handler), Api(crm_api))


@pytest.fixture
def other(cloud: Cloud) -> Cloud:
    """The same functions as the admin of another workspace sees them."""
    member = Member(workspace="wsp_two", principal="key_two")
    return Cloud(Api(handler, member), Api(crm_api, member))


@pytest.fixture
def versioned(cloud: Cloud) -> None:
    for bucket in (UPLOADS, MEDIA):
        aws.client("s3").put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """A file of three parts at an address that λ pull may fetch from."""
    with serving(Files(FILE)) as served:
        monkeypatch.setenv("PULL_EXEMPT", served.place)
        _forget_settings()
        yield served
    _forget_settings()


@pytest.fixture
def calls(cloud: Cloud) -> Iterator[Calls]:
    with Calls("dynamodb") as recorded:
        yield recorded


def _forget_settings() -> None:
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]


def _with_checksums(parsed: dict[str, Any], **_: Any) -> None:
    """S3 lists each part's checksum, which its PUT was held against; moto lists none."""
    held = (
        s3_backends["123456789012"]["aws"].buckets[UPLOADS].multiparts.get(parsed.get("UploadId"))
    )
    if held is None or held.metadata.get("x-amz-checksum-algorithm") != "SHA256":
        return
    for part in parsed.get("Parts", ()):
        part["ChecksumSHA256"] = sha256(held.parts[part["PartNumber"]].value)


def sha256(data: bytes) -> str:
    """Return a checksum as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB checks a transaction's conditions and writes it as one; moto does not when
    several threads call it."""
    lock, original = RLock(), DynamoHandler.call_action

    def locked(self: Any) -> Any:
        with lock:
            return original(self)

    monkeypatch.setattr(DynamoHandler, "call_action", locked)
