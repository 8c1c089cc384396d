"""Transcoding: our chunks, sound, stills and packaging against one plain FFmpeg command.

`python -m tests.bench.transcode` prints the ratios. Both sides render 60 s of 720p in three rungs
from the same local file in the same run, with the same encoder settings; no cloud is involved.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from functions.video import costs, keys, quality
from functions.video.capture.logic import PosterMaker
from functions.video.command import encode_chunk, listen, x264
from functions.video.encode.logic import ChunkEncoder
from functions.video.encode_audio.logic import LIMITS, AudioEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import EncodePlan, SegmentInfo, VideoPlan
from functions.video.package.logic import Packager
from functions.video.plan.logic import plan
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.odd_inputs import ffmpeg
from tests.media.pipeline import ffmpeg_path, inspect_file

SECONDS = 60
WORKERS = 2
BUDGETS = {"cpu": 1.10, "other_cpu": 0.25, "wall": 1.35, "first_10_s": 0.5, "price": 0.05}


def measure(seconds: int = SECONDS) -> dict[str, Any]:
    """Return budgets, ratios to the plain command, and the absolute seconds behind them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = recording(folder / "source.mp4", seconds)
        made = plan(inspect_file(source))
        plain_cpu, plain_wall = _plain(source, made, folder / "plain")
        ours = _ours(source, made, folder / "ours")
        other = _other(source, made, folder / "other")
    ratios = {
        "cpu": (ours["cpu"] - other) / plain_cpu,
        "other_cpu": other / plain_cpu,
        "wall": ours["wall"] / plain_wall,
        "first_10_s": ours["first"] / plain_wall,
        "price": _usd(ours["cpu"] - other) / _usd_of_mediaconvert(made),
    }
    return {
        "budgets": BUDGETS,
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "passed": {name: value <= BUDGETS[name] for name, value in ratios.items()},
        "seconds": {
            "media": seconds,
            "plain_cpu": round(plain_cpu, 2),
            "plain_wall": round(plain_wall, 2),
            "cpu": round(ours["cpu"], 2),
            "other_cpu": round(other, 2),
            "wall": round(ours["wall"], 2),
            "first_10_s": round(ours["first"], 2),
            "chunks": [round(chunk, 2) for chunk in ours["chunks"]],
        },
    }


def _usd(cpu_seconds: float) -> float:
    """Return what so much work costs on Lambda, with the memory that buys one processor."""
    return costs.priced("encode", {"mb_ms": round(cpu_seconds * 1_000 * costs.FULL_CPU_MB)}).usd


def _usd_of_mediaconvert(made: EncodePlan) -> float:
    """Return what MediaConvert's Basic tier asks for the same rungs."""
    if made.video is None:
        raise LookupError("the recording has no picture")
    taken = {name: n for name, n in costs.conversion(made.video).items() if name == "basic_ms"}
    return costs.priced(costs.CONVERT, taken).usd


class _Clock(MemoryRunLog):
    """A run log that knows when the first ten seconds could be played, and when all could: what
    is measured of a chunk after that keeps nobody waiting but the next chunk."""

    def __init__(self, needed: int, total: int) -> None:
        super().__init__()
        self.began = time.monotonic()
        self.first = self.all = 0.0
        self.sound = False
        self._needed, self._total = set(range(needed)), total

    def chunk_done(self, index: int, segments: Mapping[str, Sequence[SegmentInfo]]) -> bool:
        done = super().chunk_done(index, segments)
        self.look()
        return done

    def look(self) -> None:
        if not self.first and self.sound and self._needed <= set(self.chunks()):
            self.first = time.monotonic() - self.began
        if self.sound and len(self.chunks()) == self._total:
            self.all = time.monotonic() - self.began


def recording(wanted: Path, seconds: int) -> Path:
    """Make a recording that moves like a camera: a slow pan over detail, with sensor noise."""
    still = wanted.with_name("still.png")
    ffmpeg("-f", "lavfi", "-i", "mandelbrot=size=2560x1440:rate=1", "-frames:v", "1", str(still))
    pan = "crop=1280:720:x='600+500*sin(t/5)':y='300+250*cos(t/7)',noise=alls=4:allf=t"
    ffmpeg("-loop", "1", "-framerate", "30", "-i", str(still), "-f", "lavfi", "-i",
           "anoisesrc=colour=pink:amplitude=0.2:sample_rate=48000:seed=1", "-t", str(seconds),
           "-vf", f"{pan},format=yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20",
           "-g", "250", "-c:a", "aac", "-ac", "2", str(wanted))  # fmt: skip
    return wanted


