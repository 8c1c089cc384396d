"""GET /v1/videos/{id}/transcript and /analysis through the real handler on moto."""

import json
from typing import Any

import pytest

from functions.insight.api.handler import app, handler
from functions.insight.api.shelf import INLINE_BYTES
from functions.insight.dynamodb import DynamoResults
from functions.insight.model import Reason
from functions.insight.ports import Result, State
from functions.shared.aws import client
from functions.shared.clock import iso, now
from functions.shared.ids import new_id
from functions.shared.table import Table
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member, Reply
from tests.integration.insight.conftest import BUCKET, put, table
from tests.unit.insight.factories import call

ADMIN = Api(handler)
VIEWER = Api(handler, Member(principal="key_view", role="viewer"))
STRANGER = Api(handler, Member(workspace="wsp_two", principal="key_two"))


def keep(
    video: str, run: int = 1, state: State = "ready", size: int = 0, **fields: Any
) -> dict[str, Any]:
    """Record a transcript, with its document when it is ready."""
    key = f"wsp_one/{video}/{run}/transcript.json"
    document = {"object": "transcript", "video_id": video, "run": run, "text": "x" * size}
    raw = json.dumps(document).encode()
    if state == "ready":
        put(key, raw)
        fields = {"key": key, "etag": f"etag{run}", "size": len(raw)} | fields
    log = DynamoResults(Table(client("dynamodb"), table(), "wsp_one"))
    log.record(Result("transcript", video, run, state, updated_at=iso(now()), **fields))
    return document


def get(video: str, query: str = "", api: Api = ADMIN, **headers: str) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.request("GET", f"/v1/videos/{video}/transcript{query}", headers=sent)


def test_the_latest_transcript_is_the_stored_document(cloud: None) -> None:
    video = new_id("vid")
    keep(video, 1)
    document = keep(video, 2)

    reply = get(video, api=VIEWER)

    assert (reply.status, reply.json, reply.etag) == (200, document, '"etag2"')
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "private, no-cache"


def captioned(video: str) -> None:
    """Record a transcript of two sentences."""
    made = call(("anna", "Is <this> fine & good?"), ("dana", "Yes."))
    raw = json.dumps(made.model_dump(mode="json")).encode()
    keep(video)
    put(f"wsp_one/{video}/1/transcript.json", raw)


def test_a_transcript_is_shown_as_captions(cloud: None) -> None:
    video = new_id("vid")
    captioned(video)

    vtt = get(video, ".vtt", api=VIEWER)
    srt = get(video, ".srt?run=1")

    assert (vtt.status, srt.status) == (200, 200)
    assert vtt.headers["content-type"].startswith("text/vtt")
    assert srt.headers["content-type"].startswith("application/x-subrip")
    assert vtt.body == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:01.450\nIs &lt;this&gt; fine &amp; good?\n"
        "\n00:00:01.500 --> 00:00:02.333\nYes.\n"
    )
    assert srt.body == (
        "1\n00:00:00,000 --> 00:00:01,450\nIs ‹this› fine & good?\n"
        "\n2\n00:00:01,500 --> 00:00:02,333\nYes.\n"
    )
    assert vtt.etag != srt.etag
    assert get(video, ".vtt", if_none_match=str(vtt.etag)).status == 304
    assert get(video, ".srt", if_none_match=str(vtt.etag)).status == 200


def test_captions_are_absent_where_the_transcript_is(cloud: None) -> None:
    video = new_id("vid")
    captioned(video)

    assert get(video, ".vtt", api=STRANGER).status == 404
    assert get(new_id("vid"), ".srt").status == 404
    assert get(video, ".vtt?run=7").status == 404
    assert get(video, ".txt").status == 404


def test_an_earlier_run_can_be_asked_for(cloud: None) -> None:
    video = new_id("vid")
    first = keep(video, 1)
    keep(video, 2)

    assert get(video, "?run=1").json == first
    assert get(video, "?run=3").status == 404


@pytest.mark.parametrize("query", ["?run=0", "?run=-1", "?run=one", "?run=10000", "?run="])
def test_a_run_that_is_no_number_from_1_is_invalid(cloud: None, query: str) -> None:
    reply = get(new_id("vid"), query)

    assert (reply.status, reply.headers["content-type"]) == (422, "application/problem+json")


