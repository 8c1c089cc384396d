"""Workspaces are born through one IAM-only function, locally as in AWS."""

import json
from typing import Any

from infra.local.failure import CloudError

FUNCTION = "reelate-{stage}-identity-create-workspace"


def create_workspace(lambda_: Any, stage: str, name: str) -> tuple[str, str]:
    """Create a workspace with an admin; return its id and the admin's API key (shown once).

    Raises:
        CloudError: the function refused or failed.
    """
    made = create_workspace_for(lambda_, stage, name)
    return made["workspace"], made["api_key"]


def create_workspace_for(
    lambda_: Any, stage: str, name: str, admin: str | None = None
) -> dict[str, str]:
    """Create a workspace, with a person as its first admin if there is an address; return all
    that the function said.

    Raises:
        CloudError: the function refused or failed.
    """
    asked = {"name": name} | ({"admin_email": admin} if admin else {})
    reply = lambda_.invoke(
        FunctionName=FUNCTION.format(stage=stage), Payload=json.dumps(asked).encode()
    )
    answer = json.loads(reply["Payload"].read())
    if reply.get("FunctionError"):
        raise CloudError(f"Workspace {name!r} was not created: {answer.get('errorMessage')}")
    return dict(answer)
