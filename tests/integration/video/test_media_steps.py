"""The media functions' real handlers on moto, with real recordings and the real FFmpeg.

moto lives inside this process, so FFmpeg, a child, cannot read from it: the layer that these
tests provide holds a program that turns the presigned address into the file behind it, and
then is FFmpeg. (That FFmpeg reads addresses by ranges is shown in unit/video.)
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.shared import aws
from functions.video.capture.handler import handler as capture
from functions.video.encode.handler import handler as encode
from functions.video.encode_audio.handler import handler as encode_audio
from functions.video.inspect.handler import handler as inspect
from functions.video.package.handler import handler as package
from functions.video.plan.handler import handler as plan
from functions.video.s3 import ca_bundle
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import MEDIA, UPLOADS, Cloud
from tests.integration.video.steps import NOT_MEDIA, log_of
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path

pytestmark = pytest.mark.media
PATIENT = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 300_000})
_STAND_IN = """#!{python} -IS
import os, sys
with open({log!r}, "a") as log:
    log.write(repr(sys.argv[1:]) + "\\n")
network = {{"-ca_file", "-seekable", "-multiple_requests", "-request_size", "-short_seek_size",
           "-max_redirects", "-rw_timeout", "-reconnect", "-reconnect_on_network_error",
           "-reconnect_on_http_error", "-reconnect_max_retries", "-reconnect_delay_max"}}
given, made = iter(sys.argv[1:]), []
for text in given:
    if text in network:
        next(given)
    elif text.startswith("https://"):
        made.append("file:" + {source!r})
    else:
        made.append("file" if text == "https,tls,tcp" else text)
os.execv({ffmpeg!r}, [{ffmpeg!r}, *made])
"""


@dataclass
class Studio:
    """The media functions, and the file that stands behind the upload's address."""

    cloud: Cloud
    folder: Path
    video: Any = None
    source: Path = field(default_factory=Path)

    def upload(self, name: str) -> None:
        self.source = path(name)
        self.video = self.cloud.running()
        aws.client("s3").put_object(
            Bucket=UPLOADS,
            Key=f"{self.workspace}/{self.video['id']}/source",
            Body=self.source.read_bytes(),
        )
        program = self.folder / "bin" / "ffmpeg"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            _STAND_IN.format(
                python=sys.executable,
                log=str(self.folder / "calls.txt"),
                source=str(self.source),
                ffmpeg=str(ffmpeg_path()),
            )
        )
        program.chmod(0o755)

    @property
    def workspace(self) -> str:
        return self.cloud.api.member.workspace

    @property
    def prefix(self) -> str:
        return f"{self.workspace}/{self.video['id']}/1/"

    def step(self, handler: Any, **more: Any) -> Any:
        event = {"workspace": self.workspace, "video": self.video["id"], "run": 1, **more}
        reply = handler(event, PATIENT)
        assert reply == json.loads(json.dumps(reply))
        return reply

    def render(self) -> Any:
        """Run every step as the state machine does; returns what package says."""
        assert self.step(inspect)["outcome"] == "ok"
        for batch in self.step(plan)["batches"]:
            assert self.step(encode, **batch)["outcome"] == "ok"
        self.step(encode_audio)
        self.step(capture)
        return self.step(package)

    def objects(self) -> list[str]:
        return [key.removeprefix(self.prefix) for key in self.cloud.objects(MEDIA)]

    def calls(self) -> int:
        log = self.folder / "calls.txt"
        text = log.read_text() if log.exists() else ""
        return sum("-version" not in line for line in text.splitlines())

    def steps(self) -> dict[str, str]:
        run = self.cloud.get(self.video)["run"]
        return {step["name"]: step["state"] for step in run["steps"]}


