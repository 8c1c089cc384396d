"""Viewing: what players tell of what is watched, folded into a fixed number of buckets.

A video has at most 100 buckets of equal length, none shorter than a second; a viewing session, a
viewer and the video each keep how long every bucket was watched. So what is kept does not grow
with how often a player tells, and sums can be added up by whoever comes first.

A bucket counts as seen by a session once half of it was played. `percent` is the share of buckets
that a session has seen; the end counts from 95 %, because few watch the last seconds.

A player can claim what it likes. What is believed: of one session no more than four times the time
that has passed since its link was made (a player's fastest speed), and of one bucket no more than
ten times its length.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from functions.shared.clock import parse

MAX_BUCKETS = 100
MAX_SPANS = 50
MAX_SEQUENCE = 1_000_000
MAX_POSITION_MS = 24 * 3_600_000
QUARTILES = (0, 25, 50, 75, 100)
_SPEED, _SLACK_MS = 4, 60_000
_TIMES = 10  # that a bucket of one session counts
_WINDOW = 64  # of sequence numbers that may come out of order
_COMPLETE = 95  # percent


class Span(BaseModel):
    """A stretch that was played, in the video's own time (ms)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_ms: Annotated[int, Field(strict=True, ge=0, le=MAX_POSITION_MS)]
    to_ms: Annotated[int, Field(strict=True, ge=0, le=MAX_POSITION_MS)]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.to_ms <= self.from_ms:
            raise ValueError("to_ms must be after from_ms")
        return self


class Viewer(BaseModel):
    """Who watches: the bearer of a share, or of a playback link that somebody got."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str  # share_link, playback_link
    id: str  # the share, or whoever got the link

    @property
    def key(self) -> str:
        return f"{self.type}#{self.id}"


class Beat(BaseModel):
    """What a player tells at once, as it lies in the queue."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: str
    video: str
    session: str
    viewer: Viewer
    since: str  # when the link was made
    at: str
    sequence: int
    spans: tuple[Span, ...]


class Session(BaseModel):
    """One viewing: what has come by one playback link."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    viewer: Viewer
    started_at: str
    seen_at: str  # when its player last told of something
    duration_ms: int
    watched: tuple[int, ...]  # ms of each bucket
    newest: int = 0  # sequence number, and below it as bits which others were counted
    others: int = 0
    quartile: int = -1
    version: int = 0

    @classmethod
    def begun(cls, beat: Beat, duration_ms: int) -> Self:
        return cls(
            id=beat.session,
            viewer=beat.viewer,
            started_at=beat.at,
            seen_at=beat.at,
            duration_ms=duration_ms,
            watched=(0,) * bucket_count(duration_ms),
        )

    @property
    def watched_ms(self) -> int:
        return sum(self.watched)

    @property
    def seen(self) -> list[bool]:
        """Which buckets count as seen."""
        return [2 * ms >= size for ms, size in zip(self.watched, self._sizes, strict=True)]

    @property
    def percent(self) -> int:
        return 100 * sum(self.seen) // len(self.watched)

    def after(self, beat: Beat) -> Self:
        """Return the session with what a player has told; the very same when that was counted
        before, came too late to tell, or is more than anybody can have watched."""
        known = self._with_number(beat.sequence)
        if known is None:
            return self
        watched = self._with_spans(beat.spans)
        passed = (parse(beat.at) - parse(beat.since)).total_seconds() * 1_000
        if sum(watched) > _SPEED * passed + _SLACK_MS:
            return self
        newest, others = known
        after = self.model_copy(
            update={
                "watched": watched,
                "newest": newest,
                "others": others,
                "seen_at": max(self.seen_at, beat.at),
                "version": self.version + 1,
            }
        )
        return after.model_copy(update={"quartile": max(self.quartile, _quartile(after.percent))})

    def _with_number(self, sequence: int) -> tuple[int, int] | None:
        ahead = sequence - self.newest
        if ahead > 0:
            moved = (self.others << ahead | 1 << (ahead - 1)) if ahead <= _WINDOW else 0
            return sequence, (moved if self.newest else 0) & (2**_WINDOW - 1)
        bit = 1 << (-ahead - 1) if ahead else 0
        if ahead == 0 or -ahead > _WINDOW or self.others & bit:
            return None
        return self.newest, self.others | bit

    def _with_spans(self, spans: Iterable[Span]) -> tuple[int, ...]:
        watched, edges = list(self.watched), self._edges
        for span in spans:
            for bucket, size in enumerate(self._sizes):
                start, end = edges[bucket], edges[bucket + 1]
                overlap = min(span.to_ms, end) - max(span.from_ms, start)
                if overlap > 0:
                    watched[bucket] = min(watched[bucket] + overlap, _TIMES * size)
        return tuple(watched)

    @property
    def _edges(self) -> list[int]:
        return bucket_edges(self.duration_ms, len(self.watched))

    @property
    def _sizes(self) -> list[int]:
        edges = self._edges
        return [max(1, end - start) for start, end in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Growth:
    """What a session's viewing adds to the sums of its video and its viewer."""

    watched: tuple[int, ...]  # ms of each bucket
    seen: tuple[int, ...]  # 1 for each bucket that now counts as seen
    quartiles: tuple[int, ...]  # of QUARTILES, those that were reached now
    sessions: int

    @classmethod
    def between(cls, old: Session, new: Session) -> Self:
        return cls(
            watched=tuple(b - a for a, b in zip(old.watched, new.watched, strict=True)),
            seen=tuple(int(b and not a) for a, b in zip(old.seen, new.seen, strict=True)),
            quartiles=tuple(q for q in QUARTILES if old.quartile < q <= new.quartile),
            sessions=int(old.version == 0),
        )


class Tally(BaseModel):
    """The sums of a video, or of one viewer of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    duration_ms: int = 0
    sessions: int = 0
    watched: tuple[int, ...] = ()  # ms of each bucket
    seen: tuple[int, ...] = ()  # by how many sessions
    reached: dict[int, int] = Field(default_factory=dict)  # quartile -> sessions
    first_at: str | None = None
    last_at: str | None = None
    viewer: Viewer | None = None
    recipient: dict[str, Any] | None = None


def bucket_count(duration_ms: int) -> int:
    """Return into how many buckets a video is divided."""
    return max(1, min(MAX_BUCKETS, duration_ms // 1_000))


def bucket_edges(duration_ms: int, count: int) -> list[int]:
    """Return where the buckets begin, and where the last one ends (ms)."""
    return [duration_ms * number // count for number in range(count + 1)]


def _quartile(percent: int) -> int:
    if percent >= _COMPLETE:
        return 100
    return 25 * (percent // 25)
