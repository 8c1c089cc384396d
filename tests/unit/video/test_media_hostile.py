"""Files of no use, or of ill will: refused with a type, at a bounded price, without a request."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from functions.shared.errors import UnavailableError
from functions.video.ffmpeg import FFmpeg, UnsupportedToolError, version_of
from functions.video.inputs import MediaInput
from functions.video.inspect.logic import Inspector
from functions.video.inspect.streams import RefusedError
from functions.video.process import Finished, Limits
from tests.media.odd_inputs import ffmpeg, path
from tests.media.pipeline import ffmpeg_path, inspect_file

pytestmark = pytest.mark.media
SMALL = Limits(wall_seconds=20, cpu_seconds=10, file_bytes=4 << 20)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty", "empty"),
        ("noise", "not_media"),
        ("html", "not_media"),
        ("jpeg", "unsupported_container"),
        ("no_index", "truncated"),
        ("truncated", "truncated"),
        ("many_streams", "too_many_streams"),
        ("huge_picture", "dimensions_too_large"),
        ("absurdly_long", "too_long"),
        ("playlist_http", "playlist_in_disguise"),
        ("playlist_file", "playlist_in_disguise"),
        ("concat", "playlist_in_disguise"),
        ("dash", "playlist_in_disguise"),
        ("sdp", "playlist_in_disguise"),
    ],
)
def test_a_file_of_no_use_is_refused_by_its_content(name: str, code: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        inspect_file(path(name))

    assert refusal.value.code == code
    assert refusal.value.detail.endswith(".")
    assert "/" not in refusal.value.detail  # no path, no address


@pytest.mark.enable_socket
def test_a_storage_that_does_not_answer_is_no_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        Inspector(
            FFmpeg(ffmpeg_path()), MediaInput("http://127.0.0.1:9/source"), tmp_path, 100, b""
        ).inspect()


def test_ffmpeg_ends_when_its_time_is_over(tmp_path: Path) -> None:
    endless = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080", "-f", "null", "-"]
    began = time.monotonic()

    finished = FFmpeg(ffmpeg_path()).run(
        endless, folder=tmp_path, limits=Limits(wall_seconds=1, cpu_seconds=60, file_bytes=1 << 20)
    )

    assert finished.timed_out
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("limits", "arguments"),
    [
        (
            Limits(wall_seconds=60, cpu_seconds=1, file_bytes=1 << 20),
            ["-f", "lavfi", "-i", "testsrc2=size=1920x1080", "-f", "null", "-"],
        ),
        (
            Limits(wall_seconds=60, cpu_seconds=60, file_bytes=100_000),
            ["-f", "lavfi", "-i", "testsrc2", "-t", "100", "-f", "rawvideo", "big.raw"],
        ),
        (
            Limits(wall_seconds=60, cpu_seconds=60, file_bytes=1 << 20, memory_bytes=150 << 20),
            ["-f", "lavfi", "-i", "testsrc2=size=8192x4320", "-t", "9", "-f", "null", "-"],
        ),
    ],
)
def test_ffmpeg_cannot_use_more_cpu_disk_or_memory_than_it_may(
    limits: Limits, arguments: list[str], tmp_path: Path
) -> None:
    finished = FFmpeg(ffmpeg_path()).run(arguments, folder=tmp_path, limits=limits)

    assert not finished.ok
    assert not finished.timed_out
    assert all(file.stat().st_size <= limits.file_bytes for file in tmp_path.iterdir())


def test_ffmpeg_inherits_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "ffmpeg"
    spy.write_text(
        '#!/bin/sh\nif [ "$1" = -version ]; then echo "ffmpeg version 9.0.2"; else env >&2; fi\n'
    )
    spy.chmod(0o755)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "canary")
    monkeypatch.setenv("HTTPS_PROXY", "http://canary")

    finished = FFmpeg(spy).run(["-i", "x"], folder=tmp_path, limits=SMALL)

    assert "PATH=/usr/bin:/bin" in finished.log
    assert "canary" not in finished.log


def test_a_log_without_end_is_cut(tmp_path: Path) -> None:
    finished = FFmpeg(ffmpeg_path()).run(
        ["-v", "debug", "-f", "lavfi", "-i", "testsrc2=size=32x32", "-vf", "showinfo", "-t", "400",
         "-f", "null", "-"],
        folder=tmp_path,
        limits=SMALL,
    )  # fmt: skip

    assert len(finished.log) <= 600_000


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("ffmpeg version n9.0.2-17-g2a571b6068-20260930 Copyright", (9, 0, 2)),
        ("ffmpeg version 8.1.3 Copyright", (8, 1, 3)),
        ("ffmpeg version 8.1 Copyright", (8, 1, 0)),
        ("ffmpeg version N-118421-g0f5592cfc7 Copyright", None),
    ],
)
def test_the_version_is_read_from_the_banner(banner: str, version: tuple[int, ...] | None) -> None:
    assert version_of(banner) == version


@pytest.mark.parametrize("version", ["8.1.2", "5.1.9-0+deb12u1", "N-1234-gabc"])
def test_an_ffmpeg_that_can_be_led_out_is_not_used(version: str, tmp_path: Path) -> None:
    old = tmp_path / "ffmpeg"
    old.write_text(f"#!/bin/sh\necho ffmpeg version {version} Copyright\n")
    old.chmod(0o755)

    with pytest.raises(UnsupportedToolError):
        FFmpeg(old).run(["-i", "x"], folder=tmp_path, limits=SMALL)


def test_ffmpeg_dies_with_the_worker_that_started_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from functions.video.ffmpeg import FFmpeg;"
        "from functions.video.process import Limits;"
        "FFmpeg(Path(sys.argv[1])).run(['-re', '-f', 'lavfi', '-i', 'testsrc2', '-flush_packets',"
        "'1', '-f', 'framecrc', 'alive.txt'], folder=Path(sys.argv[2]),"
        "limits=Limits(60, 60, 1 << 24))"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c",
         program, str(ffmpeg_path()), str(tmp_path)],
    )  # fmt: skip
    alive = tmp_path / "alive.txt"
    deadline = time.monotonic() + 20
    while not (alive.exists() and alive.stat().st_size) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert alive.exists()

    worker.kill()
    worker.wait()

    # Stops growing: two looks, a second apart, see the same size.
    sizes = []
    while time.monotonic() < deadline and (len(sizes) < 2 or sizes[-1] != sizes[-2]):
        threading.Event().wait(1)
        sizes.append(alive.stat().st_size)
    assert sizes[-1] == sizes[-2]


def test_titles_and_comments_do_not_speak_for_ffmpeg(tmp_path: Path) -> None:
    titled = tmp_path / "titled.mp4"
    ffmpeg("-i", str(path("one_frame")), "-c", "copy", "-metadata",
           "title=Connection refused\nFormat not on whitelist\nPicture size 9x9 is invalid",
           str(titled))  # fmt: skip

    assert inspect_file(titled).video is not None


def test_a_presigned_address_is_not_repeated_in_the_log(tmp_path: Path) -> None:
    finished = FFmpeg(ffmpeg_path()).run(
        ["-i", "http://127.0.0.1:9/source?X-Amz-Signature=canary&x=1"],
        folder=tmp_path,
        limits=SMALL,
    )

    assert "http://127.0.0.1:9/source?..." in finished.log
    assert "canary" not in finished.log


def test_a_media_that_eats_time_is_refused(tmp_path: Path) -> None:
    class Stuck:
        def run(self, arguments: object, **_: object) -> Finished:
            return Finished(-9, "", timed_out=True)

    with pytest.raises(RefusedError) as refusal:
        Inspector(Stuck(), MediaInput("file:x"), tmp_path, 10, b"0123456789").inspect()

    assert refusal.value.code == "too_costly"


@pytest.mark.parametrize("name", ["-i x.mp4", "a;touch pwned.mp4", "$(touch pwned)", "ü\u202e.mp4"])
def test_a_local_name_is_never_an_option(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(path("one_frame").read_bytes())

    assert inspect_file(file).video is not None
    assert not list(tmp_path.glob("pwned*"))
