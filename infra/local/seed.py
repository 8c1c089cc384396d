"""Workspaces are born through one IAM-only function, locally as in AWS."""

import json
from collections.abc import Mapping
from typing import Any

from infra.local.failure import CloudError

FUNCTION = "reelate-{stage}-identity-create-workspace"
LIMITS = "reelate-{stage}-identity-set-limits"


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
    return _ask(lambda_, FUNCTION.format(stage=stage), asked, "was not created")


def set_limits(lambda_: Any, stage: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """Set a workspace's rates and quotas (`words`: see functions/identity/set_limits); return
    those that hold now.

    Raises:
        CloudError: the function refused or failed.
    """
    return _ask(lambda_, LIMITS.format(stage=stage), words, "keeps its limits")


def _ask(lambda_: Any, function: str, words: Mapping[str, Any], trouble: str) -> dict[str, Any]:
    reply = lambda_.invoke(FunctionName=function, Payload=json.dumps(words).encode())
    answer: dict[str, Any] = json.loads(reply["Payload"].read())
    if reply.get("FunctionError"):
        whose = words.get("name") or words.get("workspace")
        raise CloudError(f"Workspace {whose!r} {trouble}: {answer.get('errorMessage')}")
    return answer
