"""λ authorize: API Gateway's REQUEST authorizer for keys and tokens; at most one DynamoDB read,
none while cached."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from functions.identity.authorize.logic import Identity, bearer, identify
from functions.identity.authorize.tokens import identify_claims
from functions.identity.cognito_tokens import Keys, Tokens, from_url
from functions.identity.dynamodb import note_use, presented
from functions.identity.dynamodb_members import member_key
from functions.identity.dynamodb_roles import book_key
from functions.identity.key_text import KeyText
from functions.identity.model import Presented
from functions.identity.roles import RoleBook
from functions.identity.settings import AuthorizeSettings
from functions.shared.audit import audit_stamp
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.errors import UnavailableError
from functions.shared.table import ConditionFailedError, Table
from functions.shared.telemetry import annotate, instrumented, logger

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class _Keys:
    """The keys that a request may have sent; `event` says where it came from."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event

    def presented(self, text: KeyText) -> Presented | None:
        return presented(_table(text.workspace), text)

    def used(self, text: KeyText, hour: str) -> None:
        # refused: another environment has noted it first, or the key was revoked just now
        with suppress(ConditionFailedError):
            try:
                note_use(_table(text.workspace), text.key_id, hour, self._stamp(text))
            except UnavailableError:
                # a note is no reason to turn a good key away; the next request tries again
                logger.warning("use of a key was not noted", extra={"key": text.key_id})

    def _stamp(self, text: KeyText) -> dict[str, Any]:
        asked = self._event.get("requestContext") or {}
        origin = asked.get("identity") or {}
        caller = Caller(
            workspace=text.workspace,
            principal=text.key_id,
            role="",
            scopes=frozenset(),
            request_id=asked.get("requestId", "unknown"),
            member=text.member_id,
            address=origin.get("sourceIp"),
            agent=origin.get("userAgent"),
        )
        return audit_stamp("api_key.used", caller, source="authorizer")


def _table(workspace: str) -> Table:
    return Table(client("dynamodb"), AuthorizeSettings.from_env().identity_table, workspace)


def _record(workspace: str, record: str) -> tuple[Mapping[str, Any] | None, RoleBook]:
    table = _table(workspace)
    mine, roles = member_key(table, record), book_key(table)
    found = table.get_many([mine, roles])
    item = found.get(mine)
    living = item if item is not None and "deleted_at" not in item else None
    return living, RoleBook.of(found.get(roles))


@cache
def _tokens() -> Tokens:
    settings = AuthorizeSettings.from_env()
    return Tokens(Keys(from_url(settings.keys_url)), settings.issuer)


def authorizer(tokens: Callable[[], Tokens], clock: Callable[[], datetime] = now) -> Handler:
    """Return the function that decides about keys, and about tokens as `tokens` verifies them."""

    def identified(event: Mapping[str, Any]) -> Identity | None:
        text = bearer(event)
        if text is None or text.startswith("rl_"):
            return identify(text, _Keys(event), clock())
        claims = tokens().claims(text)
        if claims is None:
            return None
        return identify_claims(claims, _record, AuthorizeSettings.from_env().sign_in_client)

    @instrumented
    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Answer with an Allow for the whole API and the identity as context, or with a Deny
        (which the gateway renders as a 401 problem)."""
        identity = identified(event)
        annotate(workspace=identity.workspace if identity else None, allowed=identity is not None)
        # The whole API, because the answer is cached for the credential, not for the method.
        api, stage = event["methodArn"].split("/")[:2]
        return {
            "principalId": identity.principal if identity else "anonymous",
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Action": "execute-api:Invoke",
                        "Effect": "Allow" if identity else "Deny",
                        "Resource": f"{api}/{stage}/*/*",
                    }
                ],
            },
            "context": identity.context() if identity else {},
        }

    return handler


handler = authorizer(_tokens)
