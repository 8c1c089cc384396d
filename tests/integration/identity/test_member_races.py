"""Members under many hands at once: one address, one admin at least."""

from collections.abc import Iterator

import pytest

from tests.integration.cloud import furnish_sign_in
from tests.integration.identity.conftest import Door
from tests.integration.identity.people import joined
from tests.integration.parallel import at_once, shared_cloud

MEMBERS = "/v1/members"


@pytest.fixture
def cloud() -> Iterator[None]:
    with shared_cloud():
        furnish_sign_in()
        yield


def test_twenty_invitations_of_one_address_at_once_make_one_member(admin: Door) -> None:
    body = {"email": "mira@harbor.example", "name": "M", "role": "rep"}

    replies = at_once(20, lambda _: admin.request("POST", MEMBERS, body))

    assert sorted(reply.status for reply in replies) == [201] + [409] * 19


def test_two_admins_who_demote_each_other_at_once_leave_one(admin: Door) -> None:
    for turn in range(5):
        one, first = joined(admin, f"one{turn}@harbor.example", "admin")
        two, second = joined(admin, f"two{turn}@harbor.example", "admin")
        _demote_others(admin, {first, second})
        acts = [(one, second), (two, first)]

        replies = at_once(
            2, lambda n, acts=acts: acts[n][0].request(
                "PATCH", f"{MEMBERS}/{acts[n][1]}", {"role": "rep"}
            ),
        )  # fmt: skip

        assert sorted(reply.status for reply in replies) in ([200, 409], [200, 403])
        assert len(_admins(admin)) == 1


def _demote_others(admin: Door, keep: set[str]) -> None:
    for member in _admins(admin) - keep:
        assert admin.request("PATCH", f"{MEMBERS}/{member}", {"role": "rep"}).status == 200


def _admins(admin: Door) -> set[str]:
    listed = admin.request("GET", f"{MEMBERS}?limit=100").json["data"]
    return {m["id"] for m in listed if m["state"] == "active" and m["role"] == "admin"}
