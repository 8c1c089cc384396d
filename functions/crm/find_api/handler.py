"""λ crm/find_api: many records at once, over HTTP: search, boards, views, duplicates, merges."""

from typing import Any

from functions.crm import dynamodb
from functions.crm.dynamodb import CrmRecords
from functions.crm.dynamodb_beside import LinesBeside
from functions.crm.dynamodb_board import Boards
from functions.crm.dynamodb_deals import Deals
from functions.crm.dynamodb_duplicates import DynamoDuplicates
from functions.crm.dynamodb_journal import SOURCE
from functions.crm.dynamodb_leads import leads, moving
from functions.crm.dynamodb_merges import DynamoMerges
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.dynamodb_search import DynamoSearch
from functions.crm.dynamodb_views import Views, viewed
from functions.crm.find_api import board, duplicates, merges, search, views
from functions.crm.find_api.board import BoardStore
from functions.crm.pipelines import Pipeline
from functions.crm.rapidfuzz_texts import similarity
from functions.crm.settings import FindApiSettings
from functions.shared.door import LambdaDoor
from functions.shared.exchange import Exchange
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler


def _table(ask: Exchange) -> Table:
    return ask.table(FindApiSettings.from_env().crm_table)


def _pipeline(ask: Exchange, pipeline_id: str) -> Pipeline:
    return Pipelines(_table(ask), ask.caller).get(pipeline_id)


def _boards(ask: Exchange, pipeline: Pipeline) -> BoardStore:
    table, caller = _table(ask), ask.caller
    if pipeline.record_type == "lead":
        return Boards(table, caller, moving(table, caller))
    return Boards(table, caller, Deals(table, caller))


def _search(ask: Exchange) -> DynamoSearch:
    return DynamoSearch(_table(ask), ask.caller)


def _views(ask: Exchange) -> views.ViewStore:
    return Views(_table(ask), ask.caller)


def _lists(ask: Exchange, record_type: str) -> CrmRecords[Any]:
    return viewed(_table(ask), ask.caller, record_type)


def _records(ask: Exchange, name: str) -> CrmRecords[Any]:
    table = _table(ask)
    people = LambdaDoor(FindApiSettings.from_env().identity_check_function, ask.caller)
    if name == "deals":
        return Deals(table, ask.caller, people=people, source=SOURCE)
    if name == "leads":
        return leads(table, ask.caller, people, source=SOURCE)
    make = dynamodb.contacts if name == "contacts" else dynamodb.companies
    return make(table, ask.caller, people)


def _duplicates(ask: Exchange) -> DynamoDuplicates:
    return DynamoDuplicates(_table(ask), ask.caller, similarity)


def _merges(ask: Exchange, name: str) -> merges.MergeStore:
    beside = LinesBeside(_table(ask)) if name == "deals" else None
    return DynamoMerges(_table(ask), ask.caller, _records(ask, name), beside)


app = build_app(
    "Reelate CRM finding",
    search.routes(_search),
    board.routes(_pipeline, _boards),
    views.routes(views.Shelf(_views, _lists)),
    duplicates.routes(_duplicates, _lists),
    merges.routes(_merges),
)
handler = lambda_handler(app)
