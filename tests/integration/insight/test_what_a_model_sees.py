"""What the analysis may see: the transcript of its own video, and nothing else of the workspace.

The policy decides what a person may see; no person stands behind an analysis, so nothing that a
policy could hide may reach the model: no other video, no record of the CRM, no name of an owner."""

import json
from typing import Any

import pytest

from functions.insight.analyse.handler import handler as analyse
from functions.shared.aws import client
from functions.shared.ids import new_id
from tests.contract.insight.openai_server import FakeOpenAI, chat
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.gateway import CONTEXT
from tests.integration.insight.conftest import put
from tests.unit.insight.factories import point, reply

SECRETS = ("Zanzibar", "Yggdrasil", "Xanadu", "Wolfsburg", "mem_owner")


def transcript(text: str) -> bytes:
    words = [
        {"i": i, "text": word, "start_ms": i * 400, "end_ms": i * 400 + 300, "speaker": "S1"}
        for i, word in enumerate(text.split())
    ]
    turn = {
        "speaker": "S1", "start_ms": 0, "end_ms": words[-1]["end_ms"], "text": text,
        "first_word": 0, "last_word": len(words) - 1,
    }  # fmt: skip
    return json.dumps(
        {
            "version": 1, "language": "en", "duration_ms": 60_000,
            "speakers": [{"id": "S1", "label": "Speaker 1"}], "words": words, "turns": [turn],
            "source": {"provider": "openai", "model": "whisper"},
        }
    ).encode()  # fmt: skip


def record(table: str, pk: str, **fields: Any) -> None:
    item = {"pk": {"S": pk}, "sk": {"S": "RECORD"}, **{k: {"S": v} for k, v in fields.items()}}
    client("dynamodb").put_item(TableName=ENVIRONMENT[table], Item=item)


@pytest.fixture
def secrets(cloud: None) -> str:
    """A workspace full of things that no model may see; returns a video with a transcript."""
    video, other = new_id("vid"), new_id("vid")
    put(f"wsp_one/{video}/1/transcript.json", transcript("We agreed on the Marmalade price."))
    put(f"wsp_one/{other}/1/transcript.json", transcript("The secret is Zanzibar."))
    put(f"wsp_two/{video}/1/transcript.json", transcript("The secret is Yggdrasil."))
    record("CRM_TABLE", "W#wsp_one#con_1", name="Xanadu", owner_id="mem_owner")
    record("VIDEO_TABLE", f"W#wsp_one#{video}", title="Wolfsburg", owner_id="mem_owner")
    return video


def test_a_model_is_shown_the_video_s_own_transcript_and_nothing_else(
    secrets: str, server: FakeOpenAI
) -> None:
    server.will(chat(json.dumps(reply(summary=[point("A price.", "the Marmalade price")]))))
    own = f"wsp_one/{secrets}/1/transcript.json"
    read: list[str] = []
    listed: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        {"GetObject": read, "ListObjectsV2": listed}.get(model.name, []).append(params.get("Key"))

    events = client("s3", read_timeout=60).meta.events  # the one that the function uses
    events.register("provide-client-params.s3.*", note)
    with Calls("dynamodb") as items, Calls("lambda") as doors:
        outcome = analyse(
            {"workspace": "wsp_one", "video": secrets, "run": 1, "transcript_key": own}, CONTEXT
        )
    events.unregister("provide-client-params.s3.*", note)

    assert outcome["outcome"] == "ok", outcome
    sent = b"".join(asked.body for asked in server.asked).decode()
    assert "Marmalade" in sent
    assert [each for each in SECRETS if each in sent] == []
    assert (read, listed) == ([own], [])
    # of the insight table the video's results, of the platform table its quota
    assert set(items) <= {"GetItem", "PutItem", "TransactWriteItems"}
    assert doors == []


@pytest.mark.parametrize(
    "key", ["wsp_one/{other}/1/transcript.json", "wsp_two/{video}/1/transcript.json",
            "wsp_one/{video}/../{other}/1/transcript.json"],
)  # fmt: skip
def test_a_model_is_not_asked_about_another_s_transcript(
    secrets: str, server: FakeOpenAI, key: str
) -> None:
    other = key.format(video=secrets, other=new_id("vid"))

    with pytest.raises(ValueError, match="outside the video's own files"):
        analyse(
            {"workspace": "wsp_one", "video": secrets, "run": 1, "transcript_key": other}, CONTEXT
        )
    assert server.asked == []
