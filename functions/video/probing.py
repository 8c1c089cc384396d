"""The complexity probe: a few short windows of the source, encoded small and thrown away.

A window is about a second from a keyframe on (so nothing is decoded in vain), in the largest size
of the ladder up to 720 and in its smallest, with the encoder's usual settings and no ceiling. One
window for every half minute, four at most: for a minute of 720p a twentieth of the encode's CPU,
for an hour a thousandth.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from functions.video.command import BARE, constant_quality
from functions.video.complexity import shares
from functions.video.filtergraph import DEINTERLACE, fitted, tone_map
from functions.video.inputs import MediaInput
from functions.video.ladder import ladder
from functions.video.media import Probe, ProbedSize, ProbedWindow, Rung, VideoTrack
from functions.video.process import Limits
from functions.video.report import read_packets
from functions.video.timing import output_rate

LIMITS = Limits(wall_seconds=40, cpu_seconds=30, file_bytes=64 << 20)
_MOST_WINDOWS = 4
_WINDOW_EVERY = 30_000  # ms
_FEWEST, _MOST_FRAMES = 12, 60  # of a window
_LARGEST_SIDE = 720


def sizes(track: VideoTrack) -> tuple[Rung, ...]:
    """Return the one or two steps of the ladder that are probed, largest first."""
    rungs = ladder(track.width, track.height, output_rate(track.cadence))
    small = [rung for rung in rungs if min(rung.width, rung.height) <= _LARGEST_SIDE]
    return tuple(dict.fromkeys((small[0], small[-1])))


def moments(duration_ms: int) -> list[int]:
    """Return where the windows aim, in ms from the first picture."""
    count = min(_MOST_WINDOWS, 1 + duration_ms // _WINDOW_EVERY)
    return [duration_ms * (2 * number + 1) // (2 * count) for number in range(count)]


def sample(source: MediaInput, track: VideoTrack, at_ms: Sequence[int]) -> list[str]:
    """Return the run that writes `probe<w>-<s>.txt` (packets) for each window and size, and
    `probe<w>.pgm`, the window's first picture in gray."""
    start = track.first_tick * track.time_base
    probed, rate = sizes(track), output_rate(track.cadence)
    group = _frames(rate)
    arguments = ["-v", "error", "-filter_complex_threads", "1"]
    graph: list[str] = []
    outputs: list[str] = []
    for window, moment in enumerate(at_ms):
        seek = start + Fraction(moment, 1000)
        arguments += source.arguments(seek=seek, before=["-threads", "1"])
        steps = ["setpts=PTS-STARTPTS", *([DEINTERLACE] if track.interlaced else []),
                 f"fps={rate.numerator}/{rate.denominator}", f"trim=end_frame={group}"]  # fmt: skip
        names = [f"[w{window}s{number}]" for number in range(len(probed))]
        graph.append(
            f"[{window}:{track.index}]{','.join(steps)},split={1 + len(probed)}[g{window}]"
            + "".join(names)
        )
        graph.append(f"[g{window}]trim=end_frame=1,format=gray[gray{window}]")
        outputs += ["-map", f"[gray{window}]", "-frames:v", "1", "-c:v", "pgm", *BARE,
                    "-f", "image2pipe", f"probe{window}.pgm"]  # fmt: skip
        for number, rung in enumerate(probed):
            graph.append(f"{names[number]}{tone_map(track, rung)}{fitted(rung)}[o{window}{number}]")
            outputs += [
                "-map", f"[o{window}{number}]", "-fps_mode", "passthrough",
                *constant_quality(rung.crf, "general", threads=1),
                "-g", str(group), "-sc_threshold", "0", *BARE,
                "-f", "framecrc", f"probe{window}-{number}.txt",
            ]  # fmt: skip
    return [*arguments, "-filter_complex", ";".join(graph), *outputs]


def read(folder: Path, track: VideoTrack, at_ms: Sequence[int]) -> Probe | None:
    """Return what `sample` has found, None when not one window could be decoded."""
    probed = sizes(track)
    windows = [
        window
        for number, moment in enumerate(at_ms)
        if (window := _window(folder, number, moment, probed)) is not None
    ]
    if not windows:
        return None
    return Probe(rate=output_rate(track.cadence), windows=tuple(windows))


def _window(folder: Path, number: int, at_ms: int, probed: Sequence[Rung]) -> ProbedWindow | None:
    found = []
    frames = 0
    for position, rung in enumerate(probed):
        path = folder / f"probe{number}-{position}.txt"
        if not path.exists():
            return None
        with path.open(encoding="ascii", errors="replace") as lines:
            taken = [packet.bytes for packet in read_packets(lines).packets]
        if not taken:
            return None
        frames = len(taken)
        found.append(
            ProbedSize(
                width=rung.width,
                height=rung.height,
                first_bytes=taken[0],
                other_bytes=sum(taken[1:]),
            )
        )
    text, flat = _picture(folder / f"probe{number}.pgm")
    return ProbedWindow(at_ms=at_ms, frames=frames, sizes=tuple(found), text=text, flat=flat)


def _picture(path: Path) -> tuple[float, float]:
    """Return the shares of a picture that FFmpeg has written as PGM: `P5`, width and height, 255,
    a line each, then the bytes."""
    data = path.read_bytes() if path.exists() else b""
    parts = data.split(b"\n", 3)
    if len(parts) < 4 or parts[0] != b"P5":
        return 0.0, 0.0
    return shares(parts[3], int(parts[1].split()[0]))


def _frames(rate: Fraction) -> int:
    return min(max(_FEWEST, round(rate)), _MOST_FRAMES)
