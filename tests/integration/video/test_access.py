"""Who may reach a video: roles and workspaces, on every route."""

import pytest

from tests.integration.gateway import Api, Member
from tests.integration.video.conftest import Cloud
from tests.integration.video.test_uploads import NEW

ROUTES = [
    ("POST", "/v1/videos", NEW, "write"),
    ("GET", "/v1/videos", None, "read"),
    ("GET", "/v1/videos/{id}", None, "read"),
    ("PATCH", "/v1/videos/{id}", {"title": "New"}, "write"),
    ("POST", "/v1/videos/{id}/parts", {"part_numbers": [1]}, "write"),
    ("GET", "/v1/videos/{id}/parts", None, "read"),
    ("POST", "/v1/videos/{id}/complete", {"parts": [{"part_number": 1, "etag": "x"}]}, "write"),
    ("POST", "/v1/videos/{id}/cancel", None, "write"),
    ("POST", "/v1/videos/{id}/runs", {"from": "analyse"}, "write"),
    ("POST", "/v1/videos/{id}/playback", None, "read"),
    ("POST", "/v1/videos/{id}/playback/revoke", None, "write"),
    ("DELETE", "/v1/videos/{id}", None, "delete"),
]


@pytest.mark.parametrize("role", ["admin", "rep", "viewer", "stranger"])
def test_each_role_may_do_exactly_what_the_policy_says(cloud: Cloud, role: str) -> None:
    member = Api(cloud.api.handler, Member(role=role))
    for method, path, body, act in ROUTES:
        video = cloud.open()

        reply = member.request(method, path.replace("{id}", video["id"]), body)

        allowed = role in ("admin", "rep") or (role == "viewer" and act == "read")
        assert (reply.status != 403) is allowed, (method, path)
        if not allowed:
            assert reply.json["code"] == "missing_scope"
            assert cloud.get(video)["version"] == 1


def test_a_foreign_video_is_as_absent_as_one_that_never_was(cloud: Cloud, other: Cloud) -> None:
    video = cloud.open()
    before = cloud.items()

    for method, path, body, _act in ROUTES[2:]:
        for wrong in (video["id"], "vid_" + "0" * 26, "con_" + video["id"][4:], "x", "vid_%23"):
            reply = other.api.request(method, path.replace("{id}", wrong), body)

            assert reply.status == 404, (method, path)
            assert reply.json["detail"] == "There is no such video."
    assert cloud.items() == before
