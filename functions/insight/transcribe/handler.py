"""λ insight/transcribe: one step of the video state machine, asked again while it is pending."""

from functools import cache
from typing import Any

from functions.insight.dynamodb import DynamoResults
from functions.insight.ports import DocumentStore, SpeechRecogniser
from functions.insight.s3 import S3Documents
from functions.insight.settings import TranscribeSettings
from functions.insight.transcribe.logic import Task, transcribe
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.effort import Effort
from functions.shared.meter import Meter
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the outcome ok, skipped, pending or failed."""
    effort, task = Effort(context), Task.model_validate(event)
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    settings = TranscribeSettings.from_env()
    documents = S3Documents(client("s3", read_timeout=60), settings.media_bucket)
    outcome = transcribe(
        task,
        recogniser=_recogniser(settings, documents),
        documents=documents,
        bucket=settings.media_bucket,
        log=DynamoResults(Table(client("dynamodb"), settings.insight_table, task.workspace)),
        quotas=Meter(
            Table(client("dynamodb"), settings.platform_table, task.workspace), settings.stage
        ),
        now=now(),
    )
    annotate(step_outcome=outcome["outcome"], reason=outcome.get("reason", {}).get("code"))
    if outcome["outcome"] == "pending":
        return outcome  # its request is counted with the last one's, and it took little else
    return {**outcome, "effort": {**effort.so_far(), "calls": task.attempt + 1}}


@cache
def _openai(settings: TranscribeSettings) -> SpeechRecogniser:
    from functions.insight.openai import OpenAIServer, OpenAISpeech
    from functions.insight.secrets_manager import SecretText

    secret = settings.model_api_key_secret
    server = OpenAIServer(
        settings.model_base_url,
        api_key=SecretText(lambda: client("secretsmanager"), secret) if secret else None,
    )
    languages = settings.languages
    return OpenAISpeech(
        server,
        settings.speech_model,
        layout=settings.speech_layout,
        max_bytes=settings.speech_max_bytes,
        seconds=settings.speech_seconds,
        # OpenAI's API takes ISO 639-1, Amazon's a language with its region
        language=languages[0].partition("-")[0] if len(languages) == 1 else None,
    )


def _recogniser(settings: TranscribeSettings, documents: DocumentStore) -> SpeechRecogniser:
    if settings.speech_provider == "openai":
        return _openai(settings)
    from functions.insight.amazon_transcribe import AmazonTranscribe

    return AmazonTranscribe(
        client("transcribe"),
        documents,
        stage=settings.stage,
        output_bucket=settings.media_bucket,
        languages=settings.languages,
    )