@pytest.fixture
def studio(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    work = tmp_path / "tmp"
    work.mkdir()
    monkeypatch.setenv("_LAMBDA_LAYERS_DIRS", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    yield Studio(cloud, tmp_path)
    assert list(work.iterdir()) == []  # nothing stays behind in a warm sandbox


def test_a_recording_becomes_ready_with_everything_that_the_contract_names(
    studio: Studio,
) -> None:
    studio.upload("ntsc_open_gop")

    reply = studio.render()

    assert reply == {"outcome": "ok", "speech_key": studio.prefix + "speech.flac"}
    assert studio.objects() == [
        "a/00000.m4s", "a/00001.m4s", "a/00002.m4s", "a/init.mp4", "audio.json", "audio.m4a",
        "inspection.json", "manifest.json", "plan.json", "poster.jpg", "quality/00001.json",
        "speech.flac", "storyboard.jpg", "v/180p/00000.m4s", "v/180p/00001.m4s", "v/180p/00002.m4s",
        "v/180p/init.mp4", "video.mp4", "waveform.json",
    ]  # fmt: skip
    video = studio.cloud.get(studio.video)
    assert video["state"] == "ready"
    assert video["media"]["frame_rate"] == 29.97
    assert video["duration_ms"] == 10_010
    assert video["media"]["content"] == "screen_share"  # a test picture is drawn, too
    (made,) = video["media"]["renditions"]
    assert (made["name"], made["width"], made["height"]) == ("180p", 320, 180)
    assert 80 < made["vmaf"] <= 100
    assert made["bandwidth"] >= made["average_bandwidth"] > 0
    done = {"inspect", "plan", "encode", "encode_audio", "capture", "package"}
    assert {name for name, state in studio.steps().items() if state == "done"} == done
    costs = studio.cloud.api.get(f"/v1/videos/{video['id']}/costs").json
    (run,) = costs["runs"]
    units = {
        each["step"]: {line["unit"]: line["count"] for line in each["lines"]}
        for each in run["steps"]
    }
    assert units.keys() == {*done, "workflow"}
    assert all(units[step]["gb_seconds"] > 0 for step in done)
    found = aws.client("s3").list_objects_v2(Bucket=MEDIA)["Contents"]
    assert units["package"]["puts"] == len(found)
    left = costs["storage"]["stored_bytes"] - video["source"]["size_bytes"]
    assert left == sum(each["Size"] for each in found)


def test_what_the_owner_says_of_the_picture_decides_how_it_is_encoded(studio: Studio) -> None:
    studio.upload("one_frame")
    address = f"/v1/videos/{studio.video['id']}"
    told = studio.cloud.api.patch(address, {"content": "talking_head"}).json

    studio.render()

    video = studio.cloud.get(studio.video)
    assert told["content"] == video["content"] == video["media"]["content"] == "talking_head"
    assert studio.cloud.api.patch(address, {"content": None}).json["content"] == "auto"
    assert studio.cloud.api.patch(address, {"content": "cartoon"}).status == 422


def test_every_step_may_be_repeated_and_does_nothing_again(studio: Studio) -> None:
    studio.upload("one_frame")
    first = studio.render()
    s3, before, calls = aws.client("s3"), studio.objects(), studio.calls()
    etags = [o["ETag"] for o in s3.list_objects_v2(Bucket=MEDIA)["Contents"]]

    assert studio.step(inspect)["outcome"] == "ok"
    assert studio.step(encode, chunks=0) == {"outcome": "ok", "encoded": 0}
    assert studio.render() == first

    assert studio.objects() == before
    assert [o["ETag"] for o in s3.list_objects_v2(Bucket=MEDIA)["Contents"]] == etags
    assert studio.calls() == calls
    assert studio.cloud.events().count("video.ready") <= 1


def test_a_run_that_goes_on_ends_as_if_nothing_had_broken(studio: Studio) -> None:
    studio.upload("flashes")
    whole = studio.render()
    etags = {o["Key"].split("/", 2)[2]: o["ETag"] for o in contents()}
    studio.upload("flashes")
    studio.step(inspect)
    chunks = [index for batch in studio.step(plan)["batches"] for index in batch["chunks"]]
    studio.step(encode, chunks=chunks[:2])
    studio.step(encode_audio)
    studio.cloud.fail(studio.video, {"step": "encode", "error": {"Error": "ToolTimedOutError"}})
    before = studio.calls()
    studio.cloud.api.post(f"/v1/videos/{studio.video['id']}/runs", {"from": "encode"})
    second = {"run": 2, "resumes": 1}

    planned = studio.step(plan, **second)
    encoded = [studio.step(encode, **batch, **second)["encoded"] for batch in planned["batches"]]
    studio.step(encode_audio, **second)
    studio.step(capture, **second)
    made = studio.step(package, **second)

    assert sum(encoded) == 1
    assert studio.calls() - before <= 6  # one chunk, its quality, a poster, mp4 and storyboard
    assert made["outcome"] == whole["outcome"] == "ok"
    there = {o["Key"].split("/", 2)[2]: o["ETag"] for o in contents() if studio.prefix in o["Key"]}
    assert there == etags
    done = studio.cloud.get(studio.video)
    assert (done["state"], done["artefacts"]["renditions"]["state"]) == ("ready", "ready")


def contents() -> Any:
    return aws.client("s3").list_objects_v2(Bucket=MEDIA)["Contents"]


def test_a_worker_at_its_batch_stops_when_its_run_is_over(studio: Studio) -> None:
    studio.upload("flashes")
    studio.step(inspect)
    chunks = [index for batch in studio.step(plan)["batches"] for index in batch["chunks"]]
    assert len(chunks) == 3
    events = aws.client("dynamodb").meta.events

    def fail(**_: Any) -> None:
        events.unregister(moment, fail)
        studio.cloud.fail(studio.video, NOT_MEDIA)

    moment = "after-call.dynamodb.TransactWriteItems"  # the first chunk has been recorded
    events.register(moment, fail)
    before = studio.calls()

    assert studio.step(encode, chunks=chunks) == {"outcome": "ok", "encoded": 1}

    assert len(log_of(studio.video).chunks()) == 1
    assert studio.calls() - before <= 2  # the chunk, and how near it came to its source
    assert studio.step(encode, chunks=chunks) == {"outcome": "ok", "encoded": 0}


@pytest.mark.parametrize(
    ("name", "code"),
    [("noise", "not_media"), ("truncated", "truncated"), ("playlist_http", "playlist_in_disguise"),
     ("empty", "empty")],
)  # fmt: skip
def test_a_file_of_no_use_is_an_outcome_not_an_error(studio: Studio, name: str, code: str) -> None:
    studio.upload(name)

    reply = studio.step(inspect)

    assert reply["outcome"] == "refused"
    assert reply["reason"]["code"] == code
    assert reply["reason"]["step"] == "inspect"
    assert studio.objects() == []
    assert studio.steps()["inspect"] == "failed"


def test_an_upload_that_is_gone_is_refused(studio: Studio) -> None:
    studio.upload("one_frame")
    key = f"{studio.workspace}/{studio.video['id']}/source"
    aws.client("s3").delete_object(Bucket=UPLOADS, Key=key)

    assert studio.step(inspect)["reason"]["code"] == "source_missing"


def test_sound_alone_has_no_chunks_and_no_poster_but_is_ready(studio: Studio) -> None:
    studio.upload("audio_only")

    assert studio.step(inspect) == {"outcome": "ok", "video": False, "audio": True}
    assert studio.step(plan)["batches"] == []
    assert studio.step(encode, chunks=[]) == {"outcome": "ok", "encoded": 0}
    assert studio.step(encode_audio)["speech_key"] == studio.prefix + "speech.flac"
    assert studio.step(capture)["outcome"] == "skipped"
    assert studio.step(package)["outcome"] == "ok"
    assert studio.cloud.get(studio.video)["state"] == "ready"
    assert "video.mp4" not in studio.objects()


@pytest.mark.parametrize("name", ["no_audio", "silence"])
def test_where_there_is_nothing_to_hear_there_is_nothing_to_transcribe(
    studio: Studio, name: str
) -> None:
    studio.upload(name)

    assert studio.render() == {"outcome": "ok", "speech_key": None}
    assert "speech.flac" not in studio.objects()


def test_ffmpeg_is_given_an_address_that_ends_and_no_secret(studio: Studio) -> None:
    studio.upload("one_frame")
    studio.step(inspect)

    calls = (studio.folder / "calls.txt").read_text()
    assert "X-Amz-Expires=900" in calls
    assert "-format_whitelist" in calls
    assert "testing'" not in calls  # the secret key of this account
    assert str(ca_bundle()) in calls
