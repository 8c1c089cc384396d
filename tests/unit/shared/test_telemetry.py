"""Log lines: one per invocation, whole, and nothing of the invocation before."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.shared.consumer import consume
from functions.shared.telemetry import annotate, count, instrumented, logger

CONTEXT = SimpleNamespace(aws_request_id="inv_1")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_invocation_leaves_one_line_with_what_was_annotated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @instrumented
    def handler(event: Any, _context: Any) -> Any:
        annotate(workspace="wsp_one", status=200)
        return event

    assert handler({"a": 1}, CONTEXT) == {"a": 1}
    (line,) = lines(capsys)
    assert line.pop("duration_ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "INFO",
        "message": "invocation",
        "service": "reelate",
        "function": "local",
        "invocation": "inv_1",
        "workspace": "wsp_one",
        "status": 200,
        "outcome": "ok",
    }


def test_a_failure_is_logged_by_its_type_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @instrumented
    def handler(_event: Any, _context: Any) -> Any:
        raise LookupError("ada@example.com")

    with pytest.raises(LookupError):
        handler({}, CONTEXT)
    (line,) = lines(capsys)
    assert (line["level"], line["outcome"], line["error_type"]) == ("ERROR", "error", "LookupError")
    assert "ada" not in json.dumps(line)


def test_an_invocation_knows_nothing_of_the_one_before(capsys: pytest.CaptureFixture[str]) -> None:
    @instrumented
    def handler(event: Any, _context: Any) -> None:
        annotate(**event)

    handler({"workspace": "wsp_one", "route": "/v1/contacts"}, CONTEXT)
    handler({}, CONTEXT)
    second = lines(capsys)[1]
    assert "workspace" not in second
    assert "route" not in second


def test_a_line_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    logger.info("two\nlines", extra={"odd": object(), "breaks": "\r\n\u2028"})
    (text,) = capsys.readouterr().out.split("\n")[:-1]
    assert json.loads(text)["message"] == "two\nlines"


def test_a_metric_is_written_in_cloudwatchs_format(capsys: pytest.CaptureFixture[str]) -> None:
    count("records_made", 2, resource="contacts")
    (line,) = lines(capsys)
    assert line["records_made"] == [2.0]
    assert line["resource"] == "contacts"
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Reelate"


def message(message_id: str, body: str) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "2"},
    }


def test_a_poison_message_is_reported_alone_and_the_rest_is_handled(
    capsys: pytest.CaptureFixture[str],
) -> None:
    handled: list[Any] = []

    def handle(body: dict[str, Any]) -> None:
        if body.get("poison"):
            raise ValueError("ada@example.com")
        handled.append(body)

    reply = consume(
        {
            "Records": [
                message("m1", '{"n": 1}'),
                message("m2", '{"poison": true}'),
                message("m3", "not JSON"),
                message("m4", '{"n": 4}'),
            ]
        },
        handle,
    )
    assert reply == {"batchItemFailures": [{"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}]}
    assert handled == [{"n": 1}, {"n": 4}]
    first, second = lines(capsys)
    assert (first["message_id"], first["error_type"], first["receive_count"]) == (
        "m2", "ValueError", "2",
    )  # fmt: skip
    assert second["error_type"] == "JSONDecodeError"
    assert "ada" not in json.dumps(first)
