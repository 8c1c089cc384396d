"""What identity's use cases need of their surroundings."""

from collections.abc import Mapping
from typing import Any, Protocol

from functions.identity.model import ApiKey, Workspace
from functions.shared.paging import Page
from functions.shared.writes import Also, nothing_else


class NewKeys(Protocol):
    """Where a new key is kept."""

    def create(self, record: ApiKey, *, also: Also[ApiKey] = nothing_else) -> ApiKey: ...


class Keys(NewKeys, Protocol):
    """A workspace's keys."""

    def get(self, record_id: str) -> ApiKey: ...

    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[ApiKey]: ...

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[ApiKey] = nothing_else
    ) -> None: ...


class WorkspaceStore(Protocol):
    """Where workspaces are kept."""

    def create(self, record: Workspace, *, also: Also[Workspace] = nothing_else) -> Workspace: ...
