"""λ create_workspace: how every tenant is born, invoked by operators through IAM alone."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from functions.identity.cognito import UserPool
from functions.identity.dynamodb import ApiKeys, Workspaces
from functions.identity.dynamodb_members import Members
from functions.identity.members import Member
from functions.identity.model import Workspace
from functions.identity.service import found_workspace
from functions.identity.settings import CreateWorkspaceSettings
from functions.shared import natural_keys
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.ids import new_id
from functions.shared.policy import SCOPES
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


class Request(BaseModel):
    """The operator's words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    # the first person, if one is to sign in: the key alone is enough for programs
    admin_email: Annotated[str, AfterValidator(natural_keys.email)] | None = None


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Return `{workspace, name, api_key}`; the key's text is in no other place.

    With `admin_email` there is a first admin besides, `member`, who is in already: the operator
    vouches for the address. A new account's `temporary_password` is for the operator to hand over.
    """
    request = Request.model_validate(event)
    settings = CreateWorkspaceSettings.from_env()
    workspace_id = new_id(Workspace.PREFIX)
    annotate(workspace=workspace_id)
    caller = Caller(
        workspace=workspace_id,
        principal="operator",
        role="admin",
        scopes=SCOPES,
        request_id=getattr(context, "aws_request_id", "unknown"),
        kind="system",
    )
    table = Table(client("dynamodb"), settings.identity_table, workspace_id)
    # First: an account in no workspace may do nothing, whatever happens next.
    first = _account(request.admin_email, settings) if request.admin_email else None
    workspace = Workspace.born(caller, name=request.name).model_copy(update={"id": workspace_id})
    token = found_workspace(
        workspace, caller, now(), Workspaces(table, caller), ApiKeys(table, caller)
    )
    made = {"workspace": workspace_id, "name": workspace.name, "api_key": token}
    if first is None or request.admin_email is None:
        return made
    subject, password = first
    member = Member.born(
        caller,
        email=request.admin_email,
        name=request.admin_email.partition("@")[0],
        role="admin",
        state="active",
        subject=subject,
    )
    Members(table, caller, birth="joined").create(member)
    return made | {"member": member.id} | ({"temporary_password": password} if password else {})


def _account(email: str, settings: CreateWorkspaceSettings) -> tuple[str, str | None]:
    pool = UserPool(client("cognito-idp"), settings.user_pool)
    return pool.account_with_password(email, email.partition("@")[0])
