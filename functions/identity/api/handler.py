"""λ identity/api."""

from functions.identity.api.routes import routes
from functions.identity.dynamodb import ApiKeys
from functions.identity.settings import ApiSettings
from functions.shared.clock import now
from functions.shared.exchange import Exchange
from functions.shared.web import build_app, lambda_handler


def _keys(ask: Exchange) -> ApiKeys:
    return ApiKeys(ask.table(ApiSettings.from_env().identity_table), ask.caller)


app = build_app("Reelate identity", routes(_keys, now))
handler = lambda_handler(app)
