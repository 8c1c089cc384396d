"""One account in several workspaces: which there are, which the next token is for."""

from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws

from functions.identity.create_workspace.handler import handler as create_workspace
from functions.shared import aws, workspace_settings
from functions.shared.policy import ROLES
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, environment, furnish, furnish_sign_in
from tests.integration.gateway import CONTEXT
from tests.integration.identity.conftest import Door
from tests.integration.identity.people import Person, joined

Found = Callable[[str], dict[str, str]]


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        furnish_sign_in()
        yield


@pytest.fixture
def both(found: Found) -> tuple[Person, str, str]:
    """A person who is a viewer in one workspace and, since later, a rep in another."""
    one, two = found("One"), found("Two")
    joined(Door(one["api_key"]), "mira@harbor.example", "viewer")
    person, _ = joined(Door(two["api_key"]), "mira@harbor.example", "rep")
    return person, one["workspace"], two["workspace"]


def test_a_person_sees_their_workspaces_and_which_is_next(both: tuple[Person, str, str]) -> None:
    person, one, two = both

    listed = person.request("GET", "/v1/workspaces").json["data"]

    assert {
        each["workspace"]: (each["name"], each["role"], each["current"]) for each in listed
    } == {
        one: ("One", "viewer", True),
        two: ("Two", "rep", False),
    }
    assert person.context["workspace"] == one


def test_switching_holds_from_the_next_token_on(both: tuple[Person, str, str]) -> None:
    person, one, two = both
    before = person.token

    switched = person.request("POST", f"/v1/workspaces/{two}/switch")

    assert (switched.status, switched.json["workspace"], switched.json["current"]) == (
        200, two, True,
    )  # fmt: skip
    assert person.context["workspace"] == one  # the token that is out stays what it is
    person.refresh()
    assert person.context["workspace"] == two
    assert set(person.context["scopes"].split()) == ROLES["rep"]
    assert person.token != before
    person.request("POST", f"/v1/workspaces/{one}/switch")
    assert person.refresh().context["workspace"] == one


def test_switching_again_with_one_key_is_one_switch(both: tuple[Person, str, str]) -> None:
    person, _one, two = both
    again = {"Idempotency-Key": "go"}

    first, second = (
        person.request("POST", f"/v1/workspaces/{two}/switch", None, again) for _ in range(2)
    )

    assert first.json == second.json
    assert second.headers["idempotency-replayed"] == "true"


def test_others_workspaces_do_not_exist(both: tuple[Person, str, str], found: Found) -> None:
    person = both[0]
    foreign, nobody_s = found("Foreign")["workspace"], "ws_" + "0" * 26

    replies = [
        person.request("POST", f"/v1/workspaces/{each}/switch") for each in (foreign, nobody_s)
    ]

    assert [reply.status for reply in replies] == [404, 404]
    assert replies[0].json["detail"] == replies[1].json["detail"]


def test_who_is_out_of_one_workspace_works_on_in_the_other(
    both: tuple[Person, str, str], found: Found
) -> None:
    person, one, _two = both
    third = found("Three")
    owner = Door(third["api_key"])
    _, member = joined(owner, "mira@harbor.example")
    person.request("POST", f"/v1/workspaces/{third['workspace']}/switch")
    assert person.refresh().context["workspace"] == third["workspace"]

    owner.request("POST", f"/v1/members/{member}/deactivate")

    assert person.refresh().context["workspace"] == one
    gone = person.request("POST", f"/v1/workspaces/{third['workspace']}/switch")
    assert gone.status == 404


def test_who_is_in_no_workspace_may_look_at_themselves_and_nothing_else(cloud: None) -> None:
    person = Person("nobody@harbor.example")

    context = person.context
    assert (context["workspace"], context["scopes"], context["kind"]) == ("", "", "user")
    assert person.request("GET", "/v1/me").json["workspace"] == ""
    assert person.request("GET", "/v1/workspaces").json == {"data": []}
    for method, target in (
        ("GET", "/v1/members"), ("GET", "/v1/workspace"), ("POST", "/v1/clients"),
        ("GET", "/v1/api-keys"), ("PATCH", "/v1/workspace"),
    ):  # fmt: skip
        assert person.request(method, target).status == 403


