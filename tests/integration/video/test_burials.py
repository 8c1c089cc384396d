"""Deletion, its undoing and its end: what is kept, for whom, how long, and that nothing stays."""

from functions.shared.events import envelope
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member
from tests.integration.video.conftest import MEDIA, OK_TRANSCRIPT, UPLOADS, Cloud
from tests.integration.video.player import follow, link, playable
from tests.integration.video.steps import (
    delete,
    later,
    log_of,
    purge,
    restore,
    unreachable,
    versions,
)


def test_a_deleted_video_is_hidden_and_keeps_its_bytes(cloud: Cloud) -> None:
    video, kept = playable(cloud), cloud.ready()
    url = link(cloud, video)
    before = cloud.objects(UPLOADS), cloud.objects(MEDIA)

    delete(cloud, video)

    assert cloud.api.get(f"/v1/videos/{video['id']}").status == 404
    assert cloud.api.delete(f"/v1/videos/{video['id']}").status == 404
    assert follow(cloud, url).status == 404
    assert cloud.events(video) == ["video.deleted"]
    assert (cloud.objects(UPLOADS), cloud.objects(MEDIA)) == before
    assert [each["id"] for each in cloud.api.get("/v1/videos").json["data"]] == [kept["id"]]
    listed = cloud.api.get("/v1/videos?deleted=true").json["data"]
    assert [each["id"] for each in listed] == [video["id"]]
    assert listed[0]["deleted_at"] is not None


def test_a_restored_video_is_as_it_was(cloud: Cloud) -> None:
    deal = cloud.crm.make("/v1/deals", {"name": "Deal"})
    video = playable(cloud)
    cloud.api.patch(f"/v1/videos/{video['id']}", {"links": [{"type": "deal", "id": deal["id"]}]})
    before, url = cloud.get(video), link(cloud, video)
    delete(cloud, video)

    restored = restore(cloud, video)
    again = restore(cloud, video)

    assert restored.status == 200
    for name in ("title", "state", "links", "artefacts", "media", "run", "created_at"):
        assert restored.json[name] == before[name], name
    assert restored.json["deleted_at"] is None
    assert (again.status, again.json) == (200, restored.json)
    assert cloud.events(video) == ["video.restored"]
    assert [each["id"] for each in cloud.api.get("/v1/videos").json["data"]] == [video["id"]]
    assert cloud.api.get("/v1/videos?deleted=true").json["data"] == []
    assert follow(cloud, url).json["code"] == "playback_link_revoked"
    assert follow(cloud, link(cloud, video)).status == 200
    assert cloud.expire(later(hours=24 * 40)) == {}


def test_links_to_what_is_gone_for_good_are_not_restored(cloud: Cloud) -> None:
    kept, deleted, gone = (
        cloud.crm.make("/v1/contacts", {"name": name}) for name in ("Ada", "Dana", "Eve")
    )
    links = [{"type": "contact", "id": each["id"]} for each in (kept, deleted, gone)]
    video = cloud.open(links=links)
    delete(cloud, video)
    cloud.crm.delete(f"/v1/contacts/{deleted['id']}")
    cloud.crm.post(f"/v1/contacts/{gone['id']}/purge", **{"If-Match": "*"})

    restored = restore(cloud, video)

    assert restored.json["links"] == links[:2]


def test_what_was_not_finished_is_given_up(cloud: Cloud) -> None:
    receiving, running = cloud.open(), cloud.running()
    cloud.send(receiving, [1])
    cloud.put_media(running, "plan.json", {})

    delete(cloud, receiving)
    delete(cloud, running)

    assert cloud.open_uploads() == []
    assert cloud.objects(MEDIA) == []
    assert cloud.status(f"{running['id']}-1") == "ABORTED"
    assert cloud.finish(running, "transcript", OK_TRANSCRIPT) == {"outcome": "gone", "made": False}
    assert restore(cloud, receiving).json["state"] == "cancelled"
    back = restore(cloud, running).json
    assert (back["state"], back["reason"]["code"]) == ("failed", "run_cancelled")
    assert cloud.api.post(f"/v1/videos/{running['id']}/runs", {"from": "inspect"}).status == 202


def test_a_file_that_had_arrived_unheard_is_found_after_a_restoration(cloud: Cloud) -> None:
    video = cloud.uploaded()
    delete(cloud, video)
    assert cloud.start(cloud.created(video)) == []
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]

    restore(cloud, video)

    assert cloud.expire(later(minutes=1)) == {"started": 1}
    assert cloud.get(video)["state"] == "processing"


