"""Scenes of the three kinds that the encoder tells apart, made by FFmpeg and a few dice.

`scene("screen_share", out)` writes one: documents of made-up letters with a pointer, a head that
sways and speaks before a still background, and a camera that is thrown about.
"""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.media.odd_inputs import ffmpeg

_ENCODED = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"]


def scene(kind: str, out: Path, *, height: int = 360, seconds: int = 4) -> Path:
    """Write a recording of 16:9 at 30 frames/s."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        _KINDS[kind](Path(folder), out, height, seconds)
    return out


def document(seed: int, width: int, height: int) -> bytes:
    """Return a page of letters nobody can read, as PGM."""
    dice = random.Random(seed)  # noqa: S311 - a picture
    ground, ink = (30, 210) if seed % 4 == 3 else (250, 40)
    rows = [bytearray([ground]) * width for _ in range(height)]
    letters = [[[dice.random() < 0.5 for _ in range(5)] for _ in range(7)] for _ in range(40)]
    for top in range(20, height - 34, 24):
        end = dice.randint(width // 2, width - 40)
        for left in range(30, end, 12):
            if dice.random() < 0.17:
                continue
            for line, dots in enumerate(dice.choice(letters)):
                for column, on in enumerate(dots):
                    for each in rows[top + 2 * line : top + 2 * line + 2]:
                        at = left + 2 * column
                        each[at : at + 2] = bytes([ink if on else ground]) * 2
    return b"P5\n%d %d\n255\n" % (width, height) + b"".join(rows)


def _screen(folder: Path, out: Path, height: int, seconds: int) -> None:
    width = height * 16 // 9
    inputs: list[str] = []
    for number in range(3):
        page = folder / f"{number}.pgm"
        page.write_bytes(document(number, width, height))
        inputs += ["-loop", "1", "-framerate", "30", "-t", str(seconds / 3), "-i", str(page)]
    graph = (
        "[0:v][1:v][2:v]concat=n=3,format=yuv420p[pages];color=red:size=12x18:rate=30[pointer];"
        f"[pages][pointer]overlay=x='{width // 2}*(1+0.7*sin(t))':y='{height // 2}*(1+0.7*cos(t))'"
    )
    ffmpeg(*inputs, "-filter_complex", graph, "-t", str(seconds), *_ENCODED, str(out))


def _talking(folder: Path, out: Path, height: int, seconds: int) -> None:
    width, head, wall = height * 16 // 9, folder / "head.png", folder / "wall.png"
    wide, tall = height * 4 // 7, height * 7 // 9
    ffmpeg("-f", "lavfi", "-i", f"mandelbrot=size={width}x{height}:rate=1:start_scale=0.4",
           "-frames:v", "1", "-vf", "gblur=8,eq=contrast=0.6", str(wall))  # fmt: skip
    oval = f"255*lt(hypot((X-{wide // 2})/{wide // 2},(Y-{tall // 2})/{tall // 2}),1)"
    ffmpeg("-f", "lavfi", "-i", f"mandelbrot=size={wide}x{tall}:rate=1:start_scale=0.9",
           "-frames:v", "1", "-vf", "gblur=1.5,format=rgba,geq=r='180-r(X,Y)/4':"
           f"g='130-g(X,Y)/5':b='110-b(X,Y)/5':a='{oval}'", str(head))  # fmt: skip
    sway = f"x='{width // 3}+{height / 50}*sin(t*1.1)':y='{height // 5}+{height / 90}*sin(t*0.9)'"
    graph = (
        f"[0:v][1:v]overlay={sway}[face];color=0x502020:size=90x30:rate=30,"
        "scale=w=90:h='max(4,2*trunc(6+16*abs(sin(t*9))))':eval=frame[mouth];"
        f"[face][mouth]overlay=x={width // 2 - 60}:y={height * 3 // 4},"
        "noise=alls=3:allf=t:all_seed=1,format=yuv420p"
    )
    loop = ["-loop", "1", "-framerate", "30", "-i"]
    ffmpeg(*loop, str(wall), *loop, str(head), "-filter_complex", graph, "-t", str(seconds),
           *_ENCODED, str(out))  # fmt: skip


def _action(folder: Path, out: Path, height: int, seconds: int) -> None:
    width, still = height * 16 // 9, folder / "still.png"
    ffmpeg("-f", "lavfi", "-i", f"mandelbrot=size={2 * width}x{2 * height}:rate=1", "-frames:v",
           "1", str(still))  # fmt: skip
    throw = (
        f"crop={width}:{height}:x='{width / 2}*(1+0.9*sin(t*2.5))':"
        f"y='{height / 2}*(1+0.9*cos(t*3.1))',noise=alls=6:allf=t:all_seed=1,format=yuv420p"
    )
    ffmpeg("-loop", "1", "-framerate", "30", "-i", str(still), "-t", str(seconds), "-vf", throw,
           *_ENCODED, str(out))  # fmt: skip


_KINDS: dict[str, Callable[[Path, Path, int, int], None]] = {
    "screen_share": _screen,
    "talking_head": _talking,
    "general": _action,
}
