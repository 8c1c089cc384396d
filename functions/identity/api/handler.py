"""λ identity/api."""

import time

from functions.identity.api import audit, keys, roles, routes, teams
from functions.identity.audit_vault import KeyCache, Vault
from functions.identity.dynamodb import ApiKeys, standing
from functions.identity.dynamodb_audit import AuditLog
from functions.identity.dynamodb_roles import Roles, Teams, role_book
from functions.identity.kms import KmsEnvelope
from functions.identity.roles import RoleBook
from functions.identity.settings import ApiSettings
from functions.identity.standing import Standing
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.exchange import Exchange
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler

_opened = KeyCache(time.monotonic)


class _Access:
    def __init__(self, table: Table) -> None:
        self._table = table

    def book(self) -> RoleBook:
        return role_book(self._table)

    def standing(self, member_id: str) -> Standing | None:
        return standing(self._table, member_id)


def _table(ask: Exchange) -> Table:
    return ask.table(ApiSettings.from_env().identity_table)


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


app = build_app(
    "Reelate identity",
    routes.routes(),
    keys.routes(_keys, _access, now),
    roles.routes(lambda ask: Roles(_table(ask), ask.caller)),
    teams.routes(lambda ask: Teams(_table(ask), ask.caller)),
    audit.routes(_trail),
)
handler = lambda_handler(app)
