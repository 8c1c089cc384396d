"""What each function of the insight context reads from its environment.

Providers: speech `transcribe` (Amazon Transcribe) or `openai` (any OpenAI-compatible server);
language `bedrock` or `openai`, several separated by commas in the order they are tried, with as
many models. The OpenAI-compatible server is one base URL for all.
"""

from typing import Literal, Self

from pydantic import model_validator

from functions.shared.exchange_settings import WebSettings
from functions.shared.settings import Settings

LANGUAGE_PROVIDERS = ("bedrock", "openai")


class ModelSettings(Settings):
    """Where models are; the secret holds the server's API key, empty means none is sent."""

    insight_table: str
    platform_table: str
    media_bucket: str
    model_base_url: str = ""
    model_api_key_secret: str = ""


class ForgetSettings(Settings):
    """λ forget."""

    insight_table: str


class TranscribeSettings(ModelSettings):
    """λ transcribe. `speech_layout` is the reply format asked of an OpenAI-compatible server."""

    speech_provider: Literal["transcribe", "openai"] = "transcribe"
    speech_model: str = "gpt-4o-transcribe-diarize"
    speech_layout: Literal["diarized_json", "verbose_json"] = "diarized_json"
    speech_languages: str = ""  # such as `en-US,de-DE`; one fixes it, none identifies it
    speech_max_bytes: int = 25_000_000  # OpenAI's own limit; our offline server takes more
    speech_seconds: float = 840.0

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages to choose from."""
        return _listed(self.speech_languages)

    @model_validator(mode="after")
    def _server_is_known(self) -> Self:
        if self.speech_provider == "openai" and not self.model_base_url:
            raise ValueError("speech_provider openai needs model_base_url")
        return self


class AnalyseSettings(ModelSettings):
    """λ analyse. The budget is that of one analysis: input tokens and seconds in all, output
    tokens of each call."""

    language_provider: str = "bedrock"
    language_model: str = "us.amazon.nova-lite-v1:0"
    analysis_input_tokens: int = 250_000
    analysis_output_tokens: int = 4_096
    analysis_seconds: float = 240.0  # the function itself ends after 300

    @property
    def order(self) -> tuple[tuple[str, str], ...]:
        """Providers with their models, in the order they are tried."""
        return tuple(
            zip(_listed(self.language_provider), _listed(self.language_model), strict=True)
        )

    @model_validator(mode="after")
    def _order_is_known(self) -> Self:
        providers = _listed(self.language_provider)
        if not providers or len(providers) != len(_listed(self.language_model)):
            raise ValueError("language_provider and language_model need as many entries")
        if unknown := sorted(set(providers) - set(LANGUAGE_PROVIDERS)):
            raise ValueError(f"unknown language_provider: {', '.join(unknown)}")
        if "openai" in providers and not self.model_base_url:
            raise ValueError("language_provider openai needs model_base_url")
        return self


class ApiSettings(WebSettings):
    """λ api."""

    insight_table: str
    media_bucket: str
    video_check_function: str


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
