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
    reply = lambda_.invoke(
        FunctionName=FUNCTION.format(stage=stage), Payload=json.dumps({"name": name}).encode()
    )
    answer = json.loads(reply["Payload"].read())
    if reply.get("FunctionError"):
        raise CloudError(f"Workspace {name!r} was not created: {answer.get('errorMessage')}")
    return answer["workspace"], answer["api_key"]