def test_a_purge_leaves_no_version_of_any_byte(cloud: Cloud, versioned: None) -> None:
    video, alive, other = playable(cloud), playable(cloud), playable(cloud)
    for each in (video, alive):
        for _ in range(2):  # a second version of everything, and a mark of a deletion
            cloud.put_media(each, "manifest.json", {})
            cloud.put_media(each, "transcript.json", {})
        body = {"language": "de", "file": "WEBVTT\n\n00:01.000 --> 00:02.000\nHallo."}
        assert cloud.api.post(f"/v1/videos/{each['id']}/captions", body).status == 201
        assert cloud.api.delete(f"/v1/videos/{each['id']}/captions/de").status == 204
        assert len(versions(each)) > 6
    delete(cloud, video)
    before = versions(other)

    assert purge(cloud, video).status == 204
    assert purge(cloud, alive).status == 204

    assert versions(video) == versions(alive) == []
    assert versions(other) == before != []
    for each in (video, alive):
        record = cloud.record(each)
        told = envelope("wsp_one", record["_events"][0], record, None)
        assert told["data"].keys() <= {"id", "version"}
        assert record.keys() <= {
            "pk", "sk", "id", "object", "version", "deleted_at", "purged_at", "_events",
            "expires_at_epoch", "gsi2pk", "gsi2sk",
        }  # fmt: skip
        assert restore(cloud, each).status == 404
        assert purge(cloud, each).status == 404
    assert cloud.api.get("/v1/videos?deleted=true").json["data"] == []


def test_what_a_worker_writes_after_a_purge_is_deleted_too(cloud: Cloud, versioned: None) -> None:
    video = cloud.running()
    log_of(video).chunk_done(0, {})
    purge(cloud, video)
    cloud.put_media(video, "v/720p/00000.m4s", b"by a worker that has not noticed")

    assert cloud.expire(later(minutes=21)) == {"purged": 1}

    assert versions(video) == []
    assert [each["sk"] for each in cloud.items()] == ["RECORD"]
    assert cloud.expire(later(hours=24 * 40)) == {}


def test_a_purge_that_was_cut_off_is_finished_by_the_agenda(cloud: Cloud, versioned: None) -> None:
    video = playable(cloud)
    with unreachable("s3", "DeleteObjects"):
        assert purge(cloud, video).status == 204
    assert versions(video) != []

    assert cloud.expire(later(minutes=21)) == {"purged": 1}

    assert versions(video) == []


def test_after_thirty_days_nothing_is_left(cloud: Cloud, versioned: None) -> None:
    video, running = playable(cloud), cloud.running()
    delete(cloud, video)
    delete(cloud, running)

    assert cloud.expire(later(minutes=21)) == {"kept": 1}
    assert cloud.expire(later(hours=24 * 30 - 1)) == {}
    assert versions(video) != []
    assert cloud.expire(later(hours=24 * 30 + 1)) == {"over": 2}

    assert versions(video) == versions(running) == []
    assert cloud.events(video) == ["video.purged"]
    assert cloud.expire(later(hours=24 * 30 + 2)) == {"purged": 2}
    assert cloud.expire(later(hours=24 * 60)) == {}


def test_only_who_sees_a_deleted_video_restores_it(cloud: Cloud, other: Cloud) -> None:
    video = cloud.ready()
    delete(cloud, video)

    assert restore(other, video).status == 404
    assert purge(other, video).status == 404
    assert other.api.get("/v1/videos?deleted=true").json["data"] == []
    mine = Member(visibility="own", member="mem_x")
    own = Cloud(Api(cloud.api.handler, mine), cloud.crm)
    assert restore(own, video).status == 404
    assert own.api.get("/v1/videos?deleted=true").json["data"] == []
    assert restore(cloud, video).status == 200


def test_versions_guard_restorations_and_purges(cloud: Cloud) -> None:
    video = cloud.ready()
    path = f"/v1/videos/{video['id']}"

    assert cloud.api.post(f"{path}/purge").status == 428
    assert cloud.api.post(f"{path}/purge", **{"If-Match": '"1.0.0"'}).status == 412
    delete(cloud, video)
    assert restore(cloud, video, **{"If-Match": '"1.0.0"'}).status == 412
    key = {"Idempotency-Key": "back"}
    first, second = restore(cloud, video, **key), restore(cloud, video, **key)
    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"


def test_deletion_and_restoration_cost_what_they_are_said_to(cloud: Cloud, calls: Calls) -> None:
    video = cloud.ready()
    calls.take()

    delete(cloud, video)
    assert calls.take() == ["Query", "TransactWriteItems"]
    restore(cloud, video)
    assert calls.take() == ["Query", "TransactWriteItems"]
    cloud.api.get("/v1/videos?deleted=true")
    assert calls.take() == ["Query"]
