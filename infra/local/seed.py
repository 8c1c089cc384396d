"""Workspaces are born through one IAM-only function, locally as in AWS."""

import json
from typing import Any

from infra.local.failure import CloudError

FUNCTION = "reelate-{stage}-identity-create-workspace"


def create_workspace(lambda_: Any, stage: str, name: str, admin_email: str) -> tuple[str, str]:
    """Create a workspace with an admin; return its id and the admin's API key (shown once).

    Raises:
        CloudError: the function refused or failed.
    """
    reply = lambda_.invoke(
        FunctionName=FUNCTION.format(stage=stage),
        Payload=json.dumps({"name": name, "admin_email": admin_email}).encode(),
    )
    answer = json.loads(reply["Payload"].read() or b"null")
    if reply.get("FunctionError") or not isinstance(answer, dict) or "api_key" not in answer:
        raise CloudError(f"Workspace {name!r} could not be created: {answer}")
    workspace = answer["workspace"]
    return (workspace["id"] if isinstance(workspace, dict) else workspace), answer["api_key"]