def _used() -> float:
    """Return the CPU seconds of this process and of its ended children."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def _plain(source: Path, made: EncodePlan, out: Path) -> tuple[float, float]:
    """Run the command a person would write; return CPU and wall seconds."""
    assert made.video is not None
    out.mkdir()
    rungs = made.video.rungs
    group = str(made.video.timing.segment_frames)
    copies = "".join(f"[c{n}]" for n in range(len(rungs)))
    scales = ";".join(
        f"[c{n}]scale={rung.width}:{rung.height}[v{n}]" for n, rung in enumerate(rungs)
    )
    command = [str(ffmpeg_path()), "-v", "error", "-nostdin", "-i", str(source),
               "-filter_complex", f"[0:v]split={len(rungs)}{copies};{scales}"]  # fmt: skip
    for n, rung in enumerate(rungs):
        settings = [
            text
            for text in x264(rung, made.video.content, threads=0)
            if text not in ("-threads:v", "0")
        ]
        settings = [
            f"{text}:{n}" if text in ("-crf", "-maxrate", "-bufsize") else text for text in settings
        ]
        command += ["-map", f"[v{n}]", *(text.replace(":v", f":v:{n}") if text.startswith("-")
                                         else text for text in settings)]  # fmt: skip
    streams = " ".join(f"v:{n},agroup:sound" for n in range(len(rungs)))
    command += ["-map", "0:a", "-c:a", "aac", "-b:a", "128k", "-g", group, "-sc_threshold", "0",
                "-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", "-hls_segment_type",
                "fmp4", "-master_pl_name", "master.m3u8", "-var_stream_map",
                f"{streams} a:0,agroup:sound", "%v.m3u8"]  # fmt: skip
    cpu, wall = _used(), time.monotonic()
    subprocess.run(command, cwd=out, check=True)
    return _used() - cpu, time.monotonic() - wall


def _ours(source: Path, made: EncodePlan, out: Path) -> dict[str, Any]:
    """Run all steps, chunks in parallel; return CPU and wall seconds, and times within."""
    assert made.video is not None
    assert made.audio is not None
    video, audio = made.video, made.audio
    step = video.timing.segment_frames * video.timing.chunk_segments
    log = _Clock(-(-int(10 * video.timing.rate) // step), len(video.chunks))
    store, tool, media = FolderStore(out), FFmpeg(ffmpeg_path()), MediaInput.of_file(source)
    chunks: list[float] = []

    def encode(index: int) -> None:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            ChunkEncoder(tool, media, video, store, log, Path(folder)).encode(index)
        chunks.append(time.monotonic() - began)

    def hear() -> None:
        with tempfile.TemporaryDirectory() as folder:
            AudioEncoder(tool, media, audio, store, Path(folder)).encode()
        log.sound = True
        log.look()

    def look() -> None:
        with tempfile.TemporaryDirectory() as folder:
            PosterMaker(tool, media, video, store, Path(folder)).capture()

    cpu = _used()
    plan(inspect_file(source))
    with ThreadPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(encode, 0), pool.submit(hear)]
        jobs += [pool.submit(encode, chunk.index) for chunk in video.chunks[1:]]
        jobs.append(pool.submit(look))
        for job in jobs:
            job.result()
    with tempfile.TemporaryDirectory() as folder:
        Packager(tool, made, store, Path(folder)).package(log.chunks())
    shutil.rmtree(out)
    return {"cpu": _used() - cpu, "wall": log.all, "first": log.first, "chunks": chunks}


def _other(source: Path, made: EncodePlan, out: Path) -> float:
    """Return the CPU seconds of inspection, loudness, stills and sampled quality, which are not
    encoding."""
    assert made.video is not None
    assert made.audio is not None
    tool, media = FFmpeg(ffmpeg_path()), MediaInput.of_file(source)
    compared = sum(_compare(tool, media, made.video, each) for each in made.video.samples)
    cpu = _used()
    inspect_file(source)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool.run(listen(media, made.audio), folder=folder, limits=LIMITS)
        store = FolderStore(out)
        PosterMaker(tool, media, made.video, store, folder).capture()
        assert store.exists(keys.POSTER)
    return _used() - cpu + compared


def _compare(tool: FFmpeg, media: MediaInput, video: VideoPlan, index: int) -> float:
    """Return the CPU seconds of comparing one chunk with the source, once it is encoded."""
    chunk = video.chunks[index]
    seek = video.timing.origin + chunk.first / video.timing.rate
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool.run(
            encode_chunk(media, video, chunk, seek=seek, threads=1), folder=folder, limits=LIMITS
        )
        cpu = _used()
        tool.run(quality.compare(media, video, chunk, seek=seek), folder=folder, limits=LIMITS)
        used = _used() - cpu
        assert quality.read(folder, video, chunk) is not None
    return used


if __name__ == "__main__":
    json.dump(measure(), sys.stdout, indent=2)
    print()
