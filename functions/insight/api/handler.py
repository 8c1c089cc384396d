"""λ insight/api: a video's transcript and analysis over HTTP."""

from functions.insight.api.routes import routes
from functions.insight.api.shelf import Shelf
from functions.insight.dynamodb import DynamoResults
from functions.insight.s3 import S3Documents
from functions.insight.settings import ApiSettings
from functions.shared.aws import client
from functions.shared.door import LambdaDoor
from functions.shared.exchange import Exchange
from functions.shared.web import build_app, lambda_handler


def _log(ask: Exchange) -> DynamoResults:
    return DynamoResults(ask.table(ApiSettings.from_env().insight_table))


def _documents() -> S3Documents:
    return S3Documents(client("s3"), ApiSettings.from_env().media_bucket)


def _videos(ask: Exchange) -> LambdaDoor:
    return LambdaDoor(ApiSettings.from_env().video_check_function, ask.caller)


app = build_app("Reelate insight", routes(Shelf(_log, _documents, _videos)))
handler = lambda_handler(app)
