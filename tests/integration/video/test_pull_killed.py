"""The worker that fetches a file is killed: another one fetches what is missing, and no more."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.settings import Settings
from functions.video.part_plan import composite
from functions.video.pull.handler import handler as pull
from functions.video.pulling import AT_ONCE
from tests.integration.account_server import served_account
from tests.integration.origin import Files, serving
from tests.integration.video.conftest import EXPIRE_CONTEXT, MIB, UPLOADS, Cloud, sha256

PART = 8 * MIB
PARTS = 6
FILE = b"".join(bytes([number]) * PART for number in range(1, PARTS)) + b"end"
_WORKER = """
import sys
from types import SimpleNamespace
from functions.video.pull.handler import handler
context = SimpleNamespace(aws_request_id="r", function_name="pull", function_version="1",
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:pull",
    memory_limit_in_mb=512, get_remaining_time_in_millis=lambda: 600_000)
handler({"workspace": "wsp_one", "video": sys.argv[1]}, context)
"""


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    with serving(Files(FILE)) as served:
        monkeypatch.setenv("PULL_EXEMPT", served.place)
        Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]
        yield served
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]


def received(cloud: Cloud, video: Any) -> list[int]:
    upload = cloud.record(video)["upload"]["upload_id"]
    listed = aws.client("s3").list_parts(
        Bucket=UPLOADS, Key=f"wsp_one/{video['id']}/source", UploadId=upload
    )
    return [each["PartNumber"] for each in listed.get("Parts", [])]


@pytest.mark.enable_socket
@pytest.mark.parametrize("at", [1, PARTS - 1])
def test_after_a_kill_only_what_has_not_arrived_is_fetched(
    cloud: Cloud, files: Files, at: int
) -> None:
    reply = cloud.api.post("/v1/videos/pull", {"source_url": files.url()})
    video = reply.json
    files.asked.clear()
    workers: list[subprocess.Popen[bytes]] = []

    def strike(_path: str, first: int) -> None:
        if first == at * PART and workers:
            os.kill(workers.pop().pid, signal.SIGKILL)

    files.fault = strike
    with served_account() as endpoint:
        killed = subprocess.Popen(
            [sys.executable, "-c", _WORKER, video["id"]],
            env={**os.environ, "AWS_ENDPOINT_URL": endpoint, "NO_PROXY": "*"},
        )
        workers.append(killed)
        assert killed.wait(60) == -signal.SIGKILL

    arrived = received(cloud, video)
    before = Counter(first // PART + 1 for _, first, _ in files.asked)
    assert at + 1 not in arrived
    files.asked.clear()
    sent: list[int] = []
    events = aws.client("s3", read_timeout=120).meta.events
    name = "provide-client-params.s3.UploadPart"
    events.register(name, lambda params, **_: sent.append(params["PartNumber"]), "count")
    try:
        outcome = pull({"workspace": "wsp_one", "video": video["id"]}, EXPIRE_CONTEXT)["outcome"]
    finally:
        events.unregister(name, unique_id="count")

    assert outcome == "completed"
    after = Counter(first // PART + 1 for _, first, _ in files.asked)
    missing = sorted(set(range(1, PARTS + 1)) - set(arrived))
    assert sorted(sent) == sorted(after.elements()) == missing
    assert len(before & after) <= AT_ONCE  # what was under way is fetched again, nothing else
    key = f"wsp_one/{video['id']}/source"
    assert aws.client("s3").get_object(Bucket=UPLOADS, Key=key)["Body"].read() == FILE
    sums = [sha256(FILE[n : n + PART]) for n in range(0, len(FILE), PART)]
    assert cloud.get(video)["upload"]["sha256"] == composite(sums)
