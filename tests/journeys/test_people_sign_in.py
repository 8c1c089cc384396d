"""People and programs sign in as OAuth2 has it, with a client library that knows nothing of us."""

import re
import warnings
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from infra.local.contract import Contract
from infra.local.deployment import client
from infra.local.seed import create_workspace_for
from tests.journeys.tenant import until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx's successor
    from authlib.integrations.httpx_client import OAuth2Client, OAuthError

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

CALLBACK = "http://localhost:8000/callback"
PASSWORD = "A-long-enough-Passw0rd!"
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Browser:
    """A person at the hosted pages, with the OAuth2 client of some front-end."""

    def __init__(self, contract: Contract, email: str) -> None:
        self.contract = contract
        self.email = email
        self.endpoint = contract.aws_endpoint
        self.oauth = OAuth2Client(
            client_id=contract.sign_in_client,
            token_endpoint_auth_method="none",
            code_challenge_method="S256",
            redirect_uri=CALLBACK,
            scope="openid email profile",
            trust_env=False,
        )

    def sign_in(self, password: str, new: str | None = None) -> dict[str, Any]:
        """Go through the pages by code and PKCE; `new` is the password to choose when asked."""
        verifier = "v" * 64
        address, _state = self.oauth.create_authorization_url(
            f"{self.endpoint}/oauth2/authorize", code_verifier=verifier
        )
        with httpx.Client(trust_env=False, timeout=30) as http:
            page = http.get(address)
            form = {"username": self.email, "password": password, **_fields(page)}
            reply = http.post(f"{self.endpoint}/login", data=form)
            if reply.status_code == 200 and new is not None:
                chosen = {"new_password": new, "confirm_password": new, **_fields(reply)}
                reply = http.post(f"{self.endpoint}/login", data=chosen)
        assert reply.status_code == 302, reply.text
        back = reply.headers["location"]
        assert back.startswith(CALLBACK)
        assert parse_qs(urlsplit(back).query)["code"]
        token: dict[str, Any] = self.oauth.fetch_token(
            f"{self.endpoint}/oauth2/token", authorization_response=back, code_verifier=verifier
        )
        return token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.oauth.close()

    def refresh(self) -> dict[str, Any]:
        token: dict[str, Any] = self.oauth.refresh_token(f"{self.endpoint}/oauth2/token")
        return token

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call the API with the access token, as authlib sends it."""
        reply: httpx.Response = self.oauth.request(
            method, f"{self.contract.api_url}{path}", json=body, timeout=30
        )
        return reply


def _fields(page: httpx.Response) -> dict[str, str]:
    return dict(_FIELD.findall(page.text))


@pytest.fixture(scope="module")
def founded(contract: Contract) -> dict[str, str]:
    """A workspace whose first admin has a temporary password."""
    lambda_ = client("lambda", contract.aws_endpoint)
    return create_workspace_for(lambda_, "local", "Signed in", "ada@people.example")


@pytest.fixture(scope="module")
def ada(contract: Contract, founded: dict[str, str]) -> Iterator[Browser]:
    """The first admin, signed in."""
    with Browser(contract, "ada@people.example") as browser:
        browser.sign_in(founded["temporary_password"], PASSWORD)
        yield browser


@pytest.fixture(scope="module")
def mira(contract: Contract, ada: Browser) -> Iterator[Browser]:
    """Somebody whom Ada invites, and who accepts."""
    email = "mira@people.example"
    invited = ada.call("POST", "/v1/members", {"email": email, "name": "Mira", "role": "viewer"})
    assert invited.status_code == 201, invited.text
    # the mail with the temporary password goes nowhere here
    client("cognito-idp", contract.aws_endpoint).admin_set_user_password(
        UserPoolId=contract.user_pool, Username=email, Password=PASSWORD, Permanent=True
    )
    with Browser(contract, email) as browser:
        browser.sign_in(PASSWORD)
        assert browser.call("GET", "/v1/workspaces").json()["data"] == []
        assert browser.call("GET", "/v1/contacts").status_code == 403
        accepted = browser.call(
            "POST", "/v1/invitations/accept", {"token": invited.json()["invitation"]}
        )
        assert accepted.status_code == 200, accepted.text
        browser.refresh()
        yield browser


def test_the_first_admin_signs_in_by_code_and_pkce(ada: Browser, founded: dict[str, str]) -> None:
    me = ada.call("GET", "/v1/me").json()

    assert (me["workspace"], me["role"]) == (founded["workspace"], "admin")
    assert ada.call("POST", "/v1/contacts", {"name": "By a person"}).status_code == 201


def test_a_wrong_password_opens_nothing(contract: Contract, ada: Browser) -> None:
    with (
        Browser(contract, ada.email) as browser,
        pytest.raises(AssertionError, match="Incorrect username or password"),
    ):
        browser.sign_in("wrong")


def test_a_code_is_worth_nothing_without_its_verifier(contract: Contract, ada: Browser) -> None:
    with (
        Browser(contract, ada.email) as thief,
        httpx.Client(trust_env=False, timeout=30) as http,
    ):
        address, _ = thief.oauth.create_authorization_url(
            f"{thief.endpoint}/oauth2/authorize", code_verifier="v" * 64
        )
        form = {"username": ada.email, "password": PASSWORD, **_fields(http.get(address))}
        back = http.post(f"{thief.endpoint}/login", data=form).headers["location"]
        stolen = http.post(
            f"{thief.endpoint}/oauth2/token",
            data={
                "grant_type": "authorization_code",
                "client_id": contract.sign_in_client,
                "code": parse_qs(urlsplit(back).query)["code"][0],
                "redirect_uri": CALLBACK,
                "code_verifier": "w" * 64,
            },
        )

    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")


def test_an_invited_person_joins_and_may_do_what_the_role_may(mira: Browser) -> None:
    assert mira.call("GET", "/v1/contacts").status_code == 200
    refused = mira.call("POST", "/v1/contacts", {"name": "No"})
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")


def test_a_person_switches_between_workspaces(contract: Contract, mira: Browser) -> None:
    lambda_ = client("lambda", contract.aws_endpoint)
    other = create_workspace_for(lambda_, "local", "Mira's own", mira.email)
    assert "temporary_password" not in other  # the account was there

    switched = mira.call("POST", f"/v1/workspaces/{other['workspace']}/switch")
    mira.refresh()
    there = mira.call("GET", "/v1/me").json()
    home = next(
        each["workspace"]
        for each in mira.call("GET", "/v1/workspaces").json()["data"]
        if each["workspace"] != other["workspace"]
    )
    mira.call("POST", f"/v1/workspaces/{home}/switch")
    mira.refresh()

    assert switched.status_code == 200
    assert (there["workspace"], there["role"]) == (other["workspace"], "admin")
    assert mira.call("GET", "/v1/me").json()["workspace"] == home


def test_a_program_signs_in_by_client_credentials(contract: Contract, ada: Browser) -> None:
    made = ada.call("POST", "/v1/clients", {"name": "Warehouse", "role": "viewer"}).json()
    with OAuth2Client(
        client_id=made["client_id"], client_secret=made["client_secret"], scope="reelate/api",
        trust_env=False, timeout=30,
    ) as program:  # fmt: skip
        program.fetch_token(
            f"{contract.aws_endpoint}/oauth2/token", grant_type="client_credentials"
        )
        me = program.get(f"{contract.api_url}/v1/me").json()
        denied = program.post(f"{contract.api_url}/v1/contacts", json={"name": "No"})

        assert (me["role"], me["actor"]) == ("viewer", {"type": "client", "id": made["id"]})
        assert denied.status_code == 403
        assert ada.call("DELETE", f"/v1/clients/{made['id']}").status_code == 204
        gone = until(
            lambda: program.get(f"{contract.api_url}/v1/me"),
            lambda seen: seen.status_code == 401,
            70,
        )
    assert gone.json()["type"] == "/problems/unauthenticated"


def test_a_deactivated_member_is_refused_within_a_minute(ada: Browser, mira: Browser) -> None:
    listed = ada.call("GET", "/v1/members").json()["data"]
    member = next(each["id"] for each in listed if each["email"] == mira.email)

    out = ada.call("POST", f"/v1/members/{member}/deactivate")
    refused = until(
        lambda: mira.call("GET", "/v1/contacts"), lambda seen: seen.status_code == 401, 70
    )

    assert out.status_code == 200
    assert refused.headers["content-type"] == "application/problem+json"
    assert ada.call("POST", f"/v1/members/{member}/reactivate").status_code == 200


def test_a_revoked_refresh_token_gets_nothing(contract: Contract, ada: Browser) -> None:
    with Browser(contract, ada.email) as browser:
        token = browser.sign_in(PASSWORD)
        client("cognito-idp", contract.aws_endpoint).revoke_token(
            Token=token["refresh_token"], ClientId=contract.sign_in_client
        )

        with pytest.raises(OAuthError, match="invalid_grant"):
            browser.refresh()
