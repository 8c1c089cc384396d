"""The cost ledger: what each step of a video's runs has taken, and what that costs on AWS.

Workers note how long they ran with how much memory, `package` what it left in S3, and the steps of
`insight` what their models took. Not counted: DynamoDB, events, log lines and requests to read
(together below a tenth), invocations that were cut off, and what is outside the account.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict

from functions.video import prices
from functions.video.facts import MediaFacts
from functions.video.ladder import ladder
from functions.video.media import Engine, VideoPlan
from functions.video.model import From, Video
from functions.video.work import CPU_SECONDS_PER_MEGAPIXEL, batch_size, megapixels

# What the ledger holds of a step, as whole numbers that can be added up.
Amounts = Mapping[str, int]
Unit = Literal[
    "requests", "gb_seconds", "transitions", "express_requests", "express_gb_seconds", "puts",
    "mediaconvert_minutes", "audio_minutes", "input_tokens", "output_tokens",
]  # fmt: skip

# The states that one invocation of a step goes through (infra/video.asl.json), its own included;
# and those of a run that belong to no step, by where it begins. tests/infra holds them together.
# `encode` runs in Express children of a Distributed Map: each is one transition of its parent, and
# then paid by requests and time.
TRANSITIONS = {
    "reuse": 2, "inspect": 2, "plan": 2, "encode": 1, "encode_audio": 3, "capture": 3, "package": 2,
    "transcribe": 2, "analyse": 1, "finish_transcribe": 2, "finish_analyse": 1,
}  # fmt: skip
CONVERT = "convert"  # in the place of `encode`, where MediaConvert renders the picture
_CONVERT_TRANSITIONS = 5  # of its way through the machine (infra/mediaconvert.asl.json)
_EXPRESS = ("encode",)
_EXPRESS_GB = 64 / 1_024  # the least that a child is billed for
_FIRST_STEPS: Mapping[str, From] = {
    "inspect": "inspect", "plan": "encode", "transcribe": "transcribe",
}  # fmt: skip
FRAME: Mapping[From, int] = {"inspect": 6, "encode": 6, "transcribe": 3, "analyse": 3}

# A normalized minute, as MediaConvert's price list has it: an output's minutes times these.
_LINES = ((720, 1), (1_081, 2))  # fewer lines than; above: four
_FAST, _FAST_FACTOR = 30.0, 2  # frames a second
# How long a job waits and takes. AWS promises nothing: assumed, until a deployment has seen better.
_JOB_START_SECONDS, _JOB_PACE = 30.0, 0.5  # of the recording's length
_ADOPTED_BITS_PER_SECOND = 400_000_000  # a worker reads and writes

# What the rest of the pipeline takes beside encoding (the budget in `make bench`).
_OTHER_WORK = 0.25
_SOUND_CPU_SECONDS_PER_MINUTE = 2.0
FULL_CPU_MB = 1_769  # memory that buys one whole processor (Lambda's documentation)
_CHUNK_SECONDS, _SEGMENT_SECONDS = 8, 4
_TOKENS_PER_MINUTE, _OUTPUT_TOKENS = 250, 600  # of talk; of an analysis
_BITS_PER_SECOND = 2_000_000  # of a recording whose length nobody knows yet
_MP4_RENDITIONS = 2  # the mp4 is as large as the largest rung with the sound


class Line(BaseModel):
    """So much of a unit, and its price; None where nobody has said what it costs."""

    model_config = ConfigDict(frozen=True)

    unit: Unit
    count: float
    usd: float | None


class StepCosts(BaseModel):
    """What one step took."""

    model_config = ConfigDict(frozen=True)

    step: str
    lines: tuple[Line, ...]

    @property
    def prices(self) -> list[float | None]:
        return [line.usd for line in self.lines]

    @property
    def usd(self) -> float:
        return sum(price or 0.0 for price in self.prices)


class Estimate(BaseModel):
    """What a first run will take, as far as that can be told now."""

    model_config = ConfigDict(frozen=True)

    duration_ms: int
    basis: Literal["media", "size"]  # what was inspected, or the file's size at 2 Mbit/s
    steps: tuple[StepCosts, ...]
    stored_bytes: int


class EngineEstimate(BaseModel):
    """What an engine takes for the picture of a run from `inspect` on: US dollars, and seconds
    until it is there when nothing else is at work."""

    model_config = ConfigDict(frozen=True)

    engine: Engine
    usd: float
    seconds: float


def told(effort: Mapping[str, int], usage: Mapping[str, object]) -> dict[str, int]:
    """Return what a step of `insight` says of itself, as the ledger holds it."""
    cost = usage.get("cost_usd", 0.0)
    amounts = {
        **effort,
        "audio_ms": round(_number(usage.get("audio_seconds")) * 1_000),
        "input_tokens": int(_number(usage.get("input_tokens"))),
        "output_tokens": int(_number(usage.get("output_tokens"))),
        "model_nano_usd": round(_number(cost) * 1_000_000_000),
        "unpriced": int(cost is None),
    }
    return {name: amount for name, amount in amounts.items() if amount}


def priced(step: str, amounts: Amounts) -> StepCosts:
    """Return a step's amounts in the units of a bill."""
    calls = amounts.get("calls", 0)
    transitions = amounts.get("transitions", calls * TRANSITIONS.get(step, 0))
    lines = [
        _line("requests", calls, prices.LAMBDA_REQUEST),
        _line("gb_seconds", amounts.get("mb_ms", 0) / 1_024_000, prices.GB_SECOND),
        _line("transitions", transitions, prices.TRANSITION),
        *(_express(calls, amounts.get("mb_ms", 0)) if step in _EXPRESS else ()),
        _line("puts", amounts.get("puts", 0), prices.S3_PUT),
        _line(
            "mediaconvert_minutes",
            amounts.get("basic_ms", 0) / 60_000,
            prices.MEDIACONVERT_BASIC_MINUTE,
        ),
        _line(
            "mediaconvert_minutes",
            amounts.get("professional_ms", 0) / 60_000,
            prices.MEDIACONVERT_PROFESSIONAL_MINUTE,
        ),
        *_model_lines(amounts),
    ]
    return StepCosts(step=step, lines=tuple(line for line in lines if line.count))


