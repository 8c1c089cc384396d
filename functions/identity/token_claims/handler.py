"""λ token_claims: Cognito's trigger before it makes a token (version 3, for machines too)."""

from typing import Any

from functions.identity.dynamodb_accounts import Accounts
from functions.identity.dynamodb_roles import role_book
from functions.identity.roles import BUILT_IN, Power
from functions.identity.settings import TokenClaimsSettings
from functions.identity.token_claims.logic import CLIENT_CREDENTIALS, for_account, for_client
from functions.shared.aws import client
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


def _power_of(workspace: str, role: str) -> Power:
    annotate(workspace=workspace)
    if role in BUILT_IN:
        return BUILT_IN[role]
    table = Table(client("dynamodb"), TokenClaimsSettings.from_env().identity_table, workspace)
    return role_book(table).power(role)


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return the event with what the token is to say; raise for a client without a record, which
    is Cognito's sign to make none."""
    annotate(trigger=event["triggerSource"])
    accounts = Accounts(client("dynamodb"), TokenClaimsSettings.from_env().identity_table)
    if event["triggerSource"] == CLIENT_CREDENTIALS:
        found = accounts.client(event["callerContext"]["clientId"])
        said = for_client(found, _power_of)
    else:
        # where people sign in by address, an account's name is its `sub`; the embedded cloud leaves
        # the attributes out when a token is refreshed
        subject = event["request"]["userAttributes"].get("sub") or event["userName"]
        said = for_account(accounts.memberships(subject), _power_of)
    event["response"]["claimsAndScopeOverrideDetails"] = said
    return event
