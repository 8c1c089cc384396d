"""λ identity/api."""

import time

from functions.identity.api import (
    audit,
    clients,
    keys,
    limits,
    members,
    roles,
    routes,
    teams,
    workspaces,
)
from functions.identity.audit_vault import KeyCache, Vault
from functions.identity.cognito import UserPool
from functions.identity.dynamodb import ApiKeys, Workspaces, standing
from functions.identity.dynamodb_accounts import Accounts
from functions.identity.dynamodb_audit import AuditLog
from functions.identity.dynamodb_members import Clients, Members
from functions.identity.dynamodb_roles import Roles, Teams, role_book
from functions.identity.kms import KmsEnvelope
from functions.identity.roles import RoleBook
from functions.identity.settings import ApiSettings
from functions.identity.standing import Standing
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.exchange import Exchange
from functions.shared.limits import WorkspaceSettings
from functions.shared.meter import Meter
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler
from functions.shared.workspace_settings import settings_of

_opened = KeyCache(time.monotonic)


class _Access:
    def __init__(self, table: Table) -> None:
        self._table = table

    def book(self) -> RoleBook:
        return role_book(self._table)

    def standing(self, member_id: str) -> Standing | None:
        return standing(self._table, member_id)


def _table(ask: Exchange, workspace: str | None = None) -> Table:
    return ask.table(ApiSettings.from_env().identity_table, workspace)


def _keys(ask: Exchange) -> ApiKeys:
    return ApiKeys(_table(ask), ask.caller)


def _access(ask: Exchange) -> _Access:
    return _Access(_table(ask))


def _trail(ask: Exchange) -> audit.Trail:
    settings = ApiSettings.from_env()
    platform = ask.table(settings.platform_table)
    log = AuditLog(platform)
    return audit.Trail(
        log=log,
        vault=Vault(KmsEnvelope(client("kms"), settings.audit_key), log, _opened),
        note=platform.write,
    )


def _members(ask: Exchange, caller: Caller) -> Members:
    return Members(_table(ask, caller.workspace), caller)


def _choices(ask: Exchange, workspace: str) -> Members:
    return Members(_table(ask, workspace), ask.caller)


def _clients(ask: Exchange) -> Clients:
    return Clients(_table(ask), ask.caller)


def _workspaces(ask: Exchange) -> Workspaces:
    return Workspaces(_table(ask), ask.caller, ApiSettings.from_env().platform_table)


def _book(ask: Exchange) -> RoleBook:
    return role_book(_table(ask))


def _accounts() -> Accounts:
    return Accounts(client("dynamodb"), ApiSettings.from_env().identity_table)


def _directory() -> UserPool:
    return UserPool(client("cognito-idp"), ApiSettings.from_env().user_pool)


def _meter(ask: Exchange) -> Meter:
    settings = ApiSettings.from_env()
    return Meter(ask.table(settings.platform_table), settings.stage)


def _settings(ask: Exchange) -> WorkspaceSettings:
    settings = ApiSettings.from_env()
    return settings_of(ask.table(settings.platform_table), settings.stage)


app = build_app(
    "Reelate identity",
    routes.routes(),
    keys.routes(_keys, _access, now),
    roles.routes(lambda ask: Roles(_table(ask), ask.caller)),
    teams.routes(lambda ask: Teams(_table(ask), ask.caller)),
    audit.routes(_trail),
    members.routes(_members, _book, _directory, now),
    workspaces.routes(_accounts, _choices, _workspaces),
    clients.routes(_clients, _book, _directory),
    limits.routes(_meter, _settings, now),
)
handler = lambda_handler(app)
