"""Videos fetched from an address: by ranges, resumable, with typed failures."""

from types import SimpleNamespace

import pytest

from functions.shared import aws
from functions.shared.errors import UnavailableError
from functions.video.part_plan import composite
from functions.video.pull.handler import handler as pull
from tests.integration.gateway import CONTEXT
from tests.integration.origin import Files
from tests.integration.video.conftest import FILE, MIB, PULLS, UPLOADS, Cloud, sha256
from tests.integration.video.pulled import begin, pulls, work


def test_a_file_is_fetched_in_ranges_and_arrives_as_if_it_had_been_sent(
    cloud: Cloud, files: Files
) -> None:
    video = begin(cloud, files.url("/a/My%20call.mp4?token=secret"))

    assert video["upload"]["method"] == "pull"
    assert video["source"] == {
        "filename": "My call.mp4", "content_type": "video/mp4", "size_bytes": len(FILE),
    }  # fmt: skip
    assert pulls() == [video["id"]]
    assert work(video) == "completed"
    assert sorted(files.asked)[1:] == sorted(
        (path, first, min(first + 8 * MIB, len(FILE)) - 1)
        for path, first in [("/a/My%20call.mp4?token=secret", n * 8 * MIB) for n in range(3)]
    )
    key = f"wsp_one/{video['id']}/source"
    assert aws.client("s3").get_object(Bucket=UPLOADS, Key=key)["Body"].read() == FILE
    shown = cloud.get(video)
    sums = [sha256(FILE[n : n + 8 * MIB]) for n in range(0, len(FILE), 8 * MIB)]
    assert shown["upload"]["sha256"] == composite(sums)
    assert cloud.start(cloud.created(video)) == []
    assert cloud.get(video)["state"] == "processing"