def billed(steps: Mapping[str, Amounts]) -> tuple[StepCosts, ...]:
    """Return a run's steps as a bill, with `workflow` for what no step of it goes through."""
    known = (start for step, start in _FIRST_STEPS.items() if step in steps)
    start: From = next(known, "analyse")
    amounts = {**steps, "workflow": {"transitions": FRAME[start]}}
    return tuple(each for each in (priced(*pair) for pair in amounts.items()) if each.lines)


def storage_month(stored_bytes: int) -> float:
    """Return what bytes cost in S3's standard class, in US dollars a month."""
    return stored_bytes / 1_000_000_000 * prices.S3_GB_MONTH


def estimate(video: Video) -> Estimate:
    """Return what a video's first run will take: by what inspection found, before that by the
    size of its file."""
    facts = video.media
    size = video.source.size_bytes
    duration = facts.duration_ms if facts else size * 8_000 // _BITS_PER_SECOND
    seconds = duration / 1_000
    encode = seconds * _megapixels(facts) * CPU_SECONDS_PER_MEGAPIXEL
    hears = facts is None or facts.audio_codec is not None
    sound = seconds / 60 * _SOUND_CPU_SECONDS_PER_MINUTE if hears else 0.0
    chunks = max(1, -(-duration // (_CHUNK_SECONDS * 1_000))) if encode else 0
    batches = -(-chunks // batch_size(chunks, encode / chunks)) if chunks else 0
    rungs = len(_rungs(facts))
    puts = round((rungs + hears) * seconds / _SEGMENT_SECONDS) + 10
    steps = {
        "encode": {"calls": batches, "mb_ms": _work(encode)},
        "encode_audio": {"calls": int(hears), "mb_ms": _work(sound)},
        "package": {"calls": 1, "mb_ms": _work(encode * _OTHER_WORK), "puts": puts},
    }
    # Without sound `encode_audio` is invoked too, and says so.
    others = TRANSITIONS.keys() - (steps.keys() if hears else steps.keys() - {"encode_audio"})
    passed = FRAME["inspect"] + sum(TRANSITIONS[each] for each in others)
    steps["workflow"] = {"calls": len(others), "transitions": passed}
    made = [priced(name, amounts) for name, amounts in steps.items()]
    if hears:
        made += _insight(seconds)
    return Estimate(
        duration_ms=duration,
        basis="media" if facts else "size",
        steps=tuple(each for each in made if each.lines),
        stored_bytes=size * (1 + _MP4_RENDITIONS),
    )


def conversion(video: VideoPlan) -> dict[str, int]:
    """Return what a complete job has taken, as the ledger holds it."""
    sizes = [(rung.width, rung.height) for rung in video.rungs]
    timing = video.timing
    made = _normalized_ms(sizes, float(timing.rate), float(timing.duration))
    tier = "professional_ms" if video.track.hdr else "basic_ms"
    return {tier: made, "transitions": _CONVERT_TRANSITIONS}


def engines(video: Video, lanes: int) -> tuple[EngineEstimate, ...]:
    """Return what each engine would take for a video's picture, FFmpeg with `lanes` encoders at
    work; nothing for sound alone. What is HDR is known at the run's plan only."""
    ahead = estimate(video)
    sizes, seconds = _rungs(video.media), ahead.duration_ms / 1_000
    if not sizes:
        return ()
    (encode,) = [each for each in ahead.steps if each.step == "encode"]
    batches = next(line.count for line in encode.lines if line.unit == "requests")
    work = seconds * _megapixels(video.media) * CPU_SECONDS_PER_MEGAPIXEL
    rounds = -(-batches // max(1, lanes))
    rate = (video.media.frame_rate if video.media else None) or 30.0
    read = video.source.size_bytes * 8 / _ADOPTED_BITS_PER_SECOND
    amounts = {
        "calls": 1,
        "mb_ms": _work(read),
        "basic_ms": _normalized_ms(sizes, rate, seconds),
        "transitions": _CONVERT_TRANSITIONS,
    }
    return (
        EngineEstimate(engine="ffmpeg", usd=encode.usd, seconds=rounds * work / batches),
        EngineEstimate(
            engine="mediaconvert",
            usd=priced(CONVERT, amounts).usd,
            seconds=_JOB_START_SECONDS + seconds * _JOB_PACE + read,
        ),
    )


def _normalized_ms(sizes: Iterable[tuple[int, int]], rate: float, seconds: float) -> int:
    billed = max(seconds, prices.MEDIACONVERT_MINIMUM_SECONDS) * 1_000
    factor = sum(next((times for lines, times in _LINES if min(size) < lines), 4) for size in sizes)
    return round(billed * factor * (_FAST_FACTOR if rate > _FAST else 1))


def _express(calls: int, mb_ms: int) -> list[Line]:
    """A child lives as long as its worker, which has a whole processor's memory."""
    lived = mb_ms / FULL_CPU_MB / 1_000  # seconds
    return [
        _line("express_requests", calls, prices.EXPRESS_REQUEST),
        _line("express_gb_seconds", lived * _EXPRESS_GB, prices.EXPRESS_GB_SECOND),
    ]


def _insight(seconds: float) -> list[StepCosts]:
    spoken = max(seconds, prices.TRANSCRIBE_MINIMUM_SECONDS) / 60
    tokens = round(seconds / 60 * _TOKENS_PER_MINUTE)
    return [
        StepCosts(
            step="transcribe", lines=(_line("audio_minutes", spoken, prices.TRANSCRIBE_MINUTE),)
        ),
        StepCosts(
            step="analyse",
            lines=(
                _line("input_tokens", tokens, prices.INPUT_TOKEN),
                _line("output_tokens", _OUTPUT_TOKENS, prices.OUTPUT_TOKEN),
            ),
        ),
    ]


def _model_lines(amounts: Amounts) -> list[Line]:
    """The whole price of a model stands beside the first of its units, as providers tell it."""
    usd: float | None = amounts.get("model_nano_usd", 0) / 1_000_000_000
    if amounts.get("unpriced"):
        usd = None
    lines = [
        Line(unit="audio_minutes", count=amounts.get("audio_ms", 0) / 60_000, usd=usd),
        Line(unit="input_tokens", count=amounts.get("input_tokens", 0), usd=usd),
        Line(unit="output_tokens", count=amounts.get("output_tokens", 0), usd=usd),
    ]
    used = [line for line in lines if line.count]
    free = 0.0 if usd is not None else None
    return [*used[:1], *(line.model_copy(update={"usd": free}) for line in used[1:])]


def _rungs(facts: MediaFacts | None) -> list[tuple[int, int]]:
    width, height, rate = 1280, 720, 30.0
    if facts is not None:
        if facts.video_codec is None or not facts.width or not facts.height:
            return []
        width, height, rate = facts.width, facts.height, facts.frame_rate or 30.0
    return [(r.width, r.height) for r in ladder(width, height, Fraction(rate).limit_denominator())]


def _megapixels(facts: MediaFacts | None) -> float:
    """Return how many million pixels a second of all rungs has."""
    return megapixels(_rungs(facts), (facts.frame_rate if facts else None) or 30.0)


def _work(cpu_seconds: float) -> int:
    return round(cpu_seconds * 1_000 * FULL_CPU_MB)


def _line(unit: Unit, count: float, each: float) -> Line:
    return Line(unit=unit, count=count, usd=count * each)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
