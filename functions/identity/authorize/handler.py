"""λ authorize: API Gateway's REQUEST authorizer; at most one DynamoDB read, none while cached."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from functions.identity.authorize.logic import bearer, identify
from functions.identity.dynamodb import note_use, presented
from functions.identity.key_text import KeyText
from functions.identity.model import Presented
from functions.identity.settings import AuthorizeSettings
from functions.shared.audit import audit_stamp
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.errors import UnavailableError
from functions.shared.table import ConditionFailedError, Table
from functions.shared.telemetry import annotate, instrumented, logger


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


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer with an Allow for the whole API and the identity as context, or with a Deny (which
    the gateway renders as a 401 problem)."""
    identity = identify(bearer(event), _Keys(event), now())
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
