"""Runs the media steps on a local file, in process: inspect to package, without any cloud."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from functions.video.capture.logic import PosterMaker
from functions.video.encode.logic import ChunkEncoder
from functions.video.encode_audio.logic import AudioEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.inspect.logic import Inspector
from functions.video.media import EncodePlan, Manifest, Source
from functions.video.package.logic import Packager
from functions.video.plan.logic import plan
from functions.video.playlist import (
    INTRA,
    SOUND,
    finished_track,
    intra_playlist,
    intra_track,
    master,
    media_playlist,
)
from functions.video.process import MediaTool
from tests.media.local_store import FolderStore, MemoryRunLog


def ffmpeg_path() -> Path:
    """Return the FFmpeg that the layer ships."""
    return Path(imageio_ffmpeg.get_ffmpeg_exe()).resolve()


def inspect_file(
    path: Path, source: MediaInput | None = None, tool: MediaTool | None = None
) -> Source:
    """Inspect one file as λ inspect does; raises RefusedError."""
    with tempfile.TemporaryDirectory() as folder, path.open("rb") as file:
        return Inspector(
            tool=tool or FFmpeg(ffmpeg_path()),
            source=source or MediaInput.of_file(path),
            folder=Path(folder),
            size=path.stat().st_size,
            head=file.read(4096),
        ).inspect()


@dataclass
class Rendered:
    """What one run made of one file."""

    source: Source
    plan: EncodePlan
    manifest: Manifest
    store: FolderStore
    log: MemoryRunLog
    root: Path


def render(
    path: Path,
    out: Path,
    *,
    workers: int = 2,
    chunk_segments: int = 2,
    tool: MediaTool | None = None,
) -> Rendered:
    """Run every media step on a file, chunks in parallel, and write the playlists beside."""
    tool = tool or FFmpeg(ffmpeg_path())
    source = inspect_file(path, tool=tool)
    made = plan(source, chunk_segments=chunk_segments)
    store, log, media = FolderStore(out), MemoryRunLog(), MediaInput.of_file(path)

    def encode(index: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert made.video is not None
            ChunkEncoder(tool, media, made.video, store, log, Path(folder)).encode(index)

    def listen() -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert made.audio is not None
            AudioEncoder(tool, media, made.audio, store, Path(folder)).encode()

    def capture() -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert made.video is not None
            PosterMaker(tool, media, made.video, store, Path(folder)).capture()

    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(encode, i) for batch in made.batches for i in batch]
        if made.audio is not None:
            jobs.insert(1, pool.submit(listen))
        if made.video is not None:
            jobs.append(pool.submit(capture))
        for job in jobs:
            job.result()
    with tempfile.TemporaryDirectory() as folder:
        manifest = Packager(tool, made, store, Path(folder)).package(log.chunks())
    write_playlists(manifest, out)
    return Rendered(source, made, manifest, store, log, out)


def write_playlists(manifest: Manifest, out: Path) -> None:
    """Write master.m3u8 and one playlist per track, with relative URLs."""
    (out / "master.m3u8").write_text(master(manifest, lambda name: f"{name}.m3u8"))
    for name in [f"{r.name}{INTRA}" for r in manifest.renditions]:
        track = intra_track(manifest, name)
        if track is not None:
            (out / f"{name}.m3u8").write_text(intra_playlist(track, lambda key: key))
    for name in [r.name for r in manifest.renditions] + [SOUND]:
        track = finished_track(manifest, name)
        if track is not None:
            (out / f"{name}.m3u8").write_text(media_playlist(track, lambda key: key))
