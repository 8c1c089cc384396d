"""Another file for a video: opened, sent, heard of, ready."""

from typing import Any

from tests.integration.gateway import Reply
from tests.integration.video.conftest import Cloud
from tests.integration.video.renditions import manifest

SIZE = 32 * 1024  # of a new file; that of `Cloud.ready` has twice as many


def ask(cloud: Cloud, video: Any, size: int = SIZE, **more: Any) -> Reply:
    """Ask for another file in the place of a video's."""
    headers = {name: more.pop(name) for name in ("If_Match", "Idempotency_Key") if name in more}
    body = {"filename": "cut.mp4", "content_type": "video/mp4", "size_bytes": size, **more}
    return cloud.api.post(f"/v1/videos/{video['id']}/source", body, **headers)


def opened(cloud: Cloud, video: Any, size: int = SIZE, **more: Any) -> Any:
    """Open another file's upload that must be accepted."""
    reply = ask(cloud, video, size, **more)
    assert reply.status == 201, reply.body
    return reply.json


def send(cloud: Cloud, session: Any) -> list[dict[str, Any]]:
    return cloud.send({"upload": session})


def sent(cloud: Cloud, video: Any, **more: Any) -> Any:
    """Return the upload of another file that has arrived, before anyone has heard of it."""
    session = opened(cloud, video, **more)
    reply = cloud.complete(video, send(cloud, session))
    assert reply.status == 200, reply.body
    return session


def told(cloud: Cloud, video: Any, number: int, size: int = SIZE, **changes: Any) -> dict[str, Any]:
    """Return S3's event of one of a video's later files."""
    return cloud.created(
        video, **{"key": f"wsp_one/{video['id']}/{number}/source", "size": size, **changes}
    )


def running(cloud: Cloud, video: Any, number: int = 2) -> Any:
    """Return a video whose run on another file is open."""
    sent(cloud, video)
    assert cloud.start(told(cloud, video, number)) == []
    return cloud.get(video)


def replaced(cloud: Cloud, video: Any, number: int = 2) -> Any:
    """Return a video whose renditions are those of another file."""
    run = running(cloud, video, number)["run"]["number"]
    cloud.put_media(video, "manifest.json", manifest(), run)
    cloud.mark_ready(video, run)
    return cloud.get(video)
