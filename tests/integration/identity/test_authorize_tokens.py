"""What the authorizer makes of a token whose signature is good: the record decides."""

import json
from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws

from tests.integration.cloud import environment, furnish, furnish_sign_in
from tests.integration.identity.conftest import Door
from tests.integration.identity.people import Person, allowed, decide, joined
from tests.unit.identity.minting import claims, token
from tests.unit.identity.test_cognito_tokens import ATTACKS

Found = Callable[[str], dict[str, str]]


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        furnish_sign_in()
        yield


@pytest.fixture
def mira(admin: Door) -> tuple[Person, dict[str, str]]:
    """A member, and the claims of her token."""
    person, member = joined(admin, "mira@harbor.example")
    workspace = admin.request("GET", "/v1/me").json["workspace"]
    return person, {"sub": person.subject, "workspace": workspace, "member": member}


def test_the_claims_of_a_member_are_believed(mira: tuple[Person, dict[str, str]]) -> None:
    assert allowed(token(claims(**mira[1])))


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": "99999999-2222-4333-8444-555555555555"},
        {"member": "mem_" + "0" * 26},
        {"member": "key_" + "0" * 26},
        {"member": None},
        {"member": ["mem"]},
        {"workspace": "ws_" + "0" * 26},
        {"workspace": "ws_x#KEY"},
        {"workspace": ""},
        {"workspace": 7},
        {"client_id": "another-app"},
        {"client_id": "another-app", "member": None, "client": "cli_" + "0" * 26},
    ],
)
def test_what_the_record_does_not_bear_out_is_refused(
    mira: tuple[Person, dict[str, str]], changed: dict[str, object]
) -> None:
    """Such a token Cognito does not make; nothing rests on that alone."""
    assert not allowed(token(claims(**(mira[1] | changed))))


def test_a_member_of_one_workspace_is_none_of_another(
    mira: tuple[Person, dict[str, str]], found: Found
) -> None:
    assert not allowed(token(claims(**(mira[1] | {"workspace": found("Other")["workspace"]}))))


def test_scopes_and_role_in_a_token_grant_nothing(mira: tuple[Person, dict[str, str]]) -> None:
    boasting = token(claims(**mira[1], role="admin", scope="api_keys:write members:write"))

    context = decide(boasting)["context"]

    assert context["role"] == "rep"
    assert "api_keys:write" not in context["scopes"].split()


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_a_401(cloud: None, attack: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = ATTACKS[attack]()

    decision = decide(text)

    (statement,) = decision["policyDocument"]["Statement"]
    assert (statement["Effect"], decision["context"]) == ("Deny", {})
    logged = capsys.readouterr()
    for part in text.split("."):
        assert len(part) < 8 or part not in logged.out + logged.err


def test_nothing_of_a_good_token_is_logged(
    mira: tuple[Person, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    good = mira[0].token
    capsys.readouterr()

    assert allowed(good)

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["allowed"] is True
    assert not any(part in line for part in good.split("."))
    assert mira[0].subject not in line
