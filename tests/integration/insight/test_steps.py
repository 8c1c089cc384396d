"""λ transcribe and λ analyse as the state machine calls them: on moto, with a model server."""

import json
from typing import Any

import pytest

from functions.insight.analyse.handler import handler as analyse
from functions.insight.dynamodb import DynamoResults
from functions.insight.forget.handler import handler as forget
from functions.insight.transcribe.handler import handler as transcribe
from functions.shared.aws import client
from functions.shared.settings import Settings
from functions.shared.table import Table
from tests.contract.insight.openai_server import FakeOpenAI, chat, fault, says
from tests.integration.cloud import ENVIRONMENT
from tests.integration.crm.bus import message, video_event
from tests.integration.gateway import CONTEXT
from tests.integration.insight.conftest import BUCKET, put
from tests.unit.insight.factories import point, reply

RUN = {"workspace": "wsp_one", "video": "vid_1", "run": 1}
SPEECH = "wsp_one/vid_1/1/speech.flac"
TRANSCRIPT = "wsp_one/vid_1/1/transcript.json"
ANALYSIS = "wsp_one/vid_1/1/analysis.json"
ANSWER = reply(
    summary=[
        point("Support helps.", "walk you through the steps"),
        point("Made up.", "no such words"),
    ]
)


def stored(key: str) -> Any:
    return json.loads(client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def heard(server: FakeOpenAI) -> dict[str, Any]:
    put(SPEECH, b"fLaC speech")
    server.will(says("openai_diarized.json"))
    return transcribe({**RUN, "speech_key": SPEECH, "attempt": 0}, CONTEXT)


def test_a_recording_is_transcribed_then_analysed_and_both_documents_lie_in_the_bucket(
    cloud: None, server: FakeOpenAI
) -> None:
    first = heard(server)
    server.will(chat(json.dumps(ANSWER)))
    second = analyse({**RUN, "transcript_key": first["transcript_key"]}, CONTEXT)

    assert (first["outcome"], first["transcript_key"]) == ("ok", TRANSCRIPT)
    assert first["summary"] == {
        "language": "und",
        "words": 18,
        "speakers": 2,
        "duration_ms": 27_400,
        "captions": 4,
    }
    captions = client("s3").get_object(Bucket=BUCKET, Key=TRANSCRIPT[:-15] + "captions.vtt")
    assert captions["ContentType"] == "text/vtt"
    assert captions["Body"].read().startswith(b"WEBVTT\n\n00:00:")
    assert (second["outcome"], second["analysis_key"]) == ("ok", ANALYSIS)
    assert second["summary"]["counts"] | {"dropped": 1} == second["summary"]["counts"]
    assert second["usage"]["cost_usd"] == 0
    assert stored(ANALYSIS)["summary"][0]["evidence"][0]["quote"] == "walk you through the steps."
    assert stored(ANALYSIS)["source"]["prompt_version"] == "analyse_call/1"
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer sk-test"] * 2
    json.dumps([first, second])  # what Lambda and Step Functions carry


def test_of_a_video_that_is_gone_for_good_no_row_is_left(cloud: None, server: FakeOpenAI) -> None:
    first = heard(server)
    server.will(chat(json.dumps(ANSWER)))
    analyse({**RUN, "transcript_key": first["transcript_key"]}, CONTEXT)
    known = client("dynamodb").scan(TableName=ENVIRONMENT["INSIGHT_TABLE"])["Items"]
    assert len(known) == 4

    def told(**more: Any) -> dict[str, Any]:
        return {"Records": [message(video_event("video.purged", [], **more))]}

    for event in (told(id="vid_2"), told(id="vid_1", workspace="wsp_two")):
        assert forget(event, CONTEXT) == {"batchItemFailures": []}
    results = DynamoResults(Table(client("dynamodb"), ENVIRONMENT["INSIGHT_TABLE"], "wsp_one"))
    assert results.latest("vid_1", "analysis") is not None
    for _ in range(2):
        assert forget(told(id="vid_1"), CONTEXT) == {"batchItemFailures": []}

    assert client("dynamodb").scan(TableName=ENVIRONMENT["INSIGHT_TABLE"])["Items"] == []


def test_what_was_heard_in_a_replaced_file_is_forgotten_before_the_new_one_is_heard(
    cloud: None, server: FakeOpenAI
) -> None:
    first = heard(server)
    server.will(chat(json.dumps(ANSWER)))
    analyse({**RUN, "transcript_key": first["transcript_key"]}, CONTEXT)
    results = DynamoResults(Table(client("dynamodb"), ENVIRONMENT["INSIGHT_TABLE"], "wsp_one"))
    silent = {**RUN, "run": 2, "source": 2, "speech_key": None}

    assert transcribe({**silent, "attempt": 1}, CONTEXT)["outcome"] == "skipped"
    assert results.latest("vid_1", "analysis") is not None, "at the first attempt alone"
    assert transcribe({**silent, "attempt": 0}, CONTEXT)["outcome"] == "skipped"

    assert results.latest("vid_1", "analysis") is None
    assert results.of_run("vid_1", "transcript", 1) is None
    latest = results.latest("vid_1", "transcript")
    assert latest is not None
    assert (latest.run, latest.source, latest.state) == (2, 2, "skipped")


def test_the_steps_again_ask_no_model(cloud: None, server: FakeOpenAI) -> None:
    first = heard(server)
    again = transcribe({**RUN, "speech_key": SPEECH, "attempt": 3}, CONTEXT)
    server.will(chat(json.dumps(ANSWER)))
    outcomes = [analyse({**RUN, "transcript_key": TRANSCRIPT}, CONTEXT) for _ in range(3)]

    efforts = [each.pop("effort") for each in (first, again, *outcomes)]
    assert again == first
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert [each["calls"] for each in efforts] == [1, 4, 1, 1, 1]
    assert all(each["mb_ms"] > 0 for each in efforts)
    assert [asked.path for asked in server.asked] == [
        "/v1/audio/transcriptions",
        "/v1/chat/completions",
    ]


def test_no_sound_and_no_transcript_are_skipped(cloud: None, server: FakeOpenAI) -> None:
    assert transcribe({**RUN, "speech_key": None, "attempt": 0}, CONTEXT)["outcome"] == "skipped"
    assert analyse({**RUN, "transcript_key": None}, CONTEXT)["outcome"] == "skipped"
    assert server.asked == []


def test_a_model_that_refuses_our_key_fails_the_analysis_and_leaves_the_transcript(
    cloud: None, server: FakeOpenAI
) -> None:
    heard(server)
    server.will(fault(401, "invalid_api_key"))

    outcome = analyse({**RUN, "transcript_key": TRANSCRIPT}, CONTEXT)

    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "model_misconfigured")
    assert stored(TRANSCRIPT)["object"] == "transcript"


