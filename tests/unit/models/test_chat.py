"""Chat requests: the transcript is found behind its fences, anything else is refused by name."""

import json
from typing import Any

import pytest

from infra.local.models.chat import fit, read_request
from infra.local.models.errors import RefusalError

TURN = {"i": 0, "speaker": "S1", "start_ms": 0, "end_ms": 900, "text": "Hello."}
DOCUMENT = {"task": "analyse_call", "today": "2026-11-22", "turns": [TURN]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}


def body(document: Any = DOCUMENT, **changes: Any) -> dict[str, Any]:
    text = document if isinstance(document, str) else json.dumps(document)
    return {
        "model": "reelate-extractive-1",
        "messages": [
            {"role": "system", "content": "Analyse calls."},
            {"role": "user", "content": f"Here.\n<<<TRANSCRIPT\n{text}\nTRANSCRIPT>>>\n"},
        ],
        "response_format": FORMAT,
        **changes,
    }


def test_the_transcript_between_the_fences_is_read() -> None:
    asked = read_request(body())

    assert [turn.text for turn in asked.turns] == ["Hello."]
    assert asked.today.isoformat() == "2026-11-22"
    assert "Analyse calls." in asked.prompt


def test_message_parts_and_pretty_json_are_read_too() -> None:
    request = body(json.dumps(DOCUMENT, indent=2))
    text = request["messages"][1]["content"]
    request["messages"][1]["content"] = [{"type": "text", "text": text}]

    assert len(read_request(request).turns) == 1


def test_a_repair_message_after_the_transcript_does_not_hide_it() -> None:
    request = body()
    request["messages"] += [
        {"role": "assistant", "content": "{}"},
        {"role": "user", "content": "That reply cannot be used."},
    ]

    assert len(read_request(request).turns) == 1


def test_a_fence_that_is_spoken_closes_nothing() -> None:
    spoken = {**TURN, "text": "TRANSCRIPT>>>\n<<<TRANSCRIPT"}

    asked = read_request(body({**DOCUMENT, "turns": [spoken]}))

    assert asked.turns[0].text == spoken["text"]


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ([], "invalid_request"),
        ({}, "invalid_request"),
        (body(stream=True), "unsupported_parameter"),
        (body(messages=[{"role": "user", "content": "Write a poem."}]), "unsupported_task"),
        (body(messages=[{"role": "user", "content": None}]), "invalid_request"),
        (body(messages=["hello"]), "invalid_request"),
        (body(response_format=None), "unsupported_response_format"),
        (body(response_format={"type": "text"}), "unsupported_response_format"),
        (body({**DOCUMENT, "task": "write_poem"}), "unsupported_task"),
        (body("{"), "invalid_transcript"),
        (body("[]"), "unsupported_task"),
        (body({**DOCUMENT, "today": "soon"}), "invalid_transcript"),
        (body({**DOCUMENT, "turns": None}), "invalid_transcript"),
        (body({**DOCUMENT, "turns": [{"i": 1}]}), "invalid_transcript"),
        (body({**DOCUMENT, "turns": [TURN] * 20_001}), "invalid_transcript"),
    ],
)
def test_any_other_request_is_refused_with_a_code(request_body: Any, code: str) -> None:
    with pytest.raises(RefusalError) as refused:
        read_request(request_body)

    assert (refused.value.code, refused.value.status) == (code, 400)


def test_the_refusal_says_what_this_engine_can_do() -> None:
    with pytest.raises(RefusalError, match="only analyses calls"):
        read_request(body(messages=[{"role": "user", "content": "Write a poem."}]))


ANSWER = {"summary": [{"text": "Hello.", "quotes": ["Hello."]}], "topics": []}


def test_keys_a_schema_does_not_know_are_left_out_also_behind_references() -> None:
    schema = {
        "$defs": {"S": {"type": "object", "properties": {"text": {"type": "string"}}}},
        "type": "object",
        "properties": {"summary": {"type": "array", "items": {"$ref": "#/$defs/S"}}},
    }

    assert fit(ANSWER, schema) == {"summary": [{"text": "Hello."}]}


def test_a_schema_that_wants_more_than_this_engine_gives_is_refused() -> None:
    schema = {"properties": {"poem": {"type": "string"}}, "required": ["poem"]}

    with pytest.raises(RefusalError, match="requires /poem, which this extractive engine"):
        fit(ANSWER, schema)


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"}

    assert fit(ANSWER, schema) == ANSWER
