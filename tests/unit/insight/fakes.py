"""Stand-ins for the insight context's ports, held to the same contract tests as the adapters."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.insight.ports import (
    Artefact,
    Audio,
    Budget,
    Completion,
    Message,
    ProviderError,
    Recognition,
    Result,
    SpeechJob,
    StoredObject,
    Tokens,
)
from functions.insight.retry import Timing
from functions.shared.errors import TooLargeError

Answer = Mapping[str, Any] | str | Exception


class FakeModel:
    """Gives its answers in order, the last one for ever; remembers what it was asked."""

    def __init__(self, *answers: Answer, cost: float | None = 0.001) -> None:
        self._answers = list(answers)
        self._cost = cost
        self.asked: list[Sequence[Message]] = []
        self.budgets: list[Budget] = []

    def complete(
        self, task: str, messages: Sequence[Message], schema: Mapping[str, Any], budget: Budget
    ) -> Completion:
        self.asked.append(list(messages))
        self.budgets.append(budget)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Completion(
            json=None if isinstance(answer, str) else answer,
            text=text,
            tokens=Tokens(1000, 200),
            cost=self._cost,
            model="fake-1",
            provider="fake",
            latency_ms=5,
        )


class FakeRecogniser:
    """Answers in order, the last one for ever."""

    def __init__(self, *answers: Recognition | ProviderError, identity: str = "fake/1") -> None:
        self._answers = list(answers)
        self.identity = identity
        self.jobs: list[tuple[SpeechJob, Audio]] = []

    def recognise(self, job: SpeechJob, audio: Audio) -> Recognition:
        self.jobs.append((job, audio))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer


class FakeEmbedder:
    """A vector of letter counts."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "aeiou"] for text in texts]


class MemoryDocuments:
    """A DocumentStore in a dict."""

    def __init__(self, **stored: bytes) -> None:
        self.stored = dict(stored)

    def head(self, key: str) -> StoredObject | None:
        if key not in self.stored:
            return None
        return StoredObject(len(self.stored[key]), str(hash(self.stored[key])))

    def read(self, key: str, *, limit: int) -> bytes | None:
        raw = self.stored.get(key)
        if raw is not None and len(raw) > limit:
            raise TooLargeError("too large")
        return raw

    def read_start(self, key: str, *, count: int) -> bytes:
        return self.stored.get(key, b"")[:count]

    def write(self, key: str, document: bytes, kind: str = "application/json") -> None:
        self.stored[key] = document

    def link(self, key: str, *, seconds: int) -> str:
        return f"https://media.example.com/{key}?X-Amz-Expires={seconds}"

    def json(self, key: str) -> Any:
        return json.loads(self.stored[key])


class MemoryLog:
    """A ResultLog in dicts."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, Artefact, int], Result] = {}
        self.newest: dict[tuple[str, Artefact], Result] = {}

    def record(self, result: Result) -> None:
        self.runs[result.video, result.artefact, result.run] = result
        newest = self.newest.get((result.video, result.artefact))
        if newest is None or (
            newest.run <= result.run and (result.state == "ready" or newest.state != "ready")
        ):
            self.newest[result.video, result.artefact] = result

    def latest(self, video: str, artefact: Artefact) -> Result | None:
        return self.newest.get((video, artefact))

    def of_run(self, video: str, artefact: Artefact, run: int) -> Result | None:
        return self.runs.get((video, artefact, run))

    def forget_before(self, video: str, source: int) -> None:
        for kept in (self.runs, self.newest):
            for key in [k for k, each in kept.items() if k[0] == video and each.source < source]:
                del kept[key]  # type: ignore[attr-defined]


class Hands:
    """A clock that moves only when somebody sleeps; dice that always show the same."""

    def __init__(self, dice: float = 0.5) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._dice = dice

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def timing(self) -> Timing:
        clock: Callable[[], float] = lambda: self.now  # noqa: E731
        return Timing(clock=clock, sleep=self.sleep, dice=lambda: self._dice)


def audio(key: str = "wsp_1/vid_1/1/speech.flac", data: bytes = b"fLaC...") -> Audio:
    """A recording that is held in memory."""
    return Audio("media", key, len(data), "checksum", 10_000, lambda: data)


def larger(original: Audio, size: int) -> Audio:
    """The same recording, said to be larger."""
    return replace(original, size=size)
