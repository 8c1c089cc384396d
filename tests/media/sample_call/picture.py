"""Draws the sample call as an FFmpeg filter graph: slides, two participants, a running clock."""

from pathlib import Path

from tests.media.sample_call.script import Bar, Script, Slide
from tests.media.sample_call.voices import SpokenTurn

FPS = 25
WIDTH, HEIGHT = 1280, 720
CARD = (56, 96, 836, 536)  # x, y, width, height of the slide
TILE = (924, 96, 300, 256)  # of the first participant; the second stands below
TILE_STEP = 280
SLIDE_IN = 0.7  # seconds a slide takes to glide in
INK, MUTED, PAPER, ACCENT, SECOND = "0x16213A", "0x5B6B8A", "0xF7F9FC", "0x2563EB", "0x0D9488"
FACES = ("0x7C3AED", "0xD97706")


class Graph:
    """Collects the chains of a filter graph and the text files they read."""

    def __init__(self, folder: Path, regular: Path, bold: Path) -> None:
        self.folder = folder
        self.fonts = {False: regular, True: bold}
        self.chains: list[str] = []
        self.texts = 0

    def add(self, chain: str) -> None:
        """Append one chain."""
        self.chains.append(chain)

    def text(self, words: str, options: str, *, bold: bool = False) -> str:
        """Return a drawtext filter; the words go through a file, so they need no escaping."""
        path = self.folder / f"text{self.texts}.txt"
        path.write_text(words, encoding="utf-8")
        self.texts += 1
        return (
            f"drawtext=fontfile={self.fonts[bold]}:textfile={path}:expansion=none"
            f":text_shaping=0:{options}"
        )

    def __str__(self) -> str:
        return ";\n".join(self.chains)


def _appear(at: float) -> str:
    """Alpha of something that fades in half a second from `at` on."""
    return f"alpha='clip((t-{at:.2f})*2,0,1)'"


def _canvas(colour: str, width: int, height: int, seconds: float) -> str:
    return f"color=c={colour}:s={width}x{height}:r={FPS}:d={seconds:.3f}"


def _bars(graph: Graph, name: str, bars: tuple[Bar, ...], start: float, seconds: float) -> str:
    """Draw bars that grow from the left on a card-coloured canvas of their own."""
    width = CARD[2] - 96
    pitch = 100
    steps, previous = [], f"{name}chart0"
    graph.add(f"{_canvas(PAPER, width, pitch * len(bars), seconds)}[{previous}]")
    for index, bar in enumerate(bars):
        y, at = pitch * index, start + 1.2 + 0.8 * index
        full = round((width - 210) * bar.share)
        colour = (ACCENT, SECOND)[index % 2]
        graph.add(f"{_canvas(colour, full, 42, seconds)}[{name}bar{index}]")
        following = f"{name}chart{index + 1}"
        grown = f"(1-pow(1-clip((t-{at:.2f})/1.6,0,1),3))"
        graph.add(
            f"[{previous}][{name}bar{index}]overlay=x='-{full}+{full}*{grown}':y={y + 36}"
            f"[{following}]"
        )
        steps += [
            graph.text(bar.label, f"fontsize=24:fontcolor={MUTED}:x=0:y={y}:{_appear(at)}"),
            graph.text(
                bar.value,
                f"fontsize=26:fontcolor={INK}:x={full + 16}:y={y + 45}:{_appear(at + 1.2)}",
                bold=True,
            ),
        ]
        previous = following
    graph.add(f"[{previous}]{','.join(steps)}[{name}chart]")
    return f"{name}chart"


def _slide(graph: Graph, slide: Slide, number: int, start: float, seconds: float) -> str:
    """Draw one slide on its own canvas and return the label of its stream."""
    name = f"slide{number}"
    _, _, width, height = CARD
    steps = [
        f"{_canvas(PAPER, width, height, seconds)}",
        f"drawbox=x=0:y=0:w=10:h=ih:color={ACCENT}:t=fill",
        f"drawbox=x=48:y=142:w=96:h=5:color={ACCENT}:t=fill",
        graph.text(slide.heading, f"fontsize=58:fontcolor={INK}:x=48:y=62", bold=True),
        graph.text(
            "Beacon Analytics",
            f"fontsize=20:fontcolor={MUTED}:x=48:y={height - 44}",
        ),
        graph.text(f"{number + 1}", f"fontsize=20:fontcolor={MUTED}:x=w-60:y={height - 44}"),
    ]
    top, gap, size = (174, 44, 28) if slide.bars else (184, 62, 33)
    for index, line in enumerate(slide.lines):
        fade = _appear(start + 0.8 + 0.6 * index)
        steps.append(
            graph.text(line, f"fontsize={size}:fontcolor={INK}:x=48:y={top + gap * index}:{fade}")
        )
    graph.add(f"{','.join(steps)}[{name}text]")
    if not slide.bars:
        return f"{name}text"
    chart = _bars(graph, name, slide.bars, start, seconds)
    graph.add(f"[{name}text][{chart}]overlay=x=48:y=286[{name}]")
    return name


