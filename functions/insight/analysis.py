"""The analysis of one transcript: part by part asked, repaired once, grounded, merged."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError

from functions.insight.evidence import Spoken
from functions.insight.grounding import Findings, Grounding, Reply
from functions.insight.model import Analysis, AnalysisSource, Transcript, Usage
from functions.insight.parts import Part, parts
from functions.insight.ports import Budget, Completion, LanguageModel, Message
from functions.insight.prompts import Prompt, call_messages, repair_messages
from functions.insight.router import estimate_tokens

PART_TOKENS = 24_000  # about 70 minutes of talk, by the careful estimate


class UnusableReplyError(Exception):
    """The model's reply did not fit the schema, nor did its repaired one."""


@dataclass(slots=True)
class Spending:
    """What a job has used of its budget, kept also when the job fails."""

    budget: Budget
    clock: Callable[[], float] = time.monotonic
    usage: Usage = field(default_factory=Usage)
    started: float = 0.0

    def __post_init__(self) -> None:
        self.started = self.clock()

    def add(self, completion: Completion) -> None:
        """Count one completion."""
        self.usage = self.usage.plus(
            Usage(
                provider=completion.provider,
                model=completion.model,
                input_tokens=completion.tokens.input,
                output_tokens=completion.tokens.output,
                calls=1,
                cost_usd=completion.cost,
            )
        )

    @property
    def left(self) -> Budget:
        """What one further call may use at most."""
        return Budget(
            max(0, self.budget.max_input_tokens - self.usage.input_tokens),
            self.budget.max_output_tokens,
            self.budget.seconds - (self.clock() - self.started),
        )


def analyse_call(
    transcript: Transcript,
    *,
    model: LanguageModel,
    prompt: Prompt,
    call_date: date,
    spending: Spending,
    part_tokens: int = PART_TOKENS,
) -> Analysis:
    """Ask about every part that the budget allows and keep what the transcript proves.

    `spending.budget` is the job's input tokens and time, and the output tokens of one call. Raises
    UnusableReplyError, ProviderError, NoProviderError.
    """
    spoken = Spoken(transcript.words)
    grounding = Grounding(spoken, transcript.speakers, call_date)
    findings = Findings()
    pieces = parts(transcript.turns, part_tokens)
    covered_ms, asked = 0, 0
    for part, messages in _requests(pieces, prompt, call_date):
        fits = estimate_tokens(messages, prompt.schema) <= spending.left.max_input_tokens
        if asked and not fits:
            break  # the first part is asked in any case: the model says whether it is too large
        reply = _ask(model, prompt, messages, spending)
        grounding.add(findings, reply, part.words)
        covered_ms, asked = _end(part), asked + 1
    return Analysis(
        summary=tuple(findings.summary),
        action_items=tuple(findings.action_items),
        topics=tuple(findings.topics),
        objections=tuple(findings.objections),
        next_steps=tuple(findings.next_steps),
        sentiment=findings.sentiment,
        source=AnalysisSource(
            provider=spending.usage.provider,
            model=spending.usage.model,
            prompt_version=prompt.name,
            parts=asked,
            covered_ms=covered_ms,
        ),
        dropped=findings.dropped,
        truncated=findings.truncated,
    )


def most_tokens(
    transcript: Transcript,
    prompt: Prompt,
    call_date: date,
    budget: Budget,
    part_tokens: int = PART_TOKENS,
) -> int:
    """Return what `analyse_call` may use at most, in and out, by the careful estimate: every part
    that the budget allows, each asked again once with its first answer."""
    most, left = 0, budget.max_input_tokens
    pieces = parts(transcript.turns, part_tokens)
    for _, messages in _requests(pieces, prompt, call_date):
        size = estimate_tokens(messages, prompt.schema)
        if most and size > left:
            break
        left -= size
        most += 2 * size + 3 * budget.max_output_tokens
    return most


def _requests(
    pieces: Sequence[Part], prompt: Prompt, call_date: date
) -> Iterator[tuple[Part, Sequence[Message]]]:
    for place, part in enumerate(pieces, start=1):
        yield (
            part,
            call_messages(
                prompt, part.turns, first=part.first, today=call_date, part=place, parts=len(pieces)
            ),
        )


def _ask(
    model: LanguageModel, prompt: Prompt, messages: Sequence[Message], spending: Spending
) -> Reply:
    """Ask, and once more with the fault named when the reply does not fit the schema."""
    completion = model.complete(prompt.id, messages, prompt.schema, spending.left)
    spending.add(completion)
    reply, fault = read_reply(completion)
    if reply is None:
        again = repair_messages(messages, completion.text, fault)
        completion = model.complete(prompt.id, again, prompt.schema, spending.left)
        spending.add(completion)
        reply, fault = read_reply(completion)
    if reply is None:
        raise UnusableReplyError(fault)
    return reply


def read_reply(completion: Completion) -> tuple[Reply | None, str]:
    """The reply, or what is wrong with it (fields and kinds of fault, not its words)."""
    if completion.json is None:
        return None, "it is not one complete JSON object"
    try:
        return Reply.model_validate(completion.json), ""
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return None, "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:10]
        )


def _end(part: Part) -> int:
    return max(turn.end_ms for turn in part.turns)
