"""What models cost, as published on a stated day: pure data, so that a script can check its age.

USD. A model that is not listed has no known price, and its usage says so instead of guessing.
Models that run on the operator's own machine cost nothing per call.
"""

from dataclasses import dataclass

AS_OF = "2026-11-22"  # us-east-1, on demand, without volume tiers, batch or cache discounts


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """USD per million tokens."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class AudioPrice:
    """USD per minute of audio; a job is billed for at least `minimum_seconds`."""

    per_minute: float
    minimum_seconds: float = 0.0


LANGUAGE: dict[str, TokenPrice] = {
    "amazon.nova-micro-v1:0": TokenPrice(0.035, 0.14),
    "amazon.nova-lite-v1:0": TokenPrice(0.06, 0.24),
    "amazon.nova-pro-v1:0": TokenPrice(0.80, 3.20),
    "anthropic.claude-haiku-4-5-20251001-v1:0": TokenPrice(1.00, 5.00),
    "gpt-4o-mini": TokenPrice(0.15, 0.60),
    "gpt-4.1-mini": TokenPrice(0.40, 1.60),
    "text-embedding-3-small": TokenPrice(0.02, 0.0),
}
SPEECH: dict[str, AudioPrice] = {
    "amazon-transcribe": AudioPrice(0.024, minimum_seconds=15),
    "whisper-1": AudioPrice(0.006),
    "gpt-4o-transcribe-diarize": AudioPrice(0.006),
}
OWN_PREFIX = "reelate-"  # the models of our own offline server name themselves so
_GEOGRAPHIES = ("us.", "eu.", "apac.", "jp.", "au.", "global.")


def language_cost(model: str, input_tokens: int, output_tokens: int) -> float | None:
    """USD of one completion, None when the model has no listed price."""
    if model.startswith(OWN_PREFIX):
        return 0.0
    price = LANGUAGE.get(_bare(model))
    if price is None:
        return None
    return round((input_tokens * price.input + output_tokens * price.output) / 1_000_000, 8)


def speech_cost(model: str, audio_seconds: float) -> float | None:
    """USD of one transcription, None when the model has no listed price."""
    if model.startswith(OWN_PREFIX):
        return 0.0
    price = SPEECH.get(model)
    if price is None:
        return None
    return round(max(audio_seconds, price.minimum_seconds) / 60 * price.per_minute, 6)


def _bare(model: str) -> str:
    """A Bedrock inference profile (`us.amazon.…`) costs what its model costs."""
    for geography in _GEOGRAPHIES:
        if model.startswith(geography):
            return model.removeprefix(geography)
    return model
