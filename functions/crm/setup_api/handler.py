"""λ crm/setup_api: what an administrator sets up, over HTTP."""

from functions.crm.definitions import Definitions
from functions.crm.dynamodb_definitions import Fields, read_definitions
from functions.crm.dynamodb_labels import DynamoLabels
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.dynamodb_rates import Rates
from functions.crm.ports import DefinitionStore, PipelineStore
from functions.crm.settings import SetupApiSettings
from functions.crm.setup_api import fields, labels, pipelines, rates, schemas
from functions.crm.setup_api.rates import RateStore
from functions.shared.exchange import Exchange
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler


def _table(ask: Exchange) -> Table:
    return ask.table(SetupApiSettings.from_env().crm_table)


def _pipelines(ask: Exchange) -> PipelineStore:
    return Pipelines(_table(ask), ask.caller)


def _rates(ask: Exchange) -> RateStore:
    return Rates(_table(ask), ask.caller)


def _fields(ask: Exchange) -> DefinitionStore:
    return Fields(_table(ask), ask.caller)


def _definitions(ask: Exchange) -> Definitions:
    return read_definitions(_table(ask))


def _labels(ask: Exchange) -> labels.LabelStore:
    return DynamoLabels(_table(ask), ask.caller)


app = build_app(
    "Reelate CRM setup",
    pipelines.routes(_pipelines),
    labels.routes(_labels),
    rates.routes(_rates),
    fields.routes(_fields, _definitions),
    schemas.routes(_definitions),
)
handler = lambda_handler(app)
