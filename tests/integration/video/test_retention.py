"""How long videos and their files are kept: chosen, shown, and carried out by the agenda."""

from datetime import timedelta
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.clock import iso, now, parse
from functions.shared.table import Table
from functions.shared.workspace_settings import change
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import Api, Member
from tests.integration.video.conftest import (
    MEDIA,
    OK_ANALYSIS,
    OK_TRANSCRIPT,
    TABLE,
    UPLOADS,
    Cloud,
)
from tests.integration.video.player import follow, link, playable
from tests.integration.video.quota import counted as quota
from tests.integration.video.replaced import SIZE, replaced, running
from tests.integration.video.steps import (
    NOT_MEDIA,
    delete,
    later,
    restore,
    unreachable,
    versions,
)

FILE = 64 * 1024  # bytes of a video's file


def keep(cloud: Cloud, video: Any, **days: int | None) -> Any:
    reply = cloud.api.patch(f"/v1/videos/{video['id']}", days)
    assert reply.status == 200, reply.body
    return reply.json


def after(moment: str, **by: int) -> str:
    return iso(parse(moment) + timedelta(**by))


def of_workspace(**days: int | None) -> None:
    table = Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], "wsp_one")
    change(table, days)


def test_days_are_chosen_and_what_they_mean_is_shown(cloud: Cloud) -> None:
    video = playable(cloud)
    assert (video["deletes_at"], video["source_deletes_at"]) == (None, None)
    assert cloud.record(video).get("due_at") is None

    kept = keep(cloud, video, retention_days=90, source_retention_days=7)

    assert (kept["retention_days"], kept["source_retention_days"]) == (90, 7)
    assert kept["deletes_at"] == after(video["created_at"], days=90)
    assert kept["source_deletes_at"] == after(video["upload"]["completed_at"], days=7)
    assert cloud.events(video) == ["video.updated"]
    listed = cloud.api.get("/v1/videos").json["data"][0]
    assert listed["deletes_at"] == kept["deletes_at"]


def test_other_days_move_the_place_on_the_agenda_and_none_take_it_away(cloud: Cloud) -> None:
    video = playable(cloud)

    def due() -> str | None:
        record = cloud.record(video)
        assert ("gsi2pk" in record) == ("due_at" in record)
        return record.get("due_at")

    kept = keep(cloud, video, retention_days=90, source_retention_days=7)
    assert due() == kept["source_deletes_at"]
    assert due() == after(video["upload"]["completed_at"], days=7)
    keep(cloud, video, source_retention_days=120)
    assert due() == kept["deletes_at"]
    keep(cloud, video, retention_days=30)
    assert due() == after(video["created_at"], days=30)
    keep(cloud, video, retention_days=None)
    assert due() == after(video["upload"]["completed_at"], days=120)
    keep(cloud, video, source_retention_days=None)
    assert due() is None


def test_days_do_not_put_off_what_is_due_sooner(cloud: Cloud) -> None:
    video = cloud.open()

    keep(cloud, video, retention_days=1)
    keep(cloud, video, retention_days=None)
    assert cloud.record(video)["due_at"] == video["upload"]["expires_at"]

    at_work = cloud.running()
    before = cloud.record(at_work)["due_at"]
    keep(cloud, at_work, retention_days=30, source_retention_days=1)
    assert cloud.record(at_work)["due_at"] == before
    cloud.mark_ready(at_work)
    for artefact, result in (("transcript", OK_TRANSCRIPT), ("analysis", OK_ANALYSIS)):
        cloud.finish(at_work, artefact, result)
    assert cloud.record(at_work)["due_at"] == cloud.get(at_work)["source_deletes_at"]


@pytest.mark.parametrize("days", [0, -1, 3_651, 1.5, "7", True, [7]])
def test_days_are_whole_and_bounded(cloud: Cloud, days: Any) -> None:
    video = cloud.open()

    for name in ("retention_days", "source_retention_days"):
        assert cloud.api.patch(f"/v1/videos/{video['id']}", {name: days}).status == 422


