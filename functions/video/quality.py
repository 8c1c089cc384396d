"""Quality, sampled: VMAF (0 to 100) of each rung against the source, on a second of a few chunks.

Both sides are compared at the size of the largest rung, as a player on a screen of that size shows
them: the source as the encoder got it (same frames, deinterlaced, tone-mapped, scaled), the rung
enlarged by bicubic. The model is libvmaf's `vmaf_v0.6.1`, which assumes a picture three heights
away; every third frame is scored. A number is a mean, and is rounded to two places.
"""

import json
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from functions.video.filtergraph import fitted, selection, tone_map
from functions.video.inputs import MediaInput
from functions.video.media import ChunkPlan, Quality, VideoPlan
from functions.video.process import Limits

LIMITS = Limits(wall_seconds=90, cpu_seconds=90, file_bytes=64 << 20)
_SUBSAMPLE = 3
_MOST_SAMPLES, _CHUNKS_EACH = 3, 4
_MODEL = "version=vmaf_v0.6.1"


def sampled(chunks: int) -> tuple[int, ...]:
    """Return which of so many chunks are measured: one in four, three at most, spread evenly."""
    count = min(_MOST_SAMPLES, 1 + chunks // _CHUNKS_EACH) if chunks else 0
    return tuple(chunks * (2 * number + 1) // (2 * count) for number in range(count))


def compare(
    source: MediaInput, video: VideoPlan, chunk: ChunkPlan, *, seek: Fraction | None
) -> list[str]:
    """Return the run that compares the start of each `<rung>.mp4` of a chunk with the source and
    writes `vmaf-<rung>.json`."""
    top = video.rungs[0]
    count = _frames(video, chunk)
    part = chunk.model_copy(update={"end": chunk.first + count})
    even = f"settb={video.timing.rate.denominator}/{video.timing.rate.numerator},setpts=N"
    arguments = [
        "-v", "error", "-filter_complex_threads", "1",
        *source.arguments(seek=seek, before=["-threads", "1"]),
    ]  # fmt: skip
    copies = "".join(f"[source{number}]" for number in range(len(video.rungs)))
    picked = f"[0:{video.track.index}]{selection(video, part)}"
    shown = f"{tone_map(video.track, top)}{fitted(top)},{even}"
    graph = [f"{picked},{shown},split={len(video.rungs)}{copies}"]
    outputs: list[str] = []
    for number, rung in enumerate(video.rungs):
        arguments += ["-protocol_whitelist", "file", "-format_whitelist", "mov", "-threads", "1",
                      "-i", f"file:{rung.name}.mp4"]  # fmt: skip
        graph.append(f"[{number + 1}:v:0]trim=end_frame={count},{fitted(top)},{even}[rung{number}]")
        graph.append(
            f"[rung{number}][source{number}]libvmaf=model={_escaped(_MODEL)}:n_threads=1:"
            f"n_subsample={_SUBSAMPLE}:log_fmt=json:log_path=vmaf-{rung.name}.json:shortest=1"
            f"[scored{number}]"
        )
        outputs += ["-map", f"[scored{number}]", "-f", "null", "-"]
    return [*arguments, "-filter_complex", ";".join(graph), *outputs]


def read(folder: Path, video: VideoPlan, chunk: ChunkPlan) -> Quality | None:
    """Return what `compare` has found, None when any rung's score is missing."""
    scores: dict[str, float] = {}
    for rung in video.rungs:
        path = folder / f"vmaf-{rung.name}.json"
        try:
            found = json.loads(path.read_bytes())
            scores[rung.name] = float(found["pooled_metrics"]["vmaf"]["mean"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return Quality(frames=_frames(video, chunk), vmaf=scores)


def pooled(samples: Iterable[Quality]) -> dict[str, float]:
    """Return the mean of each rung over samples, weighted by their frames."""
    found = list(samples)
    frames = sum(sample.frames for sample in found)
    names = found[0].vmaf if found else {}
    return {
        name: round(sum(sample.vmaf[name] * sample.frames for sample in found) / frames, 2)
        for name in names
    }


def _frames(video: VideoPlan, chunk: ChunkPlan) -> int:
    return min(chunk.end - chunk.first, max(1, round(video.timing.rate)))


def _escaped(option: str) -> str:
    return option.replace("=", r"\=")