def test_who_has_this_version_gets_304(cloud: None) -> None:
    video = new_id("vid")
    keep(video)

    assert get(video, if_none_match='"other", "etag1"').status == 304
    assert get(video, if_none_match="*").status == 304
    assert get(video, if_none_match='"other"').status == 200


@pytest.mark.parametrize(
    ("state", "code", "retry"),
    [
        ("processing", "transcript_not_ready", "10"),
        ("skipped", "transcript_skipped", None),
        ("failed", "transcript_failed", None),
    ],
)
def test_while_there_is_none_the_code_says_why(
    cloud: None, state: State, code: str, retry: str | None
) -> None:
    video = new_id("vid")
    keep(video, state=state, reason=Reason(code="c", detail="A sentence.", step="transcribe"))

    reply = get(video)

    assert (reply.status, reply.json["code"]) == (404, code)
    assert reply.headers.get("retry-after") == retry
    assert reply.json["type"] == "/problems/not-found"


def test_a_foreign_video_is_answered_exactly_like_one_that_never_was(cloud: None) -> None:
    video, unknown = new_id("vid"), new_id("vid")
    keep(video)

    foreign, absent = get(video, api=STRANGER), get(unknown, api=STRANGER)

    assert foreign.status == absent.status == 404
    neutral = {"instance": "", "request_id": ""}
    assert foreign.json | neutral == absent.json | neutral
    assert get(video, "?run=1", api=STRANGER).status == 404


@pytest.mark.parametrize("video", ["vid_1", "con_06b1qz3v1w7g2m5n8p0r4t6x9y", "%2e%2e%2f", "VID_X"])
def test_an_id_of_the_wrong_kind_is_not_found(cloud: None, video: str) -> None:
    assert get(video).status == 404


def test_without_the_scope_nothing_is_shown(cloud: None) -> None:
    reply = get(new_id("vid"), api=Api(handler, Member(scopes=("contacts:read",))))

    assert (reply.status, reply.json["code"]) == (403, "missing_scope")


def test_a_document_too_large_for_a_reply_is_a_redirect_to_a_signed_link(cloud: None) -> None:
    video = new_id("vid")
    keep(video, size=INLINE_BYTES)

    reply = get(video)

    assert (reply.status, reply.body) == (307, "")
    link = reply.headers["location"]
    assert f"/wsp_one/{video}/1/transcript.json?" in link
    assert "X-Amz-Expires=300" in link
    assert "X-Amz-Signature=" in link
    assert reply.headers["cache-control"] == "no-store"


def test_a_document_that_was_deleted_is_not_found(cloud: None) -> None:
    video = new_id("vid")
    keep(video)
    client("s3").delete_object(Bucket=BUCKET, Key=f"wsp_one/{video}/1/transcript.json")

    assert get(video).status == 404


def test_a_reply_costs_one_request_to_the_table_and_one_to_the_bucket(cloud: None) -> None:
    video = new_id("vid")
    keep(video)

    with Calls("dynamodb") as table_calls, Calls("s3") as bucket_calls:
        get(video)

    assert (table_calls, bucket_calls) == (["GetItem"], ["GetObject"])


def test_the_analysis_has_a_route_of_its_own(cloud: None) -> None:
    video = new_id("vid")
    keep(video)

    reply = ADMIN.request("GET", f"/v1/videos/{video}/analysis")

    assert (reply.status, reply.json["detail"]) == (404, "There is no analysis of this video.")
    assert ADMIN.request("POST", f"/v1/videos/{video}/analysis").status == 405


def test_the_documented_examples_fit_the_documented_schemas() -> None:
    from functions.insight.api.schemas import AnalysisView, TranscriptView

    for view in (TranscriptView, AnalysisView):
        for example in view.model_config["json_schema_extra"]["examples"]:  # type: ignore[index,call-overload]
            view.model_validate(example)
    paths = app.openapi()["paths"]
    documents = {"/v1/videos/{id}/transcript", "/v1/videos/{id}/analysis"}
    captions = {f"/v1/videos/{{id}}/transcript.{style}" for style in ("vtt", "srt")}
    assert set(paths) == documents | captions
    for name, path in paths.items():
        large = "307" if name in documents else "413"
        assert {"200", "304", large, "404", "422"} <= set(path["get"]["responses"])
        assert path["get"]["security"] == [{"bearer": ["videos:read"]}]
