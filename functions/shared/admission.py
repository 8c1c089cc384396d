"""Lets a request in or refuses it, by its principal's and its workspace's rate, and says how much
is left (draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy`, `RateLimit`).

When the platform table does not answer, requests are let in, and it is left alone for a while: a
rate limit keeps neighbours apart and guards no money, so a fault of the guard must not close the
house; the gateway's own throttling still stands below. The metric `RateLimitBlind` counts it.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from functions.shared.aws import client
from functions.shared.errors import RateLimitedError, UnavailableError
from functions.shared.exchange_settings import WebSettings
from functions.shared.limits import Rate, WorkspaceSettings, defaults
from functions.shared.rate_cells import RateCell
from functions.shared.rate_limits import SECOND, Bucket
from functions.shared.table import Table
from functions.shared.telemetry import count
from functions.shared.workspace_settings import settings_of

# Tokens that a request takes, unless its route says otherwise.
READ_COST, WRITE_COST = 1, 2
LIMITS = "reelate.limits"  # where an event carries the headers
MAX_BUCKETS = 10_000
BLIND = 5 * SECOND
PRINCIPAL, WORKSPACE, LINK = "principal", "workspace", "link"
_REFUSED = {
    PRINCIPAL: "This credential has sent too many requests",
    WORKSPACE: "The workspace has sent too many requests",
    LINK: "This link was used too often",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the request may go on, and what its reply says of the limits."""

    headers: dict[str, str]
    refusal: RateLimitedError | None = None


def _now() -> int:
    return time.time_ns() // 1_000


class Admission:
    """One execution environment's leases of all workspaces and principals that it has served."""

    def __init__(self, clock: Callable[[], int] = _now) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, ...], Bucket] = OrderedDict()
        self._blind_until = 0

    def ask(self, platform: Table, stage: str, principal: str, cost: int) -> Verdict:
        """Take `cost` tokens of the principal's bucket and of the workspace's, or of neither.

        A principal in no workspace yet (its name is empty) has its own bucket alone.
        """
        now = self._clock()
        workspace = platform.workspace
        mine = self._bucket(workspace, principal)
        ours = self._bucket(workspace) if workspace else None
        settings = self._settings(platform, stage, now)
        now = self._clock()  # reading them may have taken long, and others have drawn meanwhile
        own, shared = settings.principal_rate, settings.workspace_rate
        late, by = 0, PRINCIPAL
        if now >= self._blind_until:
            try:
                late = mine.take(cost, own, now, lambda: RateCell(platform, principal))
                if ours is not None and not late:
                    late, by = ours.take(cost, shared, now, lambda: RateCell(platform)), WORKSPACE
                    if late:
                        mine.give_back(min(cost, own.burst))
            except UnavailableError:
                self._go_blind(now)
                late = 0
        standing = _standing(PRINCIPAL, own, mine, now, late if by == PRINCIPAL else 0)
        policy = _policy(PRINCIPAL, own.per_second, own.burst)
        if ours is not None:
            late_too = late if by == WORKSPACE else 0
            standing += ", " + _standing(WORKSPACE, shared, ours, now, late_too)
            policy += ", " + _policy(WORKSPACE, shared.per_second, shared.burst)
        headers = {"ratelimit-policy": policy, "ratelimit": standing}
        return Verdict(headers, _refusal(by, late) if late else None)

    def of_link(self, platform: Table, name: str, rate: Rate, cost: int = 1) -> None:
        """Take `cost` tokens of a link's own bucket: what comes without a credential spends
        nothing of its workspace's. Raises RateLimitedError."""
        now = self._clock()
        if now < self._blind_until:
            return
        bucket = self._bucket(platform.workspace, LINK, name)
        try:
            late = bucket.take(cost, rate, now, lambda: RateCell(platform, LINK, name))
        except UnavailableError:
            self._go_blind(now)
            return
        if late:
            raise _refusal(LINK, late)

    def forget(self) -> None:
        """Begin anew."""
        self._buckets.clear()
        self._blind_until = 0

    def _bucket(self, *whose: str) -> Bucket:
        bucket = self._buckets.get(whose)
        if bucket is None:
            bucket = self._buckets[whose] = Bucket()
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(whose)
        return bucket

    def _settings(self, platform: Table, stage: str, now: int) -> WorkspaceSettings:
        if now < self._blind_until or not platform.workspace:
            return defaults(stage)
        try:
            return settings_of(platform, stage)
        except UnavailableError:
            self._go_blind(now)
            return defaults(stage)

    def _go_blind(self, now: int) -> None:
        self._blind_until = now + BLIND
        count("RateLimitBlind")


@lru_cache(maxsize=1_000)
def _policy(name: str, per_second: float, burst: int) -> str:
    window = math.ceil(burst / per_second)
    return f'"{name}";q={burst};w={window}'


def _standing(name: str, rate: Rate, bucket: Bucket, now: int, late: int) -> str:
    left = bucket.remaining(rate, now)
    # until the bucket is full again, or as long as a refused caller has to wait
    reset = late or math.ceil((rate.burst - left) / rate.per_second) or 1
    return f'"{name}";r={left};t={reset}'


def _refusal(by: str, late: int) -> RateLimitedError:
    return RateLimitedError(
        f"{_REFUSED[by]}; wait {late} s.",
        code="rate_limited",
        retry_after=late,
        policies=(by,),
    )


ADMISSION = Admission()


def let_in(event: dict[str, Any], cost: int) -> Mapping[str, str]:
    """Ask once for each request with a credential, whoever asks first; returns the headers that
    its reply carries, none without a credential. Raises RateLimitedError."""
    known: Mapping[str, str] | None = event.get(LIMITS)
    caller = event["requestContext"].get("authorizer")
    if known is not None or not caller:
        return known or {}
    settings = WebSettings.from_env()
    platform = Table(client("dynamodb"), settings.platform_table, caller["workspace"])
    verdict = ADMISSION.ask(platform, settings.stage, caller["principal"], cost)
    event[LIMITS] = verdict.headers
    if verdict.refusal is not None:
        raise verdict.refusal
    return verdict.headers
