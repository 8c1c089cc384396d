"""λ token_claims: Cognito's trigger before it makes a token (version 3, for machines too)."""

from typing import Any

from functions.identity.dynamodb_accounts import Accounts
from functions.identity.dynamodb_roles import role_book
from functions.identity.roles import BUILT_IN, Power
from functions.identity.settings import TokenClaimsSettings
from functions.identity.token_claims.logic import (
    CLIENT_CREDENTIALS,
    entry,
    for_account,
    for_client,
)
from functions.shared.audit import act
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


def _power_of(workspace: str, role: str) -> Power:
    annotate(workspace=workspace)
    if role in BUILT_IN:
        return BUILT_IN[role]
    table = Table(client("dynamodb"), TokenClaimsSettings.from_env().identity_table, workspace)
    return role_book(table).power(role)


def _note(signed_in: tuple[str, Caller] | None) -> None:
    if signed_in is None:
        return
    event_type, holder = signed_in
    platform = TokenClaimsSettings.from_env().platform_table
    subject = {"type": "client" if holder.kind == "client" else "member", "id": holder.principal}
    table = Table(client("dynamodb"), platform, holder.workspace)
    table.write(act(event_type, holder, subject))


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the event with what the token is to say, once the audit log will know of it; raise
    for a client without a record, which is Cognito's sign to make none."""
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
    _note(entry(event["triggerSource"], said, context.aws_request_id))
    event["response"]["claimsAndScopeOverrideDetails"] = said
    return event
