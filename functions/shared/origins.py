"""Whose pages may read a reply: the workspace's own list, else the deployment's."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.shared.aws import client
from functions.shared.errors import UnavailableError
from functions.shared.exchange_settings import WebSettings
from functions.shared.table import Table
from functions.shared.workspace_settings import settings_of


def of_deployment() -> Sequence[str]:
    """Return the origins that the stage names."""
    return WebSettings.from_env().cors_origins.split()


def of_workspace(authorizer: Mapping[str, Any]) -> Sequence[str]:
    """Return the origins of the caller's workspace (no request: the rate limits have read its
    settings); the deployment's when it has none of its own, or nobody knows them just now."""
    usual = of_deployment()
    if not authorizer.get("workspace"):
        return usual
    settings = WebSettings.from_env()
    table = Table(client("dynamodb"), settings.platform_table, authorizer["workspace"])
    try:
        return settings_of(table, settings.stage).allowed_origins or usual
    except UnavailableError:
        return usual
