"""λ create_workspace: how every tenant is born, invoked by operators through IAM alone."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from functions.identity.dynamodb import ApiKeys, Workspaces
from functions.identity.model import Workspace
from functions.identity.service import found_workspace
from functions.identity.settings import CreateWorkspaceSettings
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


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Return `{workspace, name, api_key}`; the key's text is in no other place."""
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
    workspace = Workspace.born(caller, name=request.name).model_copy(update={"id": workspace_id})
    token = found_workspace(
        workspace, caller, now(), Workspaces(table, caller), ApiKeys(table, caller)
    )
    return {"workspace": workspace_id, "name": workspace.name, "api_key": token}
