"""What DocumentStore and ResultLog promise, held against the fakes and the AWS adapters."""

from collections.abc import Callable

import pytest

from functions.insight.dynamodb import DynamoResults
from functions.insight.model import Reason, Usage
from functions.insight.ports import DocumentStore, Result, ResultLog, State
from functions.insight.s3 import S3Documents
from functions.shared.aws import client
from functions.shared.errors import TooLargeError
from functions.shared.table import Table
from tests.contract.insight.conftest import BUCKET
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.unit.insight.fakes import MemoryDocuments, MemoryLog


@pytest.fixture(params=["memory", "s3"])
def documents(request: pytest.FixtureRequest, cloud: None) -> DocumentStore:
    return MemoryDocuments() if request.param == "memory" else S3Documents(client("s3"), BUCKET)


@pytest.fixture(params=["memory", "dynamodb"])
def log(request: pytest.FixtureRequest, cloud: None) -> ResultLog:
    return MemoryLog() if request.param == "memory" else dynamo("wsp_1")


def dynamo(workspace: str) -> DynamoResults:
    return DynamoResults(Table(client("dynamodb"), ENVIRONMENT["INSIGHT_TABLE"], workspace))


def result(run: int, state: State = "ready", video: str = "vid_1") -> Result:
    return Result("transcript", video, run, state, updated_at="2026-11-22T12:00:00.000Z")


def test_a_document_is_read_as_written_and_replaced_as_a_whole(documents: DocumentStore) -> None:
    documents.write("wsp/vid/1/x.json", b'{"a": 1}')
    documents.write("wsp/vid/1/x.json", '{"ü": 2}'.encode())

    assert documents.read("wsp/vid/1/x.json", limit=100) == '{"ü": 2}'.encode()


def test_an_absent_document_is_none_and_no_error(documents: DocumentStore) -> None:
    assert documents.head("wsp/none") is None
    assert documents.read("wsp/none", limit=100) is None
    assert documents.read_start("wsp/none", count=10) == b""


def test_a_documents_size_is_known_and_its_checksum_changes_with_it(
    documents: DocumentStore,
) -> None:
    documents.write("wsp/x", b"first")
    first = documents.head("wsp/x")
    documents.write("wsp/x", b"other")
    other = documents.head("wsp/x")

    assert first
    assert other
    assert first.size == other.size == 5
    assert first.checksum != other.checksum


def test_a_document_over_the_readers_limit_is_refused(documents: DocumentStore) -> None:
    documents.write("wsp/x", b"x" * 101)

    with pytest.raises(TooLargeError):
        documents.read("wsp/x", limit=100)


def test_the_start_of_a_document_is_read_alone(documents: DocumentStore) -> None:
    documents.write("wsp/x", b"0123456789")
    documents.write("wsp/empty", b"")

    assert documents.read_start("wsp/x", count=4) == b"0123"
    assert documents.read_start("wsp/x", count=400) == b"0123456789"
    assert documents.read_start("wsp/empty", count=4) == b""


def test_a_link_names_the_document_and_its_end(documents: DocumentStore) -> None:
    link = documents.link("wsp/vid/1/x.json", seconds=300)

    assert link.startswith("https://")
    assert "wsp/vid/1/x.json" in link
    assert "X-Amz-Expires=300" in link


def test_a_result_comes_back_whole_by_run_and_as_the_latest(log: ResultLog) -> None:
    full = Result(
        artefact="analysis", video="vid_1", run=3, state="ready", key="wsp_1/vid_1/3/analysis.json",
        input_hash="abc", size=12_345, etag="e" * 32, updated_at="2026-11-22T12:00:00.000Z",
        summary={"summary": "", "topics": ["price"], "counts": {"dropped": 1}, "n": None},
        usage=Usage(provider="p", model="m", input_tokens=5, calls=1, cost_usd=0.000246),
    )  # fmt: skip

    log.record(full)

    assert log.latest("vid_1", "analysis") == full
    assert log.of_run("vid_1", "analysis", 3) == full


def test_a_reason_and_an_unknown_cost_come_back_too(log: ResultLog) -> None:
    kept = Result(
        "transcript", "vid_1", 1, "failed", usage=Usage(cost_usd=None),
        reason=Reason(code="x", detail="It failed.", step="transcribe"), updated_at="now",
    )  # fmt: skip

    log.record(kept)

    assert log.latest("vid_1", "transcript") == kept


def test_what_was_never_recorded_is_none(log: ResultLog) -> None:
    log.record(result(1))

    assert log.latest("vid_2", "transcript") is None
    assert log.latest("vid_1", "analysis") is None
    assert log.of_run("vid_1", "transcript", 2) is None


def states(*recorded: Result) -> Callable[[ResultLog], tuple[int, str]]:
    def latest(log: ResultLog) -> tuple[int, str]:
        for one in recorded:
            log.record(one)
        newest = log.latest("vid_1", "transcript")
        assert newest
        return newest.run, newest.state

    return latest


def test_the_latest_is_that_of_the_highest_run_in_whatever_order_results_come(
    log: ResultLog,
) -> None:
    assert states(result(2), result(1), result(10))(log) == (10, "ready")
    earlier = log.of_run("vid_1", "transcript", 1)
    assert earlier
    assert earlier.run == 1


@pytest.mark.parametrize("state", ["processing", "failed", "skipped"])
def test_a_ready_result_stays_the_latest_while_a_newer_run_has_none(
    log: ResultLog, state: State
) -> None:
    assert states(result(1), result(2, state))(log) == (1, "ready")
    assert states(result(2))(log) == (2, "ready")


def test_without_a_ready_result_the_latest_is_the_newest_state(log: ResultLog) -> None:
    assert states(result(1, "processing"), result(1, "failed"), result(2, "processing"))(log) == (
        2,
        "processing",
    )


def test_results_of_one_workspace_are_not_seen_from_another(cloud: None) -> None:
    dynamo("wsp_1").record(result(1))

    assert dynamo("wsp_2").latest("vid_1", "transcript") is None
    assert dynamo("wsp_2").of_run("vid_1", "transcript", 1) is None


def test_reading_is_one_request_and_recording_two(cloud: None) -> None:
    with Calls("dynamodb") as calls:
        dynamo("wsp_1").record(result(1))
        dynamo("wsp_1").latest("vid_1", "transcript")
        dynamo("wsp_1").of_run("vid_1", "transcript", 1)

    assert calls == ["PutItem", "PutItem", "GetItem", "GetItem"]
