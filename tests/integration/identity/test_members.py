"""/v1/members and invitations: who comes in, as what, and who goes out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws

from functions.shared import aws
from functions.shared.clock import now
from functions.shared.ids import new_id
from functions.shared.policy import ROLES
from tests.integration.cloud import ENVIRONMENT, Calls, environment, furnish, furnish_sign_in
from tests.integration.identity.conftest import Door, everything
from tests.integration.identity.people import Person, allowed, invited, joined

MEMBERS = "/v1/members"
Found = Callable[[str], dict[str, str]]


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        furnish_sign_in()
        yield


def _team(door: Door) -> str:
    """Put a team into the table, as slice teams makes them."""
    workspace = door.request("GET", "/v1/me").json["workspace"]
    team = "tea_" + "1" * 26
    for sk, more in (("RECORD", {"name": {"S": "North"}}), ("USES", {"uses": {"N": "0"}})):
        aws.client("dynamodb").put_item(
            TableName=ENVIRONMENT["IDENTITY_TABLE"],
            Item={"pk": {"S": f"W#{workspace}#{team}"}, "sk": {"S": sk}, **more},
        )
    return team


def test_an_invited_person_comes_in_with_the_role_they_were_given(admin: Door) -> None:
    person, member = joined(admin, "mira@harbor.example", "viewer")

    context = person.context
    assert context["workspace"] == admin.request("GET", "/v1/me").json["workspace"]
    assert (context["kind"], context["principal"], context["member"]) == ("user", member, member)
    assert context["subject"] == person.subject
    assert set(context["scopes"].split()) == ROLES["viewer"]
    shown = admin.request("GET", f"{MEMBERS}/{member}").json
    assert (shown["state"], shown["email"], shown["role"]) == (
        "active", "mira@harbor.example", "viewer",
    )  # fmt: skip


def test_teams_are_in_the_identity(admin: Door) -> None:
    team = _team(admin)

    person, _ = joined(admin, "mira@harbor.example", team_ids=[team])

    assert person.context["teams"] == team


def test_a_team_or_role_that_is_not_there_is_named(admin: Door) -> None:
    body = {"email": "a@b.example", "name": "A", "role": "rep", "team_ids": ["tea_" + "0" * 26]}

    refused = admin.request("POST", MEMBERS, body)
    strange = admin.request("POST", MEMBERS, {**body, "team_ids": [], "role": "rol_" + "0" * 26})

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/team_ids/0")
    assert (strange.status, strange.json["errors"][0]["pointer"]) == (422, "/role")


def test_the_invitation_is_shown_once_and_kept_as_a_hash(admin: Door) -> None:
    again = {"Idempotency-Key": "invite"}
    body = {"email": "mira@harbor.example", "name": "Mira", "role": "rep"}

    first = admin.request("POST", MEMBERS, body, again)
    second = admin.request("POST", MEMBERS, body, again)

    text = first.json["invitation"]
    assert text.startswith("rl_invite_")
    assert second.headers["idempotency-replayed"] == "true"
    assert "invitation" not in second.json
    assert second.json == {k: v for k, v in first.json.items() if k != "invitation"}
    assert text[-43:] not in everything()
    assert "invitation" not in admin.request("GET", first.headers["location"]).json


def test_an_account_is_made_for_the_address_with_the_address_verified_by_its_mail(
    admin: Door,
) -> None:
    invited(admin, "Mira@Harbor.example")

    (user,) = aws.client("cognito-idp").list_users(UserPoolId=ENVIRONMENT["USER_POOL"])["Users"]
    said = {each["Name"]: each["Value"] for each in user["Attributes"]}
    assert (said["email"], said["email_verified"]) == ("mira@harbor.example", "true")
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_an_address_is_in_a_workspace_once(admin: Door) -> None:
    invited(admin, "mira@harbor.example")

    again = admin.request(
        "POST", MEMBERS, {"email": "MIRA@harbor.example", "name": "M", "role": "rep"}
    )

    assert (again.status, again.json["code"]) == (409, "duplicate_email")


def test_an_invitation_is_for_one_use_by_one_person(admin: Door) -> None:
    made = invited(admin, "mira@harbor.example")
    accept = "/v1/invitations/accept", {"token": made["invitation"]}

    stranger = Person("thief@else.example").request("POST", *accept)
    unverified = Person("mira+x@harbor.example", verified=False).request("POST", *accept)
    key = admin.request("POST", *accept)
    mira = Person("mira@harbor.example")
    first, second = (mira.request("POST", *accept) for _ in range(2))

    assert [r.status for r in (stranger, unverified, key, first, second)] == [
        404, 404, 404, 200, 404,
    ]  # fmt: skip
    details = {reply.json["detail"] for reply in (stranger, unverified, key, second)}
    assert len(details) == 1


def test_an_unverified_address_takes_no_invitation(admin: Door) -> None:
    mira = Person("mira@harbor.example", verified=False)
    made = invited(admin, "mira@harbor.example")

    refused = mira.request("POST", "/v1/invitations/accept", {"token": made["invitation"]})

    assert refused.status == 404


@pytest.mark.parametrize("text", ["x", "rl_invite_", "rl_invite_" + "0" * 26 + "_" + "0" * 26])
def test_what_is_no_invitation_does_not_exist(cloud: None, text: str) -> None:
    assert Person("a@b.example").request(
        "POST", "/v1/invitations/accept", {"token": text}
    ).status == 404  # fmt: skip


def test_a_bent_invitation_or_one_to_another_workspace_does_not_exist(
    admin: Door, found: Found
) -> None:
    made = invited(admin, "mira@harbor.example")
    mira, text = Person("mira@harbor.example"), made["invitation"]
    bent = text[:-1] + ("A" if text[-1] != "A" else "B")
    parts = text.split("_")
    moved = "_".join([*parts[:2], found("Other")["workspace"][3:], *parts[3:]])

    for wrong in (bent, moved):
        reply = mira.request("POST", "/v1/invitations/accept", {"token": wrong})
        assert reply.status == 404


def test_an_invitation_ends_after_seven_days(admin: Door) -> None:
    made = invited(admin, "mira@harbor.example")
    _end_invitation(admin, made["id"])

    reply = Person("mira@harbor.example").request(
        "POST", "/v1/invitations/accept", {"token": made["invitation"]}
    )

    assert made["invitation_expires_at"] > now().isoformat()[:10]
    assert reply.status == 404


def test_inviting_again_ends_the_invitation_before(admin: Door) -> None:
    made = invited(admin, "mira@harbor.example")

    again = admin.request("POST", f"{MEMBERS}/{made['id']}/invite")

    mira = Person("mira@harbor.example")
    assert again.status == 200
    old, new = (
        mira.request("POST", "/v1/invitations/accept", {"token": text})
        for text in (made["invitation"], again.json["invitation"])
    )
    assert (old.status, new.status) == (404, 200)
    late = admin.request("POST", f"{MEMBERS}/{made['id']}/invite")
    assert (late.status, late.json["code"]) == (409, "already_joined")


def test_a_repeated_acceptance_is_replayed_from_whatever_workspace(admin: Door) -> None:
    made = invited(admin, "mira@harbor.example")
    mira, again = Person("mira@harbor.example"), {"Idempotency-Key": "join"}
    body = {"token": made["invitation"]}

    first = mira.request("POST", "/v1/invitations/accept", body, again)
    mira.refresh()
    second = mira.request("POST", "/v1/invitations/accept", body, again)

    assert (first.status, second.status) == (200, 200)
    assert first.json == second.json
    assert second.headers["idempotency-replayed"] == "true"


def test_nobody_gives_more_than_they_have(admin: Door) -> None:
    scopes = ["members:read", "members:write", "members:delete", *ROLES["viewer"]]
    key = admin.request(
        "POST", "/v1/api-keys", {"name": "K", "role": "admin", "scopes": sorted(set(scopes))}
    ).json["key"]
    weak = Door(key)
    _, boss = joined(admin, "boss@harbor.example", "admin")
    asked = {"email": "a@b.example", "name": "A", "role": "rep"}

    refusals = [
        weak.request("POST", MEMBERS, asked),
        weak.request("PATCH", f"{MEMBERS}/{boss}", {"role": "viewer"}),
        weak.request("POST", f"{MEMBERS}/{boss}/deactivate"),
    ]

    assert [each.json["code"] for each in refusals] == ["privilege_escalation"] * 3
    assert weak.request("POST", MEMBERS, {**asked, "role": "viewer"}).status == 201


def test_a_changed_role_holds_with_the_token_that_is_out(admin: Door) -> None:
    person, member = joined(admin, "mira@harbor.example", "viewer")

    changed = admin.request("PATCH", f"{MEMBERS}/{member}", {"role": "rep", "name": "Mira V."})

    assert (changed.status, changed.json["role"], changed.json["name"]) == (200, "rep", "Mira V.")
    assert set(person.context["scopes"].split()) == ROLES["rep"]


def test_a_deactivated_member_is_refused_and_a_reactivated_one_is_back(admin: Door) -> None:
    person, member = joined(admin, "mira@harbor.example")

    out = admin.request("POST", f"{MEMBERS}/{member}/deactivate")
    refused = not allowed(person.token)
    none = Person("mira@harbor.example").request("GET", "/v1/workspaces").json["data"]
    back = admin.request("POST", f"{MEMBERS}/{member}/reactivate")

    assert (out.status, out.json["state"], refused, none) == (200, "deactivated", True, [])
    assert (back.status, back.json["state"]) == (200, "active")
    assert allowed(person.token)


def test_records_go_to_another_active_member_or_nobody(admin: Door) -> None:
    _, mira = joined(admin, "mira@harbor.example")
    _, noah = joined(admin, "noah@harbor.example")
    late = invited(admin, "late@harbor.example")["id"]
    target = f"{MEMBERS}/{mira}/deactivate"

    for wrong in (mira, late, new_id("mem")):
        refused = admin.request("POST", target, {"reassign_to": wrong})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/reassign_to")
    assert admin.request("POST", target, {"reassign_to": noah}).status == 200

    (stamp, item) = _last_event(mira)
    assert stamp["type"] == "member.deactivated"
    assert item["reassign_to"] == {"S": noah}
    again = admin.request("POST", target, {"reassign_to": noah})
    assert (again.status, again.json["code"]) == (409, "already_deactivated")


def test_the_last_admin_stays(admin: Door) -> None:
    _, only = joined(admin, "boss@harbor.example", "admin")

    for method, target, body in (
        ("PATCH", f"{MEMBERS}/{only}", {"role": "rep"}),
        ("POST", f"{MEMBERS}/{only}/deactivate", None),
    ):
        refused = admin.request(method, target, body)
        assert (refused.status, refused.json["code"]) == (409, "last_admin")
    joined(admin, "second@harbor.example", "admin")
    assert admin.request("PATCH", f"{MEMBERS}/{only}", {"role": "rep"}).status == 200


def test_a_stale_version_is_refused(admin: Door) -> None:
    made = invited(admin, "mira@harbor.example")

    stale = admin.request("PATCH", f"{MEMBERS}/{made['id']}", {"name": "X"}, {"If-Match": '"9"'})

    assert stale.status == 412


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "no address"}, "/email"),
        ({"email": "a@b.example\u0000"}, None),
        ({"name": " "}, "/name"),
        ({"role": None}, "/role"),
        ({"state": "active"}, "/state"),
        ({"subject": "s"}, "/subject"),
        ({"team_ids": ["x"]}, "/team_ids/0"),
        ({"team_ids": ["tea_" + "0" * 26] * 21}, "/team_ids"),
    ],
)
def test_what_is_wrong_is_named(admin: Door, body: dict[str, Any], pointer: str | None) -> None:
    usual = {"email": "a@b.example", "name": "A", "role": "rep"}

    refused = admin.request("POST", MEMBERS, {**usual, **body})

    assert refused.status == (400 if pointer is None else 422)
    if pointer:
        assert refused.json["errors"][0]["pointer"] == pointer


def test_a_name_cannot_be_cleared(admin: Door) -> None:
    made = invited(admin, "mira@harbor.example")

    assert admin.request("PATCH", f"{MEMBERS}/{made['id']}", {"name": None}).status == 422


def test_a_token_costs_the_authorizer_one_read(admin: Door) -> None:
    person, _ = joined(admin, "mira@harbor.example")

    with Calls("dynamodb") as calls:
        assert allowed(person.token)

    assert calls == ["BatchGetItem"]


def _items(suffix: str) -> list[dict[str, Any]]:
    scanned: list[dict[str, Any]] = aws.client("dynamodb").scan(
        TableName=ENVIRONMENT["IDENTITY_TABLE"]
    )["Items"]
    return [each for each in scanned if each["pk"]["S"].endswith(suffix)]


def _last_event(member: str) -> tuple[dict[str, Any], dict[str, Any]]:
    (item,) = [each for each in _items(f"#{member}") if each["sk"]["S"] == "RECORD"]
    (stamp,) = item["_events"]["L"]
    return {"type": stamp["M"]["type"]["S"]}, item


def _end_invitation(admin: Door, member: str) -> None:
    """Move an invitation's end into the past: the test does not wait for it."""
    (item,) = [each for each in _items(f"#{member}") if each["sk"]["S"] == "RECORD"]
    over = {**item, "invitation_expires_at": {"S": "2020-01-01T00:00:00.000Z"}}
    aws.client("dynamodb").put_item(TableName=ENVIRONMENT["IDENTITY_TABLE"], Item=over)
