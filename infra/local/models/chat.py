"""Chat completions for the one task the extractive engine knows: analysing a call's transcript.

The user message carries the transcript as JSON between a line `<<<TRANSCRIPT` and a line
`TRANSCRIPT>>>`. What stands in it is data: nothing in it is followed as an instruction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.models.errors import RefusalError
from infra.local.models.sentences import Turn

TASK = "analyse_call"
_OPEN, _CLOSE = "<<<TRANSCRIPT", "TRANSCRIPT>>>"
_ABILITY = (
    "This offline engine only analyses calls: send a user message with a JSON transcript"
    f' {{"task": "{TASK}", "today", "turns"}} between the lines {_OPEN} and {_CLOSE}, and'
    " response_format json_schema."
)
_MOST_TURNS = 20_000
_DEEPEST = 12


@dataclass(frozen=True)
class Analysis:
    """One analysis request: the turns, the day it is today, and the schema the reply must have."""

    turns: tuple[Turn, ...]
    today: date
    schema: Mapping[str, Any]
    prompt: str


def read_request(body: Any) -> Analysis:
    """The analysis a chat request asks for; raises RefusalError 400 for any other request."""
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        raise _refused("The request has no messages.", "messages", "invalid_request")
    if body.get("stream"):
        raise _refused("Streaming is not offered here.", "stream", "unsupported_parameter")
    texts = [_content(message) for message in body["messages"]]
    schema = _schema(body.get("response_format"))
    users = [
        text
        for message, text in zip(body["messages"], texts, strict=True)
        if message.get("role") == "user"
    ]
    fenced = next((found for text in reversed(users) if (found := _fenced(text))), None)
    if fenced is None:
        raise _refused(_ABILITY, "messages", "unsupported_task")
    try:
        document = json.loads(fenced)
    except ValueError as error:
        raise _refused(
            f"The transcript is not JSON: {error}.", "messages", "invalid_transcript"
        ) from error
    if not isinstance(document, dict) or document.get("task") != TASK:
        raise _refused(_ABILITY, "messages", "unsupported_task")
    return Analysis(_turns(document), _today(document), schema, "\n".join(texts))


def _refused(message: str, param: str, code: str) -> RefusalError:
    return RefusalError(message, code=code, param=param)


def _content(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        if all(isinstance(part, str) for part in parts):
            return "\n".join(str(part) for part in parts)
    raise _refused("Every message needs text content.", "messages", "invalid_request")


def _fenced(text: str) -> str | None:
    # The fences stand alone on their lines; JSON cannot hold a raw line break inside a string, so
    # no spoken word can close them.
    lines = text.splitlines()
    try:
        first = lines.index(_OPEN)
        last = len(lines) - 1 - lines[::-1].index(_CLOSE)
    except ValueError:
        return None
    return "\n".join(lines[first + 1 : last]) if first < last else None


def _schema(response_format: Any) -> Mapping[str, Any]:
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_object":
        return {}
    if kind == "json_schema":
        schema = (response_format.get("json_schema") or {}).get("schema")
        if isinstance(schema, dict):
            return schema
    raise _refused(_ABILITY, "response_format", "unsupported_response_format")


def _today(document: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(document["today"])
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(
            "The transcript's `today` is not a date like 2026-11-22.",
            "messages",
            "invalid_transcript",
        ) from error


def _turns(document: Mapping[str, Any]) -> tuple[Turn, ...]:
    turns = document.get("turns")
    if not isinstance(turns, list) or len(turns) > _MOST_TURNS:
        raise _refused(
            f"The transcript needs `turns`, at most {_MOST_TURNS} of them.",
            "messages",
            "invalid_transcript",
        )
    try:
        return tuple(
            Turn(
                int(turn["i"]),
                str(turn["speaker"]),
                int(turn["start_ms"]),
                int(turn["end_ms"]),
                str(turn["text"]),
            )
            for turn in turns
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(
            f"A turn lacks i, speaker, start_ms, end_ms or text: {error}.",
            "messages",
            "invalid_transcript",
        ) from error


def fit(value: Any, schema: Mapping[str, Any]) -> Any:
    """The reply cut to a JSON schema: keys it does not know are left out.

    Raises RefusalError 400 when the schema requires something this engine does not produce.
    """
    return _fit(value, schema, schema.get("$defs", {}), "", 0)


def _fit(
    value: Any, schema: Mapping[str, Any], known: Mapping[str, Any], path: str, depth: int
) -> Any:
    if depth > _DEEPEST:
        return value
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = known.get(reference.rpartition("/")[2])
        return _fit(value, target, known, path, depth + 1) if isinstance(target, dict) else value
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_fit(one, schema["items"], known, f"{path}/0", depth + 1) for one in value]
    properties = schema.get("properties")
    if not isinstance(value, dict) or not isinstance(properties, dict):
        return value
    _complete(value, schema.get("required", ()), path)
    return {
        key: _fit(one, properties[key], known, f"{path}/{key}", depth + 1)
        for key, one in value.items()
        if key in properties
    }


def _complete(value: Mapping[str, Any], required: Sequence[str], path: str) -> None:
    missing = [key for key in required if key not in value]
    if missing:
        raise _refused(
            f"The schema requires {path}/{missing[0]}, which this extractive engine does not"
            f" produce. {_ABILITY}",
            "response_format",
            "unsupported_schema",
        )
