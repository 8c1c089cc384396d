"""Quotas are money: what a spend may cost at most is reserved before it, in one transaction with
the counter, and settled to what it did cost.

A reservation has a name (`Claim`) made of what it is for, so the retry of a step that died between
reserving and spending finds its own reservation and makes no second one. What nobody settled is
released when its run ends, its upload is over, or its video is deleted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.shared.errors import RateLimitedError
from functions.shared.limits import Kind
from functions.shared.writes import ConditionFailedError, Write

# The step of a video's run that spends from a quota.
STEPS: Mapping[Kind, str] = {
    "encoders": "encode",
    "encoded_minutes": "encode",
    "converted_minutes": "encode",
    "transcribed_minutes": "transcribe",
    "model_tokens": "analyse",
}
EXCEEDED = "quota_exceeded"  # the code of a step's reason
_NOUNS: Mapping[Kind, str] = {
    "stored_bytes": "stored bytes",
    "encoders": "encoders at work",
    "encoded_minutes": "encoded minutes",
    "converted_minutes": "minutes of MediaConvert",
    "transcribed_minutes": "transcribed minutes",
    "model_tokens": "model tokens",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """The name of a reservation: of which quota, and what for."""

    kind: Kind
    subject: str


def stored(video: str, number: int = 1) -> Claim:
    """Return the claim of the bytes of one of a video's files, from opening its upload to its
    deletion."""
    return Claim("stored_bytes", video if number == 1 else f"{video}#{number}")


def spent_on(kind: Kind, video: str, run: int) -> Claim:
    """Return the claim of one step of one run."""
    return Claim(kind, f"{video}#{run}#{STEPS[kind]}")


def of_run(video: str, run: int) -> tuple[Claim, ...]:
    """Return the claims of all steps of a run."""
    return tuple(spent_on(kind, video, run) for kind in STEPS)


def minutes(duration_ms: int) -> int:
    """Return how many minutes have been started; at least one."""
    return max(1, math.ceil(duration_ms / 60_000))


def next_month(moment: datetime) -> datetime:
    """Return when the month after a moment's begins (UTC)."""
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


class QuotaExceededError(RateLimitedError):
    """A quota does not suffice for what was asked; nothing was reserved."""

    def __init__(self, kind: Kind, needed: int, left: int, retry_after: int | None) -> None:
        super().__init__(
            f"The workspace's quota of {_NOUNS[kind]} does not suffice: {needed:,} needed, "
            f"{max(0, left):,} left.",
            code=f"quota_{kind}",
            retry_after=retry_after,
            policies=(kind,),
        )
        self.kind = kind
        self.left = max(0, left)


class Quotas(Protocol):
    """One workspace's quotas. Every method may be repeated without further effect and raises
    UnavailableError: where it is about money, a fault of the guard closes the house."""

    def reserve(self, claim: Claim, amount: int) -> None:
        """Reserve an amount; raises QuotaExceededError when not all of it is left."""

    def reserved(self, claim: Claim) -> int:
        """Return how much is reserved under a name and neither settled nor released."""

    def settle(self, claim: Claim, amount: int) -> None:
        """Turn a reservation, also a released one, into what was used in truth."""

    def release(self, claim: Claim) -> None:
        """Give a reservation back. What is settled stays used, but for stored bytes, which are
        free again."""

    def reserving(self, claim: Claim, amount: int) -> Sequence[Write]:
        """Return the writes that reserve, for a transaction with what is spent; raises
        QuotaExceededError when the amount can never fit."""

    def settling(self, claim: Claim, amount: int) -> Sequence[Write]:
        """Return the writes that settle; none when there is nothing to settle."""

    def releasing(self, *claims: Claim) -> Sequence[Write]:
        """Return the writes that release, for one transaction; none when there is nothing to
        release."""

    def refusal(self, error: ConditionFailedError) -> QuotaExceededError | None:
        """Return the refusal that a transaction's failure means, None for another one."""
