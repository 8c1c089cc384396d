"""What identity's use cases need of their surroundings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from functions.identity.machines import MachineClient
from functions.identity.members import Member, Membership
from functions.identity.model import ApiKey, Workspace
from functions.identity.roles import RoleBook
from functions.identity.standing import Standing
from functions.shared.paging import Page
from functions.shared.record import Record
from functions.shared.writes import Also, Write, nothing_else

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


class NamedWorkspaces(Protocol):
    """The caller's workspace."""

    def get(self, record_id: str) -> Workspace: ...

    def change(
        self,
        record_id: str,
        edit: Callable[[Workspace], Workspace],
        *,
        if_match: str | None = None,
        also: Also[Workspace] = nothing_else,
    ) -> Workspace: ...


class MemberStore(Protocol):
    """A workspace's members."""

    def get(self, record_id: str, *, consistent: bool = False) -> Member: ...

    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[Member]: ...

    def create(self, record: Member, *, also: Also[Member] = nothing_else) -> Member: ...

    def change(
        self,
        record_id: str,
        edit: Callable[[Member], Member],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Member] = nothing_else,
    ) -> Member: ...


class ChoiceStore(Protocol):
    """Where it is kept that an account has chosen a workspace."""

    def choose(self, member: str, subject: str, also: Sequence[Write]) -> None: ...


class AccountStore(Protocol):
    """Where accounts belong."""

    def memberships(self, subject: str) -> list[Membership]: ...

    def names(self, workspaces: Iterable[str]) -> dict[str, str]: ...


class ClientStore(Protocol):
    """A workspace's OAuth2 clients."""

    def get(self, record_id: str, *, consistent: bool = False) -> MachineClient: ...

    def page(
        self, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[MachineClient]: ...

    def create(
        self, record: MachineClient, *, also: Also[MachineClient] = nothing_else
    ) -> MachineClient: ...

    def delete(
        self,
        record_id: str,
        *,
        if_match: str | None = None,
        also: Also[MachineClient] = nothing_else,
    ) -> None: ...
