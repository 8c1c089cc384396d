"""The server's paths, shapes and errors are OpenAI's, and its engines see one request at a time."""

import asyncio
import base64
import struct
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from infra.local.models.errors import RefusalError
from infra.local.models.server import MODELS, create_app
from infra.local.models.weights import WeightsError
from infra.local.models.worker import Worker
from tests.unit.models.fakes import FakeEngines
from tests.unit.models.test_chat import body

SPEECH, EMBEDDING, ANALYSIS = MODELS


def ask(engines: FakeEngines, method: str, path: str, **more: Any) -> httpx.Response:
    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(engines))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **more)

    return asyncio.run(one())


def transcribe(engines: FakeEngines, **fields: Any) -> httpx.Response:
    return ask(
        engines,
        "POST",
        "/v1/audio/transcriptions",
        files={"file": ("speech.flac", b"fLaC...")},
        data={"model": SPEECH, **fields},
    )


def refusal(reply: httpx.Response) -> tuple[int, str]:
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return reply.status_code, error["code"]


def test_it_is_healthy_and_lists_its_models() -> None:
    assert ask(FakeEngines(), "GET", "/healthz").json()["status"] == "ok"
    listed = ask(FakeEngines(), "GET", "/v1/models").json()
    assert [one["id"] for one in listed["data"]] == list(MODELS)
    assert ask(FakeEngines(), "GET", f"/v1/models/{SPEECH}").json()["id"] == SPEECH
    assert refusal(ask(FakeEngines(), "GET", "/v1/models/gpt-9")) == (404, "model_not_found")


def test_a_diarised_transcription_has_speakers_on_segments_and_words() -> None:
    reply = transcribe(FakeEngines(), response_format="diarized_json").json()

    assert reply["text"] == "Hello there. Hi."
    assert (reply["language"], reply["duration"]) == ("en", 1.75)
    assert reply["segments"] == [
        {
            "type": "transcript.text.segment",
            "id": "seg_0000",
            "start": 0.1,
            "end": 0.9,
            "text": "Hello there.",
            "speaker": "S1",
        },
        {
            "type": "transcript.text.segment",
            "id": "seg_0001",
            "start": 1.2,
            "end": 1.5,
            "text": "Hi.",
            "speaker": "S2",
        },
    ]
    assert reply["words"][2] == {
        "word": "Hi.",
        "start": 1.2,
        "end": 1.5,
        "probability": 0.7,
        "speaker": "S2",
    }
    assert reply["usage"] == {"type": "duration", "seconds": 2}


def test_speakers_are_only_looked_for_when_asked_for() -> None:
    engines = FakeEngines()

    plain = transcribe(engines).json()
    verbose = transcribe(
        engines, response_format="verbose_json", **{"timestamp_granularities[]": "word"}
    ).json()
    text = transcribe(engines, response_format="text", language="en", prompt="Okta")

    assert plain["text"] == text.text.strip() == "Hello there. Hi."
    assert [word["word"] for word in verbose["words"]] == ["Hello", "there.", "Hi."]
    assert "speaker" not in verbose["words"][0]
    assert [call[1][1:] for call in engines.calls] == [
        (None, None, False),
        (None, None, False),
        ("en", "Okta", False),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"model": "gpt-9"}, (404, "model_not_found")),
        ({"model": EMBEDDING}, (400, "wrong_model")),
        ({"response_format": "srt"}, (400, "unsupported_response_format")),
        ({"stream": "true"}, (400, "unsupported_parameter")),
    ],
)
def test_a_transcription_request_that_cannot_be_served_says_why(fields, expected) -> None:
    engines = FakeEngines()

    assert refusal(transcribe(engines, **fields)) == expected
    assert engines.calls == []


def test_a_form_without_a_file_is_refused() -> None:
    reply = ask(FakeEngines(), "POST", "/v1/audio/transcriptions", data={"model": SPEECH})

    assert refusal(reply) == (400, "missing_file")


def test_a_body_that_says_it_is_huge_is_not_read() -> None:
    for path in ("/v1/audio/transcriptions", "/v1/embeddings"):
        reply = ask(
            FakeEngines(), "POST", path, content=b"x", headers={"content-length": str(1 << 40)}
        )
        assert refusal(reply) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (RefusalError("No.", code="unsupported_audio"), (400, "unsupported_audio")),
        (WeightsError("m is missing."), (503, "model_unavailable")),
    ],
)
def test_what_an_engine_refuses_reaches_the_caller(fault, expected) -> None:
    engines = FakeEngines()
    engines.fault = fault

    assert refusal(transcribe(engines)) == expected


