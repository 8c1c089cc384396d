"""Files that lead FFmpeg to other hosts and files: it goes there by itself, and never for us."""

import itertools
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.inspect.logic import Inspector
from functions.video.inspect.streams import RefusedError
from functions.video.process import Finished
from tests.media import crafted
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path, inspect_file, render
from tests.media.sentinels import Sentinel, Trap, serving, trapped

pytestmark = [pytest.mark.media, pytest.mark.enable_socket]
WEB_AND_TEXT = {"http", "https", "tcp", "udp", "rtp", "concat", "subfile", "crypto", "data", "hls",
                "dash", "sdp", "ffmetadata", "image2", "webvtt", "srt"}  # fmt: skip
EVERYTHING = ["-protocol_whitelist", "file,http,tcp,concat,subfile,crypto,data"]
# The kinds of playlist: their type on the web, and what FFmpeg must be told to trust them.
TRUSTED = {
    "hls": (
        "application/vnd.apple.mpegurl",
        ["-allowed_extensions", "ALL", "-allowed_segment_extensions", "ALL", "-extension_picky",
         "0"],
    ),
    "concat": ("text/plain", ["-safe", "0"]),
    "dash": ("application/dash+xml", ["-allowed_extensions", "ALL"]),
}  # fmt: skip
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n{}#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n"
_CONCAT = "ffconcat version 1.0\nfile '{}'\n"
_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles='
    '"urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT4S"><Period>'
    '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)
WAYS = {
    "a segment on another host": ("hls", _HLS.format("", "{url}/x.ts")),
    "a child playlist": ("hls", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}/child.m3u8\n"),
    "a key": ("hls", _HLS.format('#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n', "{url}/x.ts")),
    "a header": ("hls", _HLS.format('#EXT-X-MAP:URI="{url}/init"\n', "{url}/x.m4s")),
    "a file": ("hls", _HLS.format("", "file://{canary}")),
    "a film in a list": ("concat", _CONCAT.format("{url}/x.mp4")),
    "a file in a list": ("concat", _CONCAT.format("file:{canary}")),
    "a part of a file": ("concat", _CONCAT.format("subfile,,start,0,end,64,,:{canary}")),
    "joined files": ("concat", _CONCAT.format("concat:{canary}|{canary}")),
    "a manifest": ("dash", _DASH.format("{url}/x.mp4")),
}


@dataclass
class Lure:
    """A text that points elsewhere, on disk and on the web, and what lies there."""

    url: str
    served: type[Sentinel]
    trap: Trap
    file: Path
    options: list[str]

    @property
    def followed(self) -> bool:
        return self.trap.opened or bool(self.served.paths() - {"/source"})


@pytest.fixture(params=WAYS)
def lure(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lure]:
    kind, text = WAYS[request.param]
    kind_on_web, options = TRUSTED[kind]
    with serving() as (url, served), trapped(tmp_path / "canary.txt") as trap:
        served.body = text.format(url=url, canary=trap.path).encode()
        served.content_type = kind_on_web
        file = tmp_path / ("x.m3u8" if kind == "hls" else "x.mp4")
        file.write_bytes(served.body)
        yield Lure(url, served, trap, file, options)


