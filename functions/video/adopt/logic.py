"""λ adopt: takes in what MediaConvert has written, in the form in which `encode` leaves it.

Its segments become ours: without the boxes around the fragments, first picture shown at the same
time against its decoding, durations in the plan's ticks, one record in the run's log for a stretch.
What is checked is what the playlists rely on: every rung has the same segments, each as many
frames as planned, one behind the other, and the first of each shown when it begins.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from functions.video import keys
from functions.video.cmaf import (
    BrokenFragmentError,
    bare,
    delayed,
    first_offset,
    first_sample,
    split,
    timescale,
    with_delay,
)
from functions.video.command import REORDER_FRAMES
from functions.video.media import ChunkPlan, EncodePlan, SegmentInfo, VideoPlan
from functions.video.ports import RunLog
from functions.video.store import ListedStore
from functions.video.timing import chunks

_AT_ONCE = 8  # segments that are read and written at the same time
# How much shorter than planned the picture may come out: a second, or so much of all of it.
_MISSING_SECONDS, _MISSING_SHARE = 1.0, 0.005


class CutShortError(Exception):
    """The picture ends long before the recording's; seconds."""

    def __init__(self, made_s: float, wanted_s: float) -> None:
        super().__init__(f"{made_s} of {wanted_s} seconds")
        self.made_s, self.wanted_s = made_s, wanted_s


@dataclass(frozen=True, slots=True)
class Files:
    """One rung's files: the header, and the segments in order."""

    init: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adopter:
    """Takes in one run's job; `store` is the run's part of the media bucket."""

    plan: EncodePlan
    store: ListedStore
    log: RunLog

    def adopt(self) -> EncodePlan:
        """Take everything in and return the plan with as many frames as were made; a repeat goes on
        where it was cut off. Raises BrokenFragmentError when it is not what was asked for,
        CutShortError, UnavailableError."""
        video = self.plan.video
        if video is None:
            raise BrokenFragmentError("nothing but sound was planned")
        found = self._found()
        if not found and _is_all_there(video, self.log.chunks()):
            return self.plan
        inits = {name: self.store.get_bytes(files.init) for name, files in found.items()}
        made = self._measured(video, found, inits)
        if made != self.plan:
            self.store.put_json(keys.PLAN, made.model_dump(mode="json"))
        if made.video is not None:
            self._take_in(made.video, found, inits)
        self.store.delete_prefix(keys.CONVERTED)
        return made

    def _found(self) -> dict[str, Files]:
        named = [
            (told, key)
            for key, _ in self.store.listed(keys.CONVERTED)
            if (told := keys.converted(key)) is not None
        ]
        inits = {rung: key for (rung, number), key in named if number is None}
        return {
            rung: Files(
                init,
                tuple(
                    key
                    for _, key in sorted(
                        (number, key)
                        for (other, number), key in named
                        if other == rung and number is not None
                    )
                ),
            )
            for rung, init in inits.items()
        }

    def _measured(
        self, video: VideoPlan, found: Mapping[str, Files], inits: Mapping[str, bytes]
    ) -> EncodePlan:
        """Return the plan with the frames that there are, which the last segments tell."""
        if found.keys() != {rung.name for rung in video.rungs}:
            raise BrokenFragmentError(f"MediaConvert wrote {sorted(found)}")
        counts = {
            (len(files.segments), self._samples(inits[name], files.segments[-1:]))
            for name, files in found.items()
        }
        if len(counts) != 1:
            raise BrokenFragmentError(f"the rungs are not equally long: {sorted(counts)}")
        ((segments, last),) = counts
        frames = (segments - 1) * video.timing.segment_frames + last
        timing = video.timing.model_copy(update={"frames": frames})
        made, wanted = float(timing.duration), float(video.timing.duration)
        if wanted - made > max(_MISSING_SECONDS, wanted * _MISSING_SHARE):
            raise CutShortError(made, wanted)
        if frames == video.timing.frames:
            return self.plan
        cut = video.model_copy(update={"timing": timing, "chunks": chunks(timing)})
        return self.plan.model_copy(
            update={"video": cut, "duration_ms": max(1, round(timing.duration * 1000))}
        )

    def _samples(self, init: bytes, keys_of_one: Sequence[str]) -> int:
        return sum(
            fragment.samples
            for key in keys_of_one
            for fragment in split(init + self.store.get_bytes(key))[1]
        )

    def _take_in(
        self, video: VideoPlan, found: Mapping[str, Files], inits: Mapping[str, bytes]
    ) -> None:
        for name, init in inits.items():
            delay = REORDER_FRAMES * _frame(video, init)
            key = keys.init(keys.video_folder(name))
            self.store.put_bytes(key, with_delay(init, delay), "video/mp4")
        known = self.log.chunks()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for chunk in video.chunks:
                if chunk.index in known:
                    continue
                numbers = _segments_of(video, chunk)
                self.log.chunk_done(
                    chunk.index,
                    {
                        name: list(
                            pool.map(
                                partial(self._segment, video, name, inits[name], files), numbers
                            )
                        )
                        for name, files in found.items()
                    },
                )

    def _segment(
        self, video: VideoPlan, rung: str, init: bytes, files: Files, number: int
    ) -> SegmentInfo:
        timing, frame = video.timing, _frame(video, init)
        body = bare(self.store.get_bytes(files.segments[number]))
        fragments = split(init + body)[1]
        first = number * timing.segment_frames
        frames = min(timing.segment_frames, timing.frames - first)
        told = (
            fragments[0].start if fragments else -1,
            sum(each.samples for each in fragments),
            sum(each.ticks for each in fragments),
        )
        if told != (first * frame, frames, frames * frame):
            raise BrokenFragmentError(
                f"segment {number} of {rung} begins at {told[0]} with {told[1]} frames, not at "
                f"{first * frame} with {frames}"
            )
        body = delayed(body, REORDER_FRAMES * frame - first_offset(body))
        key = keys.segment(keys.video_folder(rung), number)
        self.store.put_bytes(key, body, "video/iso.segment")
        return SegmentInfo(
            index=number,
            bytes=len(body),
            duration_ticks=frames * timing.frame_ticks,
            intra_bytes=first_sample(body)[1],
        )


def _frame(video: VideoPlan, init: bytes) -> int:
    """Return how many of the track's own ticks a frame lasts."""
    ticks = Fraction(timescale(init)) / video.timing.rate
    if ticks.denominator != 1:
        raise BrokenFragmentError(f"a frame lasts {ticks} ticks")
    return ticks.numerator


def _segments_of(video: VideoPlan, chunk: ChunkPlan) -> range:
    count = -(-(chunk.end - chunk.first) // video.timing.segment_frames)
    return range(chunk.first_segment, chunk.first_segment + count)


def _is_all_there(
    video: VideoPlan, known: Mapping[int, Mapping[str, Sequence[SegmentInfo]]]
) -> bool:
    return all(
        len(known.get(chunk.index, {}).get(rung.name, ())) == len(_segments_of(video, chunk))
        for chunk in video.chunks
        for rung in video.rungs
    )
