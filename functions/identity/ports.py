"""What identity's use cases need of their surroundings."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from functions.identity.model import ApiKey, Workspace
from functions.identity.roles import RoleBook
from functions.identity.standing import Standing
from functions.shared.paging import Page
from functions.shared.record import Record
from functions.shared.writes import Also, nothing_else

R = TypeVar("R", bound=Record)


class Store(Protocol[R]):
    """A workspace's records of one type."""

    def create(self, record: R, *, also: Also[R] = nothing_else) -> R: ...

    def get(self, record_id: str) -> R: ...

    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[R]: ...

    def change(
        self,
        record_id: str,
        edit: Callable[[R], R],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[R] = nothing_else,
    ) -> R: ...

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> None: ...


class NewKeys(Protocol):
    """Where a new key is kept."""

    def create(self, record: ApiKey, *, also: Also[ApiKey] = nothing_else) -> ApiKey: ...


class Access(Protocol):
    """What decides how much a credential of a workspace may do."""

    def book(self) -> RoleBook: ...

    def standing(self, member_id: str) -> Standing | None: ...


class WorkspaceStore(Protocol):
    """Where workspaces are kept."""

    def create(self, record: Workspace, *, also: Also[Workspace] = nothing_else) -> Workspace: ...
