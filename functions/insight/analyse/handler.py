"""λ insight/analyse: one step of the video state machine."""

from functools import cache
from typing import Any

from functions.insight.analyse.logic import Task, analyse
from functions.insight.dynamodb import DynamoResults
from functions.insight.ports import Budget, LanguageModel
from functions.insight.router import Router
from functions.insight.s3 import S3Documents
from functions.insight.settings import AnalyseSettings
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.effort import Effort
from functions.shared.meter import Meter
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented

MODEL_READ_SECONDS = 60


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the outcome ok, skipped or failed."""
    effort, task = Effort(context), Task.model_validate(event)
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    settings = AnalyseSettings.from_env()
    outcome = analyse(
        task,
        model=_router(settings),
        identity=",".join(f"{provider}/{model}" for provider, model in settings.order),
        budget=Budget(
            settings.analysis_input_tokens,
            settings.analysis_output_tokens,
            settings.analysis_seconds,
        ),
        documents=S3Documents(client("s3", read_timeout=60), settings.media_bucket),
        log=DynamoResults(Table(client("dynamodb"), settings.insight_table, task.workspace)),
        quotas=Meter(
            Table(client("dynamodb"), settings.platform_table, task.workspace), settings.stage
        ),
        now=now(),
    )
    annotate(
        step_outcome=outcome["outcome"],
        reason=outcome.get("reason", {}).get("code"),
        usage=outcome.get("usage"),
    )
    return {**outcome, "effort": effort.so_far()}


@cache
def _router(settings: AnalyseSettings) -> Router:
    # Kept for the life of the process: the circuit breakers remember which provider is down.
    return Router({name: _provider(name, model, settings) for name, model in settings.order})


def _provider(name: str, model: str, settings: AnalyseSettings) -> LanguageModel:
    if name == "bedrock":
        from functions.insight.bedrock import BedrockConverse

        return BedrockConverse(client("bedrock-runtime", read_timeout=MODEL_READ_SECONDS), model)
    from functions.insight.openai import OpenAILanguage, OpenAIServer
    from functions.insight.secrets_manager import SecretText

    secret = settings.model_api_key_secret
    server = OpenAIServer(
        settings.model_base_url,
        api_key=SecretText(lambda: client("secretsmanager"), secret) if secret else None,
    )
    return OpenAILanguage(server, model)
