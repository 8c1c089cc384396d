"""λ authorize: API Gateway's REQUEST authorizer; at most one DynamoDB read, none while cached."""

from typing import Any

from functions.identity.authorize.logic import identify
from functions.identity.dynamodb import credential
from functions.identity.model import Credential
from functions.identity.settings import AuthorizeSettings
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


def _lookup(workspace: str, digest: str) -> Credential | None:
    settings = AuthorizeSettings.from_env()
    return credential(Table(client("dynamodb"), settings.identity_table, workspace), digest)


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer with an Allow for the whole API and the identity as context, or with a Deny (which
    the gateway renders as a 401 problem)."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    identity = identify(headers.get("authorization"), _lookup, now())
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
