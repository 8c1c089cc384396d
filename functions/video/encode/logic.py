"""λ encode: renders one chunk in all rungs, by one FFmpeg with one decode, and keeps its segments.

The chunk counts when the run log has it, after its objects are there; a worker killed anywhere
before leaves objects that the next attempt overwrites with the same bytes.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from functions.video import keys, quality
from functions.video.cmaf import BrokenFragmentError, delayed, first_sample, split, with_delay
from functions.video.command import REORDER_FRAMES, encode_chunk
from functions.video.inputs import MediaInput
from functions.video.media import ChunkPlan, Rung, SegmentInfo, VideoPlan
from functions.video.ports import RunLog
from functions.video.process import Finished, Limits, MediaTool, failure
from functions.video.store import MediaStore

LIMITS = Limits(wall_seconds=600, cpu_seconds=900, file_bytes=512 << 20)
_UPLOADS = 4  # at a time


class InitMismatchError(Exception):
    """Two chunks of one rung came out with different decoder settings: not playable as one."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    seek: Fraction | None
    patch: bool = False


@dataclass(frozen=True, slots=True)
class _Segment:
    info: SegmentInfo
    data: bytes


_Made = dict[str, tuple[bytes, list[_Segment]]]


@dataclass(frozen=True, slots=True)
class ChunkEncoder:
    """Encodes chunks of one plan; `store` is the run's part of the media bucket."""

    tool: MediaTool
    source: MediaInput
    video: VideoPlan
    store: MediaStore
    log: RunLog
    folder: Path
    threads: int = 1

    def encode(self, index: int) -> bool:
        """Render chunk `index` unless it is recorded or its run is over; returns whether there
        was work to do.

        Raises ToolFailedError when FFmpeg cannot, InitMismatchError, UnavailableError.
        """
        if not self.log.wanted([index]):
            return False
        chunk = self.video.chunks[index]
        made, seek = self._render(chunk)
        with ThreadPoolExecutor(_UPLOADS) as pool:
            jobs = [
                pool.submit(self._keep, name, part)
                for name, (_, parts) in made.items()
                for part in parts
            ]
            for job in jobs:
                job.result()
        for name, (init, _) in made.items():
            self._keep_init(keys.init(keys.video_folder(name)), init)
        self.log.chunk_done(
            index, {name: [part.info for part in parts] for name, (_, parts) in made.items()}
        )
        if index in self.video.samples:  # when the chunk can be played: that is not to wait for it
            self._measure(chunk, seek)
        return True

    def _measure(self, chunk: ChunkPlan, seek: Fraction | None) -> None:
        """Keep how near the chunk's rungs come to the source. Where that cannot be told nothing is
        kept: a video without the number is still a video."""
        self.tool.run(
            quality.compare(self.source, self.video, chunk, seek=seek),
            folder=self.folder,
            limits=quality.LIMITS,
        )
        found = quality.read(self.folder, self.video, chunk)
        if found is not None:
            self.store.put_json(keys.quality(chunk.index), found.model_dump(mode="json"))

    def _keep(self, rung: str, part: _Segment) -> None:
        key = keys.segment(keys.video_folder(rung), part.info.index)
        self.store.put_bytes(key, part.data, "video/iso.segment")

    def _keep_init(self, key: str, init: bytes) -> None:
        if not self.store.put_new(key, init, "video/mp4") and self.store.get_bytes(key) != init:
            raise InitMismatchError(f"{key} differs between chunks")

    def _render(self, chunk: ChunkPlan) -> tuple[_Made, Fraction | None]:
        """Return each rung's header and segments, and from where on the source was decoded."""
        finished = Finished(0, "")
        problem: Exception | None = None
        for attempt in self._attempts(chunk):
            arguments = encode_chunk(
                self.source,
                self.video,
                chunk,
                seek=attempt.seek,
                threads=self.threads,
                patch=attempt.patch,
            )
            finished = self.tool.run(arguments, folder=self.folder, limits=LIMITS)
            if finished.timed_out:
                break
            try:
                made = {rung.name: self._read(chunk, rung) for rung in self.video.rungs}
            except (BrokenFragmentError, FileNotFoundError) as error:
                problem = error
            else:
                return made, attempt.seek
        noted = replace(finished, log=f"{finished.log}\n{problem}")
        raise failure(f"chunk {chunk.index}", noted) from problem

    def _attempts(self, chunk: ChunkPlan) -> Iterator[_Attempt]:
        """Yield where to start decoding: usually the first is right, and is found out if not.

        A seek that lands too late (a coarse index) makes the chunk too short, so the next aims
        much earlier, then at the very start. The last one accepts a damaged source and repeats
        the nearest good frame.
        """
        timing = self.video.timing
        wanted = timing.origin + chunk.first / timing.rate
        start = timing.first_tick * timing.time_base
        margin = Fraction(self.video.margin_ms, 1000)
        far = margin + Fraction(4 * self.video.track.keyframe_gap_ms, 1000) + 10
        previous: Fraction | None = wanted
        for distance in (margin, far):
            target = wanted - distance
            seek = target if target > start else None
            if seek != previous:
                yield _Attempt(seek)
            previous = seek
        yield _Attempt(previous, patch=True)

    def _read(self, chunk: ChunkPlan, rung: Rung) -> tuple[bytes, list[_Segment]]:
        """Return what FFmpeg wrote, checked against the plan frame by frame."""
        data = (self.folder / f"{rung.name}.mp4").read_bytes()
        init, fragments = split(data)
        timing = self.video.timing
        segments: list[_Segment] = []
        first = chunk.first
        for position, fragment in enumerate(fragments):
            frames = min(timing.segment_frames, chunk.end - first)
            if (fragment.start, fragment.samples, fragment.ticks) != (
                first * timing.frame_ticks,
                frames,
                frames * timing.frame_ticks,
            ):
                raise BrokenFragmentError(
                    f"segment {chunk.first_segment + position} of {rung.name} begins at "
                    f"{fragment.start} with {fragment.samples} frames, not at "
                    f"{first * timing.frame_ticks} with {frames}"
                )
            body = data[fragment.offset : fragment.offset + fragment.size]
            body = delayed(body, REORDER_FRAMES * timing.frame_ticks)
            info = SegmentInfo(
                index=chunk.first_segment + position,
                bytes=len(body),
                duration_ticks=fragment.ticks,
                intra_bytes=first_sample(body)[1],
            )
            segments.append(_Segment(info, body))
            first += frames
        if first != chunk.end:
            raise BrokenFragmentError(f"{rung.name} ends at frame {first}, not {chunk.end}")
        return with_delay(init, REORDER_FRAMES * timing.frame_ticks), segments
