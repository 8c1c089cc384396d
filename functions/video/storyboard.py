"""The storyboard: which moments it shows, how its sheet is laid out, which cues point at it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from functions.shared.clock import offset
from functions.video.media import Rendition, SegmentInfo, Storyboard

MAX_TILES = 100  # as Mux's: one sheet, whatever the length
LONG_EDGE = 160  # pixels of a tile


class Tile(NamedTuple):
    """The first picture of one segment, shown from `start_ms` on."""

    segment: SegmentInfo
    start_ms: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """How many pictures of which size lie beside and below each other."""

    columns: int
    rows: int
    width: int
    height: int


def tiles(rendition: Rendition) -> list[Tile]:
    """Return the moments: the start of every segment, or of every n-th of a long video."""
    step = math.ceil(len(rendition.segments) / MAX_TILES) or 1
    chosen, ticks = [], 0
    for position, segment in enumerate(rendition.segments):
        if position % step == 0:
            chosen.append(Tile(segment, round(1000 * ticks / rendition.timescale)))
        ticks += segment.duration_ticks
    return chosen


def sheet(rendition: Rendition, count: int) -> Sheet:
    """Return the layout of `count` pictures of a rung: nearly square, even edges (4:2:0)."""
    scale = min(1.0, LONG_EDGE / max(rendition.width, rendition.height))
    width, height = (
        max(2, 2 * round(edge * scale / 2)) for edge in (rendition.width, rendition.height)
    )
    columns = math.ceil(math.sqrt(count))
    return Sheet(columns, math.ceil(count / columns), width, height)


def described(layout: Sheet, chosen: Sequence[Tile]) -> Storyboard:
    """Return what the manifest keeps."""
    return Storyboard(
        columns=layout.columns,
        tile_width=layout.width,
        tile_height=layout.height,
        starts_ms=tuple(tile.start_ms for tile in chosen),
    )


def cues(board: Storyboard, duration_ms: int, picture: str) -> str:
    """Return WebVTT cues with spatial media fragments, `storyboard.jpg#xywh=160,0,160,90`, as
    players (JW Player, Video.js, Vidstack, Shaka) read them."""
    lines = ["WEBVTT"]
    ends = [*board.starts_ms[1:], max(duration_ms, board.starts_ms[-1] + 1)]
    for number, (start, end) in enumerate(zip(board.starts_ms, ends, strict=True)):
        row, column = divmod(number, board.columns)
        place = (
            column * board.tile_width, row * board.tile_height, board.tile_width, board.tile_height,
        )  # fmt: skip
        lines.append(f"\n{offset(start)} --> {offset(end)}")
        lines.append(f"{picture}#xywh={','.join(map(str, place))}")
    return "\n".join(lines) + "\n"