def embed(**fields: Any) -> httpx.Response:
    request = {"model": EMBEDDING, "input": ["one text", "another one"], **fields}
    return ask(FakeEngines(), "POST", "/v1/embeddings", json=request)


def test_a_batch_of_embeddings_comes_in_order_with_its_tokens() -> None:
    reply = embed().json()

    assert [one["index"] for one in reply["data"]] == [0, 1]
    assert reply["data"][0]["embedding"][:2] == [0.5, 0.5]
    assert reply["usage"] == {"prompt_tokens": 4, "total_tokens": 4}


def test_base64_embeddings_are_little_endian_floats() -> None:
    encoded = embed(input="one", encoding_format="base64").json()["data"][0]["embedding"]

    assert struct.unpack("<384f", base64.b64decode(encoded)) == (0.5,) * 384


@pytest.mark.parametrize("given", [None, [], "", [""], [1], {"a": 1}, ["x"] * 2049])
def test_embeddings_of_nothing_are_refused(given: Any) -> None:
    assert refusal(embed(input=given)) == (400, "invalid_input")


def test_other_dimensions_are_refused() -> None:
    assert refusal(embed(dimensions=10)) == (400, "unsupported_parameter")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(content: bytes) -> None:
    for path in ("/v1/embeddings", "/v1/chat/completions"):
        assert refusal(ask(FakeEngines(), "POST", path, content=content)) == (400, "invalid_json")


def test_an_analysis_is_a_chat_completion_with_usage() -> None:
    engines = FakeEngines({"summary": [{"text": "Hi.", "quotes": ["Hi."]}]})

    reply = ask(engines, "POST", "/v1/chat/completions", json=body()).json()

    assert reply["object"] == "chat.completion"
    assert reply["model"] == "reelate-extractive-1"
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert httpx.Response(200, content=reply["choices"][0]["message"]["content"]).json() == (
        engines.analysis
    )
    assert reply["usage"]["prompt_tokens"] > 0
    assert reply["usage"]["total_tokens"] == (
        reply["usage"]["prompt_tokens"] + reply["usage"]["completion_tokens"]
    )


def test_any_other_chat_is_refused_as_openai_would() -> None:
    request = body(messages=[{"role": "user", "content": "Write a poem."}])

    reply = ask(FakeEngines(), "POST", "/v1/chat/completions", json=request)

    assert refusal(reply) == (400, "unsupported_task")
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_unknown_paths_and_methods_are_json_errors() -> None:
    assert refusal(ask(FakeEngines(), "GET", "/v2")) == (404, "unknown_url")
    assert refusal(ask(FakeEngines(), "GET", "/v1/embeddings")) == (405, "method_not_allowed")


def test_a_foreign_host_name_is_turned_away() -> None:
    reply = ask(FakeEngines(), "GET", "/healthz", headers={"host": "evil.example"})

    assert reply.status_code == 400


def run_all(worker: Worker, jobs: list[Callable[[], Any]]) -> list[Any]:
    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*map(worker.run, jobs), return_exceptions=True)

    return asyncio.run(all_of_them())


def test_jobs_run_one_at_a_time_in_order() -> None:
    running = threading.Lock()
    order: list[int] = []

    def job(number: int) -> int:
        assert running.acquire(blocking=False)
        order.append(number)
        running.release()
        return number

    done = run_all(Worker(), [lambda n=n: job(n) for n in range(30)])

    assert done == order == list(range(30))


def test_a_job_that_fails_harms_only_itself() -> None:
    first, second = run_all(Worker(), [lambda: 1 // 0, lambda: "fine"])

    assert isinstance(first, ZeroDivisionError)
    assert second == "fine"


def test_too_many_waiting_jobs_are_refused_not_queued_for_ever() -> None:
    released = threading.Event()

    async def crowd() -> list[Any]:
        worker = Worker()
        tasks = [asyncio.ensure_future(worker.run(released.wait)) for _ in range(60)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        released.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    done = asyncio.run(crowd())

    refused = [one for one in done if isinstance(one, RefusalError)]
    assert {(one.status, one.code) for one in refused} == {(503, "overloaded")}
    assert 60 - len(refused) == sum(one is True for one in done) >= 32
