"""The dialogue of the sample call as typed data, read from dialogue.toml."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Speaker:
    """One person in the call and the synthetic voice that plays them."""

    name: str
    role: str
    company: str
    voice: str
    speed: float


@dataclass(frozen=True)
class Turn:
    """What one speaker says in one go, after `pause` seconds of silence."""

    speaker: str
    pause: float
    text: str


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: its caption, the printed value, its length from 0 to 1."""

    label: str
    value: str
    share: float


@dataclass(frozen=True)
class Slide:
    """What is on screen from the start of turn `from_turn` on."""

    from_turn: int
    heading: str
    lines: tuple[str, ...]
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Script:
    """The whole call: people, turns, slides, and the ground truth as plain data."""

    title: str
    language: str
    recorded_at: str
    speakers: dict[str, Speaker]
    turns: tuple[Turn, ...]
    slides: tuple[Slide, ...]
    truth: dict[str, Any] = field(repr=False)


def read(path: Path = HERE / "dialogue.toml") -> Script:
    """Read the script; raises KeyError or TypeError when the file has another shape."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return Script(
        title=raw["title"],
        language=raw["language"],
        recorded_at=raw["recorded_at"],
        speakers={key: Speaker(**value) for key, value in raw["speakers"].items()},
        turns=tuple(Turn(**turn) for turn in raw["turns"]),
        slides=tuple(
            Slide(
                from_turn=slide["from_turn"],
                heading=slide["heading"],
                lines=tuple(slide["lines"]),
                bars=tuple(Bar(**bar) for bar in slide.get("bars", ())),
            )
            for slide in raw["slides"]
        ),
        truth=raw["truth"],
    )
