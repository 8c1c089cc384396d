"""/v1/teams."""

from collections.abc import Iterable

import pytest

from functions.identity.api.handler import handler
from functions.identity.dynamodb_roles import refusing_unknown, uses_moved
from functions.shared import aws
from functions.shared.errors import InvalidError
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import Api, Member

TEAMS = "/v1/teams"


@pytest.fixture
def api(cloud: None) -> Api:
    return Api(handler, Member())


def move(api: Api, before: Iterable[str], after: Iterable[str]) -> None:
    """Name teams, or name them no more, as a member's record does."""
    table = Table(aws.client("dynamodb"), ENVIRONMENT["IDENTITY_TABLE"], api.member.workspace)
    with refusing_unknown(dict.fromkeys(after, "/team_ids/0")):
        table.transact(uses_moved(table, set(before), set(after)))


def test_a_team_is_made_read_changed_and_deleted(api: Api) -> None:
    made = api.post(TEAMS, {"name": " North ", "description": "Above the river."})
    target = made.headers["location"]

    assert (made.status, made.json["name"]) == (201, "North")
    assert made.json["id"].startswith("tea_")
    assert api.get(target).json == made.json == api.get(TEAMS).json["data"][0]
    assert api.get(target, if_none_match=made.etag).status == 304
    patched = api.patch(target, {"description": ""}, if_match=made.etag)
    assert (patched.json["name"], patched.json["description"]) == ("North", "")
    assert api.patch(target, {"name": "South"}, if_match=made.etag).status == 412
    assert api.delete(target).status == 204
    assert api.get(target).status == 404
    assert api.get(TEAMS).json["data"] == []


def test_a_name_is_taken_once(api: Api) -> None:
    north, south = api.make(TEAMS, {"name": "North"}), api.make(TEAMS, {"name": "South"})

    for refused in (
        api.post(TEAMS, {"name": "North"}),
        api.patch(f"{TEAMS}/{south['id']}", {"name": "North"}),
    ):
        assert (refused.status, refused.json["code"]) == (409, "duplicate_name")
    assert api.patch(f"{TEAMS}/{north['id']}", {"name": "West"}).status == 200
    assert api.patch(f"{TEAMS}/{south['id']}", {"name": "North"}).status == 200


def test_a_team_that_somebody_is_in_is_not_deleted(api: Api) -> None:
    team = api.make(TEAMS, {"name": "North"})["id"]
    move(api, [], [team])

    refused = api.delete(f"{TEAMS}/{team}")

    assert (refused.status, refused.json["code"]) == (409, "team_in_use")
    move(api, [team], [])
    assert api.delete(f"{TEAMS}/{team}").status == 204


def test_nobody_joins_a_team_that_is_not_there(api: Api) -> None:
    gone = api.make(TEAMS, {"name": "North"})["id"]
    api.delete(f"{TEAMS}/{gone}")

    for absent in (gone, "tea_00000000000000000000000000"):
        with pytest.raises(InvalidError) as refused:
            move(api, [], [absent])
        assert [each.pointer for each in refused.value.errors] == ["/team_ids/0"]


@pytest.mark.parametrize(
    ("role", "may"), [("admin", True), ("manager", True), ("rep", False), ("viewer", False)]
)
def test_who_makes_teams(cloud: None, role: str, may: bool) -> None:  # noqa: FBT001
    made = Api(handler, Member(role=role)).post(TEAMS, {"name": "North"})

    assert made.status == (201 if may else 403)