def test_the_address_is_shown_to_nobody(
    cloud: Cloud, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    video = begin(cloud, files.url("/call.mp4?token=secret"))
    work(video)

    shown = cloud.api.get(f"/v1/videos/{video['id']}").body
    assert "secret" not in shown + capsys.readouterr().out
    assert "source_url" not in shown
    assert "secret" not in str(cloud.record(video)["upload"])


def test_a_pull_that_was_cut_off_fetches_only_what_is_missing(cloud: Cloud, files: Files) -> None:
    video = begin(cloud, files.url())
    files.fault = lambda _path, first: (503, {}) if first == 8 * MIB else None
    with pytest.raises(UnavailableError):
        work(video)
    files.asked.clear()
    files.fault = lambda _path, _first: None

    assert work(video) == "completed"

    assert [first for _, first, _ in files.asked] == [8 * MIB]


def test_a_file_too_long_for_one_invocation_goes_on_in_the_next(cloud: Cloud, files: Files) -> None:
    video = begin(cloud, files.url())
    left = iter([600_000] * 12 + [0] * 1_000)
    context = SimpleNamespace(
        **{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: next(left)}
    )

    first = pull({"workspace": "wsp_one", "video": video["id"]}, context)["outcome"]

    assert first == "more"
    assert work(video) == "completed"


def test_an_address_too_slow_for_a_single_part_is_given_up(cloud: Cloud, files: Files) -> None:
    video = begin(cloud, files.url())

    assert work(video, remaining_ms=0) == "failed"
    assert cloud.get(video)["reason"]["code"] == "source_too_slow"


def test_a_file_that_changes_meanwhile_is_refused(cloud: Cloud, files: Files) -> None:
    video = begin(cloud, files.url())
    files.etag = '"two"'

    assert work(video) == "failed"

    shown = cloud.get(video)
    assert (shown["state"], shown["reason"]["code"]) == ("failed", "source_changed")
    assert shown["reason"]["step"] == "pull"
    assert cloud.events(video) == ["video.failed"]
    assert cloud.open_uploads() == []


def test_a_connection_that_breaks_off_is_tried_again(cloud: Cloud, files: Files) -> None:
    video = begin(cloud, files.url())
    files.break_at = 1_000

    with pytest.raises(UnavailableError):
        work(video)

    files.break_at = None
    assert work(video) == "completed"


def test_what_the_machine_gives_up_has_failed_and_leaves_nothing(
    cloud: Cloud, files: Files
) -> None:
    video = begin(cloud, files.url())

    first = work(video, give_up="source_unavailable")
    again = work(video, give_up="source_unavailable")

    assert (first, again) == ("failed", "failed")
    assert cloud.get(video)["reason"]["code"] == "source_unavailable"
    assert cloud.events(video) == ["video.failed"]
    assert cloud.open_uploads() == []
    assert work(video) == "failed"
    assert len(files.asked) == 1


def test_a_cancelled_pull_stops(cloud: Cloud, files: Files) -> None:
    video = begin(cloud, files.url())
    assert cloud.api.post(f"/v1/videos/{video['id']}/cancel").status == 200

    assert work(video) == "cancelled"
    assert cloud.open_uploads() == []
    assert len(files.asked) == 1


def test_a_pull_s_parts_are_nobody_else_s(cloud: Cloud, files: Files) -> None:
    video = begin(cloud, files.url())
    body = {"part_numbers": [1], "sha256": [sha256(b"other")]}

    parts = cloud.api.post(f"/v1/videos/{video['id']}/parts", body)
    complete = cloud.complete(video, [])

    assert (parts.status, parts.json["code"]) == (409, "upload_is_pulled")
    assert (complete.status, complete.json["code"]) == (409, "upload_is_pulled")


def test_a_pull_whose_execution_did_not_start_is_started_by_the_agenda(
    cloud: Cloud, files: Files
) -> None:
    machine = aws.client("stepfunctions")
    machine.delete_state_machine(stateMachineArn=PULLS)
    video = begin(cloud, files.url())
    machine.create_state_machine(
        name=PULLS.rpartition(":")[2], roleArn="arn:aws:iam::123456789012:role/machine",
        definition='{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
    )  # fmt: skip

    cloud.expire(cloud.record(video)["due_at"])

    assert pulls() == [video["id"]]
    assert cloud.record(video)["due_at"] == video["upload"]["expires_at"]


def test_a_repeated_request_pulls_once(cloud: Cloud, files: Files) -> None:
    body = {"source_url": files.url()}

    first = cloud.api.post("/v1/videos/pull", body, idempotency_key="k")
    second = cloud.api.post("/v1/videos/pull", body, idempotency_key="k")

    assert second.headers["idempotency-replayed"] == "true"
    assert second.json["id"] == first.json["id"]
    assert len(files.asked) == 1
    assert len(cloud.open_uploads()) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "source_not_found"), (410, "source_not_found"), (401, "source_forbidden"),
     (403, "source_forbidden"), (500, "source_unavailable"), (599, "source_unavailable")],
)  # fmt: skip
def test_an_address_that_gives_no_file_is_refused_at_once(
    cloud: Cloud, files: Files, status: int, code: str
) -> None:
    files.fault = lambda _path, _first: (status, {})

    reply = cloud.api.post("/v1/videos/pull", {"source_url": files.url()})

    assert (reply.status, reply.json["code"]) == (422, code)
    assert reply.json["errors"][0]["pointer"] == "/source_url"
    assert cloud.items() == []


def test_a_server_without_ranges_and_an_empty_file_are_refused(cloud: Cloud, files: Files) -> None:
    files.ranges = False
    whole = cloud.api.post("/v1/videos/pull", {"source_url": files.url()})
    files.ranges, files.data = True, b""
    empty = cloud.api.post("/v1/videos/pull", {"source_url": files.url()})

    assert whole.json["code"] == "source_without_ranges"
    assert empty.json["code"] == "source_empty"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/a", "https://127.0.0.1/a", "https://169.254.169.254/latest/meta-data",
     "https://2130706433/", "https://[::1]/", "file:///etc/passwd", "https://u:p@1.1.1.1/a"],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(cloud: Cloud, url: str) -> None:
    reply = cloud.api.post("/v1/videos/pull", {"source_url": url})

    assert (reply.status, reply.json["code"]) == (422, "source_not_public")
    assert cloud.items() == []
    assert cloud.open_uploads() == []


def test_links_are_looked_at_before_anything_is_fetched(cloud: Cloud, files: Files) -> None:
    links = [{"type": "contact", "id": "con_" + "0" * 26}]

    reply = cloud.api.post("/v1/videos/pull", {"source_url": files.url(), "links": links})

    assert (reply.status, reply.json["code"]) == (422, "broken_link")
    assert files.asked == []