def test_a_new_video_takes_the_workspace_s_days_unless_its_maker_names_others(
    cloud: Cloud, other: Cloud
) -> None:
    before = cloud.open()
    of_workspace(video_retention_days=365, video_source_retention_days=30)

    usual, own = cloud.open(), cloud.open(retention_days=5)
    forever = cloud.open(retention_days=None, source_retention_days=None)

    def days(video: Any) -> tuple[int | None, int | None]:
        return video["retention_days"], video["source_retention_days"]

    assert days(usual) == (365, 30)
    assert days(own) == (5, 30)
    assert days(forever) == (None, None)
    assert days(cloud.get(before)) == (None, None), "what was there keeps its own"
    assert days(other.open()) == (None, None)
    of_workspace(video_retention_days=None)
    assert days(cloud.open()) == (None, 30)


def test_a_video_whose_days_are_over_is_deleted_and_then_purged(
    cloud: Cloud, versioned: None
) -> None:
    video, kept = playable(cloud), playable(cloud)
    keep(cloud, video, retention_days=10)
    url = link(cloud, video)

    assert cloud.expire(later(days=9)) == {}
    assert cloud.expire(later(days=10, minutes=1)) == {"retired": 1}

    assert cloud.api.get(f"/v1/videos/{video['id']}").status == 404
    assert follow(cloud, url).status == 404
    assert cloud.events(video) == ["video.deleted"]
    (event,) = cloud.record(video)["_events"]
    assert event["actor"] == {"type": "system", "id": "pipeline"}
    (listed,) = cloud.api.get("/v1/videos?deleted=true").json["data"]
    assert (listed["id"], listed["deletes_at"]) == (video["id"], None)
    assert versions(video) != []
    assert cloud.expire(later(days=31)) == {"over": 1}
    assert versions(video) == []
    assert versions(kept) != []
    assert cloud.events(video) == ["video.purged"]


def test_what_is_brought_back_is_kept_until_somebody_names_other_days(cloud: Cloud) -> None:
    video = playable(cloud)
    keep(cloud, video, retention_days=10)
    early = playable(cloud)
    keep(cloud, early, retention_days=10)
    delete(cloud, early)
    assert restore(cloud, early).json["retention_days"] == 10
    _made_days_ago(cloud, video, 11)
    cloud.expire(later(minutes=1))
    assert cloud.api.get(f"/v1/videos/{video['id']}").status == 404

    back = restore(cloud, video).json

    assert (back["retention_days"], back["deletes_at"]) == (None, None)
    assert cloud.expire(later(minutes=9)) == {}


def test_days_that_were_changed_meanwhile_save_the_video(cloud: Cloud) -> None:
    video = playable(cloud)
    keep(cloud, video, retention_days=10)
    due = cloud.record(video)["due_at"]
    keep(cloud, video, retention_days=20)

    assert cloud.expire(due) == {}
    assert cloud.expire(after(due, days=9)) == {}

    assert cloud.get(video)["state"] == "ready"


def test_a_file_whose_days_are_over_goes_and_what_was_made_of_it_stays(
    cloud: Cloud, versioned: None
) -> None:
    video = playable(cloud)
    keep(cloud, video, source_retention_days=7)
    url = link(cloud, video)
    made = cloud.objects(MEDIA)

    assert cloud.expire(later(days=6)) == {}
    assert cloud.expire(later(days=7, minutes=1)) == {"cleared": 1}

    now_ = cloud.get(video)
    assert now_["source_deleted_at"] is not None
    assert (now_["source_deletes_at"], now_["state"]) == (None, "ready")
    assert now_["source"] == video["source"]
    assert cloud.objects(UPLOADS) == []
    assert not any(each.split()[0].endswith("source") for each in versions(video))
    assert cloud.objects(MEDIA) == made
    assert follow(cloud, url).status == 200
    assert quota("stored_bytes") == (0, 0)
    storage = cloud.api.get(f"/v1/videos/{video['id']}/costs").json["storage"]
    assert storage["stored_bytes"] == 0
    assert cloud.expire(later(days=40)) == {}