def _speaking(turns: list[SpokenTurn], key: str) -> str:
    """An expression in t that is positive while this person speaks."""
    spans = [
        f"between(t,{turn.start_ms / 1000:.2f},{turn.end_ms / 1000:.2f})"
        for turn in turns
        if turn.speaker == key
    ]
    return "+".join(spans)


def _tile(graph: Graph, script: Script, turns: list[SpokenTurn], number: int, below: str) -> str:
    """Draw one participant over `below`: a face, a name, a live waveform, a frame when speaking."""
    key = list(script.speakers)[number]
    person = script.speakers[key]
    x, y, width, height = TILE[0], TILE[1] + TILE_STEP * number, TILE[2], TILE[3]
    centre, face = x + width // 2, FACES[number]
    graph.add(
        f"[{number}:a]showwaves=s={width - 40}x56:mode=cline:rate={FPS}:colors=0x7DD3FC"
        f":scale=sqrt:draw=full,format=rgba,colorkey=black:0.05:0.1[wave{number}]"
    )
    steps = [
        f"drawbox=x={x}:y={y}:w={width}:h={height}:color=0x1B2A4A:t=fill",
        # A circle, as the font draws it: drawbox knows rectangles only.
        graph.text(
            "●", f"fontsize=168:fontcolor={face}:x={centre}-tw/2:y={y + 80}-th/2", bold=True
        ),
        graph.text(
            person.name[0],
            f"fontsize=52:fontcolor=white:x={centre}-tw/2:y={y + 80}-th/2",
            bold=True,
        ),
        graph.text(
            person.name, f"fontsize=22:fontcolor=white:x={centre}-tw/2:y={y + 158}", bold=True
        ),
        (
            f"drawbox=x={x}:y={y}:w={width}:h={height}:color=0x34D399:t=4"
            f":enable='{_speaking(turns, key)}'"
        ),
    ]
    graph.add(f"[{below}]{','.join(steps)}[person{number}]")
    graph.add(
        f"[person{number}][wave{number}]overlay=x={x + 20}:y={y + height - 66}:shortest=0"
        f":eof_action=pass[tile{number}]"
    )
    return f"tile{number}"


def draw(graph: Graph, script: Script, turns: list[SpokenTurn], seconds: float) -> str:
    """Fill the graph (inputs 0 and 1 are the speakers' tracks); return the label of the picture."""
    header = [
        graph.text(script.title, "fontsize=24:fontcolor=0xCBD5E1:x=56:y=40"),
        graph.text("●", "fontsize=26:fontcolor=0xEF4444:x=1110:y=38:enable='lt(mod(t,1.2),0.8)'"),
        (
            f"drawtext=fontfile={graph.fonts[True]}:fontsize=24:fontcolor=white:x=1146:y=40"
            ":text='%{pts\\:gmtime\\:0\\:%M\\\\\\:%S}'"
        ),
    ]
    graph.add(
        f"gradients=s={WIDTH}x{HEIGHT}:r={FPS}:d={seconds:.3f}:c0=0x0B1226:c1=0x1E3A5F:n=2"
        f":speed=0.008:seed=7,{','.join(header)}[base]"
    )
    below = "base"
    starts = [
        turns[slide.from_turn].start_ms / 1000 if slide.from_turn else 0.0
        for slide in script.slides
    ]
    for number, slide in enumerate(script.slides):
        start = starts[number]
        end = starts[number + 1] + SLIDE_IN if number + 1 < len(starts) else seconds
        label = _slide(graph, slide, number, start, seconds)
        travel = f"{HEIGHT}*pow(1-clip((t-{start:.2f})/{SLIDE_IN},0,1),3)"
        y = f"{CARD[1]}+{travel}" if number else f"{CARD[1]}"
        graph.add(
            f"[{below}][{label}]overlay=x={CARD[0]}:y='{y}'"
            f":enable='between(t,{start:.2f},{end:.2f})'[upto{number}]"
        )
        below = f"upto{number}"
    for number in range(len(script.speakers)):
        below = _tile(graph, script, turns, number, below)
    graph.add(f"{_canvas('0x38BDF8', WIDTH, 8, seconds)}[progress]")
    graph.add(
        f"[{below}][progress]overlay=x='-W+W*t/{seconds:.3f}':y={HEIGHT - 8},format=yuv420p"
        ",setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv[v]"
    )
    return "v"