def by_itself(reached: Callable[[], bool], *arguments: str) -> bool:
    """Run FFmpeg as anybody would, until it gets there or ends; return whether it got there."""
    process = subprocess.Popen(
        [ffmpeg_path(), "-v", "error", "-nostdin", *arguments, "-map", "0", "-c", "copy", "-f",
         "null", "-"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while not (there := reached()) and process.poll() is None and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    process.kill()
    process.wait()
    return there or reached()


@pytest.mark.parametrize("place", ["web", "disk"])
def test_text_that_points_elsewhere_makes_no_request_and_reads_no_file(
    place: str, lure: Lure, tmp_path: Path
) -> None:
    address = f"{lure.url}/source" if place == "web" else str(lure.file)
    source = MediaInput(address) if place == "web" else MediaInput.of_file(lure.file)
    work = tmp_path / "work"
    work.mkdir()
    # As if the first look at the bytes had seen nothing: FFmpeg's own walls hold.
    blind = Inspector(FFmpeg(ffmpeg_path()), source, work, len(lure.served.body), b"")

    with pytest.raises(RefusedError) as refusal:
        blind.inspect()

    assert refusal.value.code in {"unsupported_container", "not_media"}
    assert not lure.followed
    assert list(work.iterdir()) == []
    unfenced = [*EVERYTHING, *lure.options, "-i", address]
    assert by_itself(lambda: lure.followed, *unfenced), "it leads nowhere: nothing was shown"


def test_a_film_that_lies_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    with trapped(tmp_path / "canary.mp4") as trap:
        file = crafted.written(crafted.film_elsewhere(str(trap.path)), tmp_path / "x.mov")

        with pytest.raises(RefusedError) as refusal:
            inspect_file(file)

        assert refusal.value.code == "unreadable"  # it opens, and its pictures are not in it
        assert not trap.opened
        unfenced = ["-enable_drefs", "1", "-use_absolute_path", "1", "-i", str(file)]
        assert by_itself(lambda: trap.opened, *unfenced), "it leads nowhere: nothing was shown"


@pytest.mark.parametrize(
    "entry",
    ["{canary}", "file:{canary}", "{url}/x.ts", "concat:{canary}|{canary}",
     "subfile,,start,0,end,64,,:{canary}", "crypto+file:{canary}"],
)  # fmt: skip
def test_a_playlist_hidden_in_a_recording_opens_nothing(entry: str, tmp_path: Path) -> None:
    with serving() as (url, served), trapped(tmp_path / "canary.txt") as trap:
        text = _HLS.format("", entry.format(url=url, canary=trap.path))
        file = crafted.written(crafted.playlist_in_avi(text.encode()), tmp_path / "x.avi")

        seen = inspect_file(file)
        made = render(file, tmp_path / "out")

        assert seen.video is not None
        assert (seen.video.width, made.manifest.renditions[0].frames) == (16, 1)
        assert not trap.opened
        assert not served.requests
    for each in made.root.rglob("*"):
        assert each.is_dir() or Trap.SECRET not in each.read_bytes()


def test_the_subtitle_in_which_it_is_hidden_is_one_that_ffmpeg_reads(tmp_path: Path) -> None:
    words = b"1\n00:00:00,000 --> 00:00:01,000\nfound inside\n"
    file = crafted.written(crafted.playlist_in_avi(words), tmp_path / "x.avi")

    shown = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-nostdin", "-i", str(file), "-map", "0:s", "-f", "srt",
         "-"], capture_output=True, check=False,
    ).stdout  # fmt: skip

    assert b"found inside" in shown


class Overheard(FFmpeg):
    """FFmpeg, and the arguments of each of its runs."""

    def __init__(self) -> None:
        super().__init__(ffmpeg_path())
        self.runs: list[Sequence[str]] = []

    def run(self, arguments: Sequence[str], **more: Any) -> Finished:
        self.runs.append(arguments)
        return super().run(arguments, **more)


def test_every_input_of_every_run_is_fenced(tmp_path: Path) -> None:
    tool = Overheard()

    render(path("plain"), tmp_path, tool=tool)

    inputs = []
    for run in tool.runs:
        fence: dict[str, str] = {}
        for option, value in itertools.pairwise(run):
            if option.endswith("_whitelist"):
                fence[option] = value
            elif option == "-i":
                inputs.append(value)
                assert {"-protocol_whitelist", "-format_whitelist"} <= fence.keys(), run
                assert not WEB_AND_TEXT & {
                    each for all_ in fence.values() for each in all_.split(",")
                }
                fence = {}  # options are of one input
    assert len(tool.runs) >= 10  # inspect, probe, chunks, sound, poster, storyboard, mp4
    assert len(inputs) > len(tool.runs)


def test_a_source_is_read_by_ranges_and_only_in_parts(tmp_path: Path) -> None:
    with serving() as (url, served):
        served.body = path("hd").read_bytes()
        source = Inspector(
            FFmpeg(ffmpeg_path()), MediaInput(f"{url}/source"), tmp_path, len(served.body), b""
        ).inspect()

    assert source.video is not None
    assert source.video.width == 1280
    assert len(served.requests) <= 12
    assert all(asked and not asked.endswith("-") for _, asked in served.requests[1:])