def test_a_run_that_needs_a_file_that_is_gone_is_refused_with_advice(cloud: Cloud) -> None:
    video = playable(cloud)
    keep(cloud, video, source_retention_days=7)
    cloud.expire(later(days=7, minutes=1))
    path = f"/v1/videos/{video['id']}/runs"

    refused = cloud.api.post(path, {"from": "inspect"})
    further = cloud.api.post(path, {"from": "transcribe"})

    assert (refused.status, refused.json["code"]) == (409, "source_deleted")
    assert "send it again" in refused.json["detail"]
    assert "`transcribe`" in refused.json["detail"]
    assert further.status == 202


def test_another_file_after_that_is_a_new_beginning_with_days_of_its_own(cloud: Cloud) -> None:
    video = playable(cloud)
    keep(cloud, video, source_retention_days=7)
    cloud.expire(later(days=7, minutes=1))

    again = replaced(cloud, video)

    assert again["source_deleted_at"] is None
    assert again["source_deletes_at"] == after(again["upload"]["completed_at"], days=7)
    assert cloud.record(video)["left_sources"] == [1]
    cloud.expire(later(minutes=1))
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/2/source"]
    assert quota("stored_bytes") == (SIZE, 0)


def test_a_file_is_not_taken_from_under_a_run_and_not_before_there_was_one(cloud: Cloud) -> None:
    at_work = playable(cloud)
    keep(cloud, at_work, source_retention_days=1)
    assert cloud.api.post(f"/v1/videos/{at_work['id']}/runs", {"from": "inspect"}).status == 202
    unheard = cloud.uploaded(source_retention_days=1)

    cloud.expire(later(days=2))

    assert cloud.get(at_work)["source_deleted_at"] is None
    assert cloud.get(unheard)["state"] == "processing", "the agenda has begun its run"
    assert len(cloud.objects(UPLOADS)) == 2
    cloud.fail(at_work, NOT_MEDIA, 2)
    cloud.expire(later(days=2))
    assert cloud.get(at_work)["source_deleted_at"] is not None
    assert cloud.objects(UPLOADS) == [f"wsp_one/{unheard['id']}/source"]


def test_a_file_that_came_to_nothing_is_kept_no_longer_than_the_other(cloud: Cloud) -> None:
    video = playable(cloud)
    running(cloud, video)
    cloud.fail(video, NOT_MEDIA, 2)
    keep(cloud, video, source_retention_days=7)

    cloud.expire(later(days=7, minutes=1))

    new = cloud.get(video)["replacement"]
    assert (new["state"], new["reason"]["code"]) == ("expired", "retention_over")
    assert cloud.objects(UPLOADS) == []
    assert quota("stored_bytes") == (0, 0)
    assert cloud.expire(later(days=40)) == {}


def test_a_deletion_that_was_cut_off_is_done_at_the_next_tick(cloud: Cloud) -> None:
    video = playable(cloud)
    keep(cloud, video, source_retention_days=7)

    with unreachable("s3", "DeleteObjects"):
        assert cloud.expire(later(days=7, minutes=1)) == {"left": 1}
    assert cloud.events(video) == ["video.source_deleted"]
    assert quota("stored_bytes") == (FILE, 0)
    assert cloud.expire(later(days=7, minutes=6)) == {"cleared": 1}

    assert cloud.objects(UPLOADS) == []
    assert quota("stored_bytes") == (0, 0)


def test_who_may_not_delete_sets_no_days(cloud: Cloud) -> None:
    video = playable(cloud)
    writer = Api(cloud.api.handler, Member(scopes=("videos:read", "videos:write")))
    path = f"/v1/videos/{video['id']}"

    for body in ({"retention_days": 1}, {"source_retention_days": None}):
        refused = writer.patch(path, body)
        assert (refused.status, refused.json["code"]) == (403, "missing_scope")
    assert writer.patch(path, {"title": "Mine"}).status == 200


def _made_days_ago(cloud: Cloud, video: Any, days: int) -> None:
    """Let a video be older than it is, as its record tells."""
    made = iso(now() - timedelta(days=days))
    aws.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET created_at = :at, due_at = :due, gsi2sk = :sk",
        ExpressionAttributeValues={
            ":at": {"S": made},
            ":due": {"S": made},
            ":sk": {"S": f"{made}#wsp_one#{video['id']}"},
        },
    )
