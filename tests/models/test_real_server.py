"""The real offline model server on the sample call: what it hears, who speaks, what it makes of it.

Needs the server's own environment (`.venv-models`, made by `make up`) and its weights, which are
fetched into the person's cache when they are not there yet.
"""

import json
import re
import signal
import subprocess
import tomllib
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import imageio_ffmpeg
import pytest

pytestmark = [pytest.mark.models, pytest.mark.timeout(900)]

PROJECT = Path(__file__).parents[2]
PYTHON = PROJECT / ".venv-models" / "bin" / "python"
CALL = PROJECT / "tests" / "media" / "sample_call.mp4"
DIALOGUE = CALL.with_suffix("") / "dialogue.toml"
TURNS = CALL.with_suffix("") / "turns.json"
CALL_DAY = "2026-11-17"


def start(*arguments: str) -> "subprocess.Popen[str]":
    command = [str(PYTHON), "-m", "infra.local.models", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=PROJECT, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture(scope="module")
def weights() -> None:
    if not PYTHON.exists():
        pytest.skip("the model server's environment .venv-models is not installed")
    subprocess.run([str(PYTHON), "-m", "infra.local.models.fetch"], cwd=PROJECT, check=True)


@pytest.fixture(scope="module")
def server(weights: None) -> Iterator[httpx.Client]:
    with start("--port", "0") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            ready = json.loads(line)
            with httpx.Client(base_url=ready["base_url"], timeout=600) as client:
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate()
    assert process.returncode == 0
    assert rest == "", "only the ready line goes to stdout"


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("speech") / "speech.flac"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-i", str(CALL), "-vn", "-ac", "1", "-ar", "16000"]
    subprocess.run([*command, str(target)], check=True)
    return target.read_bytes()


def test_a_stop_in_the_middle_of_a_transcription_is_heeded(weights: None, speech: bytes) -> None:
    with start("--port", "0") as process, ThreadPoolExecutor(1) as pool:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = json.loads(process.stdout.readline())
        with httpx.Client(base_url=ready["base_url"], timeout=600) as client:
            reply = pool.submit(transcribe, client, speech)
            while "Processing audio" not in process.stderr.readline():
                pass
            process.send_signal(signal.SIGTERM)
            process.communicate()
            status = reply.result().status_code

    assert process.returncode == 0
    assert status in {200, 500}


def test_a_taken_port_and_missing_weights_are_said_in_one_sentence(
    server: httpx.Client, tmp_path: Path
) -> None:
    with start("--port", str(server.base_url.port)) as second:
        _, complaint = second.communicate()
    assert (second.returncode, complaint.count("\n")) == (1, 1)
    assert "cannot be used: Address already in use." in complaint

    with start("--cache", str(tmp_path)) as third:
        _, complaint = third.communicate()
    assert (third.returncode, complaint.count("\n")) == (1, 1)
    assert "run `python -m infra.local.models.fetch`" in complaint


def transcribe(server: httpx.Client, audio: bytes, name: str = "speech.flac") -> httpx.Response:
    return server.post(
        "/audio/transcriptions",
        files={"file": (name, audio)},
        data={"model": "reelate-whisper-base", "response_format": "diarized_json"},
    )


@pytest.fixture(scope="module")
def heard(server: httpx.Client, speech: bytes) -> dict[str, Any]:
    reply = transcribe(server, speech)
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture(scope="module")
def script() -> list[dict[str, Any]]:
    return json.loads(TURNS.read_text())


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return tomllib.loads(DIALOGUE.read_text())["truth"]


NUMBERS = {"forty": "40", "ten percent": "10", "forty eight thousand": "48000", "tenth": "10th",
           "thirty nine thousand": "39000"}  # fmt: skip


def spoken(text: str) -> list[str]:
    """Words without case, punctuation and the ways to write a number."""
    plain = re.sub(r"[^a-z0-9' ]", "", text.lower().replace("-", " ").replace("%", " percent"))
    for words in sorted(NUMBERS, key=len, reverse=True):
        plain = plain.replace(words, NUMBERS[words])
    return [word for word in plain.split() if word not in {"dollars", "percent"}]


def word_errors(reference: list[str], found: list[str]) -> int:
    row = list(range(len(found) + 1))
    for i, wanted in enumerate(reference, 1):
        before, row[0] = row[:], i
        for j, got in enumerate(found, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (wanted != got))
    return row[-1]


def test_the_words_of_the_call_are_heard(heard: dict[str, Any], script) -> None:
    reference = spoken(" ".join(turn["text"] for turn in script))

    assert heard["language"] == "en"
    assert word_errors(reference, spoken(heard["text"])) / len(reference) <= 0.10


def test_two_speakers_are_found_unaided_and_get_their_own_words(heard, script) -> None:
    pairs: dict[tuple[str, str], int] = {}
    for word in heard["words"]:
        middle = 500 * (word["start"] + word["end"])
        turn = min(script, key=lambda t: max(t["start_ms"] - middle, middle - t["end_ms"], 0))
        pair = (word["speaker"], turn["speaker"])
        pairs[pair] = pairs.get(pair, 0) + 1

    assert {speaker for speaker, _ in pairs} == {"S1", "S2"}
    right = pairs[("S1", "maya")] + pairs[("S2", "daniel")]
    assert right / len(heard["words"]) >= 0.95


def test_words_lie_in_order_inside_the_recording(heard: dict[str, Any]) -> None:
    starts = [word["start"] for word in heard["words"]]

    assert starts == sorted(starts)
    assert all(0 <= w["start"] <= w["end"] <= heard["duration"] + 0.1 for w in heard["words"])


def test_turns_begin_where_they_were_spoken(heard: dict[str, Any], script) -> None:
    starts = [1000 * segment["start"] for segment in heard["segments"]]
    late = sorted(min(abs(turn["start_ms"] - start) for start in starts) for turn in script)

    assert late[len(late) // 2] <= 400


def test_the_analysis_finds_the_commitments_and_objections_of_the_script(
    server: httpx.Client, heard: dict[str, Any], truth: dict[str, Any]
) -> None:
    analysis = analyse(server, heard)

    found = {(item["due_text"].lower(), item["due_on"]) for item in analysis["action_items"]
             if item["due_text"]}  # fmt: skip
    for commitment in truth["commitments"]:
        assert commitment["due_on"] in {due_on for _, due_on in found}
    objections = " ".join(quote for one in analysis["objections"] for quote in one["quotes"])
    for objection in truth["objections"]:
        assert any(phrase in objections for phrase in objection["heard"]), objections
    assert {"pricing", "security and compliance"} <= {one["name"] for one in analysis["topics"]}
    for part in analysis.values():
        for one in part if isinstance(part, list) else [part]:
            assert all(
                any(quote in segment["text"] for segment in heard["segments"])
                for quote in one["quotes"]
            )


def analyse(server: httpx.Client, heard: dict[str, Any]) -> dict[str, Any]:
    turns = [
        {
            "i": at,
            "speaker": segment["speaker"],
            "start_ms": round(1000 * segment["start"]),
            "end_ms": round(1000 * segment["end"]),
            "text": segment["text"],
        }
        for at, segment in enumerate(heard["segments"])
    ]
    transcript = json.dumps({"task": "analyse_call", "today": CALL_DAY, "turns": turns})
    reply = server.post(
        "/chat/completions",
        json={
            "model": "reelate-extractive-1",
            "messages": [
                {"role": "user", "content": f"<<<TRANSCRIPT\n{transcript}\nTRANSCRIPT>>>"}
            ],
            "response_format": {"type": "json_schema", "json_schema": {"schema": {}}},
        },
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["usage"]["prompt_tokens"] > 200
    analysis: dict[str, Any] = json.loads(reply.json()["choices"][0]["message"]["content"])
    return analysis


@pytest.fixture
def silence(tmp_path: Path) -> bytes:
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(2 * 16000 * 4))
    return path.read_bytes()


def test_silence_is_heard_as_nothing(server: httpx.Client, silence: bytes) -> None:
    reply = transcribe(server, silence, "silence.wav").json()

    assert (reply["text"], reply["words"], reply["segments"]) == ("", [], [])
    assert reply["duration"] == pytest.approx(4.0)


def test_a_wav_without_samples_is_heard_as_nothing(server: httpx.Client, silence: bytes) -> None:
    reply = transcribe(server, silence[:40] + bytes(4), "empty.wav")

    assert reply.status_code == 200
    assert reply.json()["text"] == ""


@pytest.mark.parametrize(
    "audio",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not audio at all", id="text"),
        pytest.param(CALL.read_bytes()[:4096], id="mp4"),
        pytest.param(b"fLaC" + bytes(64), id="broken flac"),
        pytest.param(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(16), id="broken wav"),
        pytest.param(b"#EXTM3U\nfile:///etc/passwd\n", id="playlist"),
    ],
)
def test_what_is_not_wav_or_flac_is_refused(server: httpx.Client, audio: bytes) -> None:
    reply = transcribe(server, audio)

    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "unsupported_audio"


def test_embeddings_put_alike_sentences_closer_than_others(server: httpx.Client) -> None:
    texts = ["How much does it cost?", "What is the price?", "The weather is nice today."]

    reply = server.post("/embeddings", json={"model": "reelate-minilm-l6-v2", "input": texts})

    price, cost, weather = (one["embedding"] for one in reply.json()["data"])
    assert len(price) == 384
    assert dot(price, price) == pytest.approx(1.0, abs=1e-4)
    assert dot(price, cost) > 0.5 > dot(price, weather)


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