def test_a_key_that_cannot_be_read_fails_with_a_reason(cloud: None, server: FakeOpenAI) -> None:
    heard(server)
    client("secretsmanager").delete_secret(
        SecretId="reelate-local-model-key", ForceDeleteWithoutRecovery=True
    )
    server.will(chat("{}"))

    outcome = analyse({**RUN, "transcript_key": TRANSCRIPT}, CONTEXT)

    assert outcome["reason"]["code"] == "model_misconfigured"
    assert len(server.asked) == 1


def test_the_next_provider_answers_when_the_first_is_down(
    cloud: None, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard(server)
    monkeypatch.setenv("LANGUAGE_PROVIDER", "bedrock,openai")
    monkeypatch.setenv("LANGUAGE_MODEL", "amazon.nova-lite-v1:0,reelate-extractive-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]
    server.will(chat(json.dumps(ANSWER)))

    outcome = analyse({**RUN, "transcript_key": TRANSCRIPT}, CONTEXT)

    assert (outcome["outcome"], outcome["usage"]["provider"]) == ("ok", "openai")


def test_amazon_transcribe_is_asked_and_pending_until_its_output_is_there(
    cloud: None, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(SPEECH, b"fLaC speech")
    monkeypatch.setenv("SPEECH_PROVIDER", "transcribe")
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]
    step = {**RUN, "speech_key": SPEECH}

    assert transcribe({**step, "attempt": 0}, CONTEXT)["outcome"] == "pending"
    job = client("transcribe").get_transcription_job(
        TranscriptionJobName="reelate-local-wsp_one-vid_1-1"
    )["TranscriptionJob"]
    assert job["Settings"]["ShowSpeakerLabels"] is True
    assert job["Media"] == {"MediaFileUri": f"s3://{BUCKET}/{SPEECH}"}
    assert transcribe({**step, "attempt": 1}, CONTEXT) == {"outcome": "pending", "wait_seconds": 15}
    assert server.asked == []


@pytest.mark.parametrize("step", [transcribe, analyse])
def test_an_input_that_is_not_the_contract_is_an_error_for_the_operator(
    cloud: None, step: Any
) -> None:
    with pytest.raises(ValueError, match="validation error"):
        step({"workspace": "wsp_one", "run": 0}, CONTEXT)
