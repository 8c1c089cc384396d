"""People and programs that sign in: the real trigger says what is in their tokens, the real
authorizer reads them; only the signature is made with a key of the tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.identity.api.handler import handler as api_handler
from functions.identity.authorize.handler import authorizer
from functions.identity.cognito_tokens import Keys, Tokens
from functions.identity.token_claims.handler import handler as token_claims
from functions.shared import aws
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT, Reply, call, event
from tests.unit.identity.minting import ISSUER, claims, key_set, token

_TOKENS = Tokens(Keys(key_set), ISSUER)
authorize_handler = authorizer(lambda: _TOKENS)
METHOD = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/local/GET/v1/me"


def decide(bearer: str) -> dict[str, Any]:
    """Ask the authorizer about a credential."""
    asked = {"methodArn": METHOD, "headers": {"Authorization": f"Bearer {bearer}"}}
    decision: dict[str, Any] = authorize_handler(asked, CONTEXT)
    return decision


def allowed(bearer: str) -> bool:
    (statement,) = decide(bearer)["policyDocument"]["Statement"]
    return bool(statement["Effect"] == "Allow")


def request(
    bearer: str,
    method: str,
    target: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Call the API through the authorizer."""
    decision = decide(bearer)
    (statement,) = decision["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    sent = event(method, target, body, headers, None)
    sent["requestContext"]["authorizer"] = {
        **decision["context"], "principalId": decision["principalId"],
    }  # fmt: skip
    return call(api_handler, sent)


def asked_of_trigger(source: str, client: str, attributes: Mapping[str, str]) -> dict[str, Any]:
    """Return Cognito's event before it makes a token (version 3)."""
    return {
        "version": "3",
        "triggerSource": source,
        "region": "eu-central-1",
        "userPoolId": ENVIRONMENT["USER_POOL"],
        "userName": attributes.get("sub", "ClientCredentials"),
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
        "request": {
            "userAttributes": dict(attributes),
            "groupConfiguration": {
                "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None,
            },
            "scopes": ["openid", "email", "profile"],
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }  # fmt: skip


def said_by_trigger(event: dict[str, Any]) -> dict[str, Any]:
    """Return the claims that the trigger adds to an access token."""
    details = token_claims(event, CONTEXT)["response"]["claimsAndScopeOverrideDetails"]
    access = details.get("accessTokenGeneration", {})
    scopes = {"scope": " ".join(access["scopesToAdd"])} if "scopesToAdd" in access else {}
    return {**access.get("claimsToAddOrOverride", {}), **scopes}


def machine_token(client_id: str) -> str:
    """Return what Cognito gives a program for its secret."""
    event = asked_of_trigger("TokenGeneration_ClientCredentials", client_id, {})
    return token(
        claims(sub=client_id, client_id=client_id, username=None, **said_by_trigger(event))
    )


@dataclass
class Person:
    """Somebody with an account, signed in."""

    email: str
    verified: bool = True
    subject: str = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        pool = aws.client("cognito-idp")
        known = {"UserPoolId": ENVIRONMENT["USER_POOL"], "Username": self.email}
        try:
            found = pool.admin_get_user(**known)["UserAttributes"]
        except pool.exceptions.UserNotFoundException:
            said = {"email": self.email, "email_verified": str(self.verified).lower()}
            given = [{"Name": name, "Value": value} for name, value in said.items()]
            found = pool.admin_create_user(**known, UserAttributes=given)["User"]["Attributes"]
        self.subject = next(each["Value"] for each in found if each["Name"] == "sub")
        self.refresh()

    def refresh(self) -> "Person":
        """Get a new token."""
        attributes = {"sub": self.subject, "email": self.email}
        event = asked_of_trigger("TokenGeneration_RefreshTokens", "people", attributes)
        self.token = token(
            claims(sub=self.subject, username=self.subject, **said_by_trigger(event))
        )
        return self

    @property
    def context(self) -> dict[str, str]:
        """What the authorizer says of the person now."""
        context: dict[str, str] = decide(self.token)["context"]
        return context

    def request(
        self, method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        return request(self.token, method, target, body, headers)


def invited(door: Any, email: str, role: str = "rep", **more: Any) -> Any:
    """Invite somebody; return the reply, with the invitation's text."""
    reply = door.request(
        "POST", "/v1/members", {"email": email, "name": "Mira", "role": role, **more}
    )
    assert reply.status == 201, reply.body
    return reply.json


def joined(door: Any, email: str, role: str = "rep", **more: Any) -> tuple[Person, str]:
    """Invite somebody who accepts; return the person and the member's id."""
    made = invited(door, email, role, **more)
    person = Person(email)
    reply = person.request("POST", "/v1/invitations/accept", {"token": made["invitation"]})
    assert reply.status == 200, reply.body
    return person.refresh(), made["id"]
