"""A viewer: gets a link and follows what lies behind it, without any credential."""

from typing import Any

from tests.integration.gateway import Reply, call, event
from tests.integration.video.conftest import Cloud
from tests.integration.video.renditions import manifest


def playable(cloud: Cloud) -> Any:
    video = cloud.ready()
    cloud.put_media(video, "manifest.json", manifest())
    return video


def link(cloud: Cloud, video: Any, body: Any = None) -> str:
    reply = cloud.api.post(f"/v1/videos/{video['id']}/playback", body)
    assert reply.status == 200, reply.body
    return str(reply.json["url"])


def follow(cloud: Cloud, url: str) -> Reply:
    """Fetch a URL of the API without any credential."""
    path = url.partition("/v1/")[2]
    return call(cloud.api.handler, event("GET", f"/v1/{path}", member=None))


def beside(url: str, name: str) -> str:
    return url.replace("master.m3u8", name)


def token_of(url: str) -> str:
    return url.split("/")[-2]