def test_a_key_has_one_workspace_and_nowhere_to_switch(found: Found) -> None:
    made = found("One")
    key = Door(made["api_key"])

    (listed,) = key.request("GET", "/v1/workspaces").json["data"]

    assert (listed["workspace"], listed["name"], listed["member_id"]) == (
        made["workspace"], "One", None,
    )  # fmt: skip
    assert key.request("POST", f"/v1/workspaces/{made['workspace']}/switch").status == 404


def test_a_workspace_is_renamed_under_its_version(admin: Door) -> None:
    first = admin.request("GET", "/v1/workspace")

    renamed = admin.request("PATCH", "/v1/workspace", {"name": " New "}, {"If-Match": first.etag})
    stale = admin.request("PATCH", "/v1/workspace", {"name": "Old"}, {"If-Match": first.etag})

    assert (renamed.status, renamed.json["name"], renamed.json["version"]) == (200, "New", 2)
    assert stale.status == 412
    assert admin.request("GET", "/v1/workspace").json == renamed.json
    assert (
        admin.request("GET", "/v1/workspace", None, {"If-None-Match": renamed.etag}).status == 304
    )


def test_a_workspace_chooses_the_pages_that_may_read_its_replies(admin: Door) -> None:
    origin = {"Origin": "https://app.harbor.example"}
    assert "access-control-allow-origin" not in admin.request("GET", "/v1/me", None, origin).headers

    chosen = admin.request("PATCH", "/v1/workspace", {"allowed_origins": [origin["Origin"]]})
    workspace_settings.forget()  # a minute later

    assert chosen.json["allowed_origins"] == [origin["Origin"]]
    shown = admin.request("GET", "/v1/me", None, origin)
    assert shown.headers["access-control-allow-origin"] == origin["Origin"]
    admin.request("PATCH", "/v1/workspace", {"allowed_origins": None})
    workspace_settings.forget()
    assert "access-control-allow-origin" not in admin.request("GET", "/v1/me", None, origin).headers


@pytest.mark.parametrize(
    "origin", ["*", "null", "https://app.example.com/", "http://example.com", "https://a b"]
)
def test_what_is_no_origin_of_a_page_is_refused(admin: Door, origin: str) -> None:
    reply = admin.request("PATCH", "/v1/workspace", {"allowed_origins": [origin]})

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/allowed_origins/0")


def test_a_workspace_chooses_how_long_its_new_videos_are_kept(admin: Door, cloud: None) -> None:
    days = {"video_retention_days": 365, "video_source_retention_days": 30}

    chosen = admin.request("PATCH", "/v1/workspace", days)

    assert days.items() <= chosen.json.items()
    table = Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], chosen.json["id"])
    workspace_settings.forget()
    kept = workspace_settings.settings_of(table, "local")
    assert (kept.video_retention_days, kept.video_source_retention_days) == (365, 30)
    admin.request("PATCH", "/v1/workspace", {"video_retention_days": None})
    kept = workspace_settings.settings_of(table, "local", fresh=True)
    assert (kept.video_retention_days, kept.video_source_retention_days) == (None, 30)
    for wrong in (0, 3_651, 1.5, "30", True):
        refused = admin.request("PATCH", "/v1/workspace", {"video_retention_days": wrong})
        assert refused.status == 422, wrong


def test_a_workspace_can_be_born_with_a_person_in_charge(cloud: None) -> None:
    made = create_workspace({"name": "One", "admin_email": "Ada@Harbor.example"}, CONTEXT)

    ada = Person("ada@harbor.example")
    assert ada.context["workspace"] == made["workspace"]
    assert (ada.context["role"], ada.context["member"]) == ("admin", made["member"])
    assert len(made["temporary_password"]) >= 12
    only = ada.request("POST", f"/v1/members/{made['member']}/deactivate")
    assert (only.status, only.json["code"]) == (409, "last_admin")


def test_who_has_an_account_already_keeps_its_password(cloud: None) -> None:
    first = create_workspace({"name": "One", "admin_email": "ada@harbor.example"}, CONTEXT)
    second = create_workspace({"name": "Two", "admin_email": "ada@harbor.example"}, CONTEXT)

    assert "temporary_password" in first
    assert "temporary_password" not in second
    listed = Person("ada@harbor.example").request("GET", "/v1/workspaces").json["data"]
    assert {each["workspace"] for each in listed} == {first["workspace"], second["workspace"]}
