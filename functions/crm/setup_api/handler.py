"""λ crm/setup_api: what an administrator sets up, over HTTP."""

from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.ports import PipelineStore
from functions.crm.settings import SetupApiSettings
from functions.crm.setup_api import pipelines
from functions.shared.exchange import Exchange
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler


def _table(ask: Exchange) -> Table:
    return ask.table(SetupApiSettings.from_env().crm_table)


def _pipelines(ask: Exchange) -> PipelineStore:
    return Pipelines(_table(ask), ask.caller)


app = build_app("Reelate CRM setup", pipelines.routes(_pipelines))
handler = lambda_handler(app)
