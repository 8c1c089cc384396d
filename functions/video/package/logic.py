"""λ package: checks that every chunk is there, writes the manifest and the mp4 (the largest rung
that fits on the worker's disk)."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from functions.video import keys
from functions.video.cmaf import annex_b, codecs, first_sample
from functions.video.command import join, lay_out
from functions.video.media import (
    AudioRendition,
    EncodePlan,
    Manifest,
    Quality,
    Rendition,
    Rung,
    SegmentInfo,
    Storyboard,
    VideoPlan,
    bandwidths,
)
from functions.video.process import Limits, MediaTool, failure
from functions.video.quality import pooled
from functions.video.store import MediaStore
from functions.video.storyboard import Tile, described, sheet, tiles

Chunks = Mapping[int, Mapping[str, Sequence[SegmentInfo]]]
LIMITS = Limits(wall_seconds=840, cpu_seconds=600, file_bytes=9 << 30)
MP4_BYTES = 8 << 30  # of the picture: it is put together on local disk, all else passes through
_AHEAD = 6  # segments read ahead of the muxer


class IncompleteError(Exception):
    """A chunk or the sound is missing although every step before has ended."""


@dataclass(frozen=True, slots=True)
class Packager:
    """Closes one run; `store` is the run's part of the media bucket."""

    tool: MediaTool
    plan: EncodePlan
    store: MediaStore
    folder: Path

    def package(self, chunks: Chunks) -> Manifest:
        """Write manifest.json and video.mp4, unless they are there.

        Raises IncompleteError, ToolFailedError, UnavailableError.
        """
        if self.store.exists(keys.MANIFEST):
            return Manifest.model_validate(self.store.get_json(keys.MANIFEST))
        renditions: tuple[Rendition, ...] = ()
        if self.plan.video is not None:
            joined = gather(self.plan.video, chunks)
            scores = pooled(self._qualities(self.plan.video))
            renditions = tuple(
                self._rendition(self.plan.video, rung, joined[rung.name], scores.get(rung.name))
                for rung in self.plan.video.rungs
            )
        audio = self._audio()
        single = next((each for each in renditions if _bytes(each) <= MP4_BYTES), None)
        if single is not None:
            self._join(single, audio)
        board = self._storyboard(renditions[-1]) if renditions else None
        manifest = Manifest(
            duration_ms=self.plan.duration_ms,
            renditions=renditions,
            audio=audio,
            poster=self.store.exists(keys.POSTER),
            mp4=single is not None,
            storyboard=board,
        )
        self.store.put_json(keys.MANIFEST, manifest.model_dump(mode="json"))
        return manifest

    def _qualities(self, video: VideoPlan) -> Iterator[Quality]:
        """Yield what was measured; nothing of a chunk whose measuring failed."""
        for chunk in video.samples:
            if self.store.exists(keys.quality(chunk)):
                yield Quality.model_validate(self.store.get_json(keys.quality(chunk)))

    def _rendition(
        self,
        video: VideoPlan,
        rung: Rung,
        segments: tuple[SegmentInfo, ...],
        vmaf: float | None,
    ) -> Rendition:
        init = self.store.get_bytes(keys.init(keys.video_folder(rung.name)))
        peak, average = bandwidths(segments, video.timing.timescale)
        return Rendition(
            name=rung.name,
            width=rung.width,
            height=rung.height,
            codecs=codecs(init),
            frame_rate=video.timing.rate,
            frames=video.timing.frames,
            timescale=video.timing.timescale,
            bandwidth=peak,
            average_bandwidth=average,
            segments=segments,
            vmaf=vmaf,
        )

    def _audio(self) -> AudioRendition | None:
        if self.plan.audio is None:
            return None
        if not self.store.exists(keys.AUDIO):
            raise IncompleteError("the sound has not been encoded")
        return AudioRendition.model_validate(self.store.get_json(keys.AUDIO))

    def _storyboard(self, smallest: Rendition) -> Storyboard | None:
        """Write storyboard.jpg of the smallest rung's first pictures; a video without one is
        still a video."""
        folder = keys.video_folder(smallest.name)
        chosen = tiles(smallest)
        if not all(tile.segment.intra_bytes for tile in chosen):
            return None  # encoded before segments said where their first picture ends
        with ThreadPoolExecutor(_AHEAD) as pool:
            pictures = list(pool.map(partial(self._picture, folder), chosen))
        layout = sheet(smallest, len(chosen))
        finished = self.tool.run(
            lay_out(layout),
            folder=self.folder,
            limits=LIMITS,
            feed=[annex_b(self.store.get_bytes(keys.init(folder)), pictures)],
        )
        made = self.folder / keys.STORYBOARD
        if not finished.ok or not made.exists():
            raise failure("storyboard", finished)
        self.store.upload_file(made, keys.STORYBOARD, "image/jpeg")
        return described(layout, chosen)

    def _picture(self, folder: str, tile: Tile) -> bytes:
        segment = tile.segment
        key = keys.segment(folder, segment.index)
        head = self.store.get_bytes(key, count=segment.intra_bytes)
        first, end = first_sample(head)
        return head[first:end]

    def _join(self, rendition: Rendition, audio: AudioRendition | None) -> None:
        if audio is not None:
            self.store.download_file(keys.M4A, self.folder / "audio.m4a")
        finished = self.tool.run(
            join(sound=audio is not None),
            folder=self.folder,
            limits=LIMITS,
            feed=self._segments(rendition),
        )
        if not finished.ok:
            raise failure("package", finished)
        self.store.upload_file(self.folder / "video.mp4", keys.MP4, "video/mp4")

    def _segments(self, rendition: Rendition) -> Iterator[bytes]:
        """Yield init and segments in order, a few read ahead, none kept on disk."""
        folder = keys.video_folder(rendition.name)
        names = [keys.init(folder)]
        names += [keys.segment(folder, segment.index) for segment in rendition.segments]
        with ThreadPoolExecutor(_AHEAD) as pool:
            waiting: list[Future[bytes]] = []
            for name in names:
                waiting.append(pool.submit(self.store.get_bytes, name))
                if len(waiting) > _AHEAD:
                    yield waiting.pop(0).result()
            for future in waiting:
                yield future.result()


def _bytes(rendition: Rendition) -> int:
    return sum(segment.bytes for segment in rendition.segments)


def gather(video: VideoPlan, chunks: Chunks) -> dict[str, tuple[SegmentInfo, ...]]:
    """Return each rung's segments in order; raises IncompleteError when any is missing."""
    joined: dict[str, tuple[SegmentInfo, ...]] = {}
    for rung in video.rungs:
        found = [
            segment for index in sorted(chunks) for segment in chunks[index].get(rung.name, ())
        ]
        if [segment.index for segment in found] != list(range(video.timing.segments)):
            raise IncompleteError(
                f"{rung.name} has {len(found)} of {video.timing.segments} segments"
            )
        joined[rung.name] = tuple(found)
    return joined
