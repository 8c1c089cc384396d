"""Chooses among language models: in order, within a budget, around those that are down.

A provider retries its own transport; the router moves on. A provider that fails several times in
a row is left alone for a while (the circuit breaker lives as long as the Lambda's process). What
no provider will ever do differently (an over-large request) is refused before anything is spent.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from functions.insight.ports import Budget, Completion, LanguageModel, Message, ProviderError
from functions.insight.retry import Timing

CHARS_PER_TOKEN = 3.0  # low, so that the estimate errs on the careful side


class NoProviderError(Exception):
    """Every provider failed; `errors` has the last error of each, in the order they were tried."""

    def __init__(self, errors: Sequence[ProviderError]) -> None:
        super().__init__("; ".join(f"{e.provider or 'provider'}: {e.kind}" for e in errors))
        self.errors = tuple(errors)

    @property
    def transient(self) -> bool:
        """Whether trying the whole job later may help."""
        return any(error.transient for error in self.errors)


@dataclass(slots=True)
class Breaker:
    """Opens after `threshold` failures in a row; after `cooldown` seconds one call may try."""

    threshold: int = 3
    cooldown: float = 30.0
    failures: int = 0
    opened_at: float | None = None

    def allows(self, now: float) -> bool:
        """Whether a call may be made."""
        return self.opened_at is None or now - self.opened_at >= self.cooldown

    def succeeded(self) -> None:
        """Close the circuit."""
        self.failures, self.opened_at = 0, None

    def failed(self, now: float) -> None:
        """Count a failure; open, or stay open after a failed trial."""
        self.failures += 1
        if self.failures >= self.threshold:
            self.opened_at = now


def estimate_tokens(messages: Sequence[Message], schema: Mapping[str, Any]) -> int:
    """Tokens of a request, estimated from its characters and rounded up."""
    return math.ceil((sum(len(m.text) for m in messages) + len(str(schema))) / CHARS_PER_TOKEN)


class Router:
    """A LanguageModel made of several; `rounds` is how often the whole order is tried."""

    def __init__(
        self,
        providers: Mapping[str, LanguageModel],
        *,
        rounds: int = 2,
        pause: float = 1.0,
        timing: Timing | None = None,
        breakers: Mapping[str, Breaker] | None = None,
    ) -> None:
        if not providers:
            raise ValueError("a router needs a provider")
        self._providers = dict(providers)
        self._rounds = rounds
        self._pause = pause
        self._timing = timing or Timing()
        self._breakers = dict(breakers or {name: Breaker() for name in providers})

    def complete(
        self,
        task: str,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        budget: Budget,
    ) -> Completion:
        """The first answer in order; raises NoProviderError when all fail, or ProviderError
        `over_budget` before any call."""
        if estimate_tokens(messages, schema) > budget.max_input_tokens:
            raise ProviderError("over_budget", "the request is larger than its token budget")
        deadline = self._timing.clock() + budget.seconds
        errors: dict[str, ProviderError] = {}
        for turn in range(self._rounds):
            if turn:
                self._rest(deadline)
            for name, provider in self._providers.items():
                left = deadline - self._timing.clock()
                if left <= 0 or (name in errors and not errors[name].transient):
                    continue
                allowed = replace(budget, seconds=left)
                answer = self._ask(name, provider, task, messages, schema, allowed)
                if isinstance(answer, Completion):
                    return answer
                errors[name] = answer
        if not errors:
            raise NoProviderError([ProviderError("timeout", "no time was left to ask a model")])
        raise NoProviderError(list(errors.values()))

    def _ask(
        self,
        name: str,
        provider: LanguageModel,
        task: str,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        budget: Budget,
    ) -> Completion | ProviderError:
        breaker = self._breakers[name]
        if not breaker.allows(self._timing.clock()):
            return ProviderError("unavailable", "left alone after repeated failures", provider=name)
        try:
            completion = provider.complete(task, messages, schema, budget)
        except ProviderError as error:
            error.provider = name
            if error.transient:
                breaker.failed(self._timing.clock())
            return error
        breaker.succeeded()
        return completion

    def _rest(self, deadline: float) -> None:
        wait = self._pause * (0.5 + self._timing.dice())
        if self._timing.clock() + wait < deadline:
            self._timing.sleep(wait)
