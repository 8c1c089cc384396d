"""λ identity/api."""

import time

from functions.identity.api import audit
from functions.identity.api.routes import routes
from functions.identity.audit_vault import KeyCache, Vault
from functions.identity.dynamodb import ApiKeys
from functions.identity.dynamodb_audit import AuditLog
from functions.identity.kms import KmsEnvelope
from functions.identity.settings import ApiSettings
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.exchange import Exchange
from functions.shared.web import build_app, lambda_handler

_opened = KeyCache(time.monotonic)


def _keys(ask: Exchange) -> ApiKeys:
    return ApiKeys(ask.table(ApiSettings.from_env().identity_table), ask.caller)


def _trail(ask: Exchange) -> audit.Trail:
    settings = ApiSettings.from_env()
    platform = ask.table(settings.platform_table)
    log = AuditLog(platform)
    return audit.Trail(
        log=log,
        vault=Vault(KmsEnvelope(client("kms"), settings.audit_key), log, _opened),
        note=platform.write,
    )


app = build_app("Reelate identity", routes(_keys, now), audit.routes(_trail))
handler = lambda_handler(app)
