"""Any OpenAI-compatible server (OpenAI, vLLM, Ollama, our offline one) behind all three ports.

HTTP is urllib3's, which ships with botocore. Every call has a connect timeout, a deadline that
also ends a reply that only trickles, a cap on the reply's size, follows no redirect, and repeats
what may pass (429, 5xx, broken connections) with back-off and jitter or as Retry-After asks.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as HTTPTimeoutError

from functions.insight.model import Reason, Usage
from functions.insight.openai_payloads import (
    json_object,
    read_chat,
    read_transcription,
    read_vectors,
    transcription_fields,
)
from functions.insight.ports import (
    Audio,
    Budget,
    Completion,
    Failed,
    Kind,
    Message,
    ProviderError,
    Recognised,
    Recognition,
    SpeechJob,
    Tokens,
)
from functions.insight.prices import language_cost, speech_cost
from functions.insight.retry import Patience, Timing, persist

PROVIDER = "openai"
CONNECT_SECONDS = 3.0
MAX_REPLY_BYTES = 8 * 1024 * 1024
MAX_TRANSCRIPTION_BYTES = 128 * 1024 * 1024
EMBED_BATCH = 128
_CODE = re.compile(r"[a-z0-9_.-]{1,60}")
_STATUS_KINDS: dict[int, Kind] = {
    401: "misconfigured",
    403: "misconfigured",
    404: "misconfigured",
    408: "timeout",
    413: "too_large",
    429: "throttled",
}
_CODE_KINDS: dict[str, Kind] = {
    "insufficient_quota": "misconfigured",  # a 429 that no waiting heals
    "context_length_exceeded": "too_large",
}


class OpenAIServer:
    """One base URL with its key; `base_url` ends in `/v1` as for OpenAI's own clients."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: Callable[[], str] | None = None,
        patience: Patience | None = None,
        timing: Timing | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a model server's base URL starts with http:// or https://")
        self.base_url = base_url.rstrip("/")
        self.is_openai = f".{parts.hostname}".endswith(".openai.com")
        self._api_key = api_key
        self._patience = patience or Patience()
        self._timing = timing or Timing()
        self._pool = urllib3.PoolManager(maxsize=2)

    def post_json(self, path: str, body: Mapping[str, Any], *, seconds: float, limit: int) -> bytes:
        """Send JSON, return the reply's bytes; raises ProviderError."""
        return self.post(path, json.dumps(body).encode(), "application/json", seconds, limit)

    def post(self, path: str, body: bytes, content_type: str, seconds: float, limit: int) -> bytes:
        """Send a body within `seconds` over all attempts; raises ProviderError."""
        patience = Patience(
            self._patience.attempts,
            self._patience.first_delay,
            self._patience.longest_delay,
            total=min(seconds, self._patience.total),
        )
        return persist(
            lambda left: self._once(path, body, content_type, left, limit), patience, self._timing
        )

    def _once(self, path: str, body: bytes, content_type: str, left: float, limit: int) -> bytes:
        headers = {"content-type": content_type, "accept": "application/json"}
        if self._api_key:
            headers["authorization"] = f"Bearer {self._api_key()}"
        deadline = time.monotonic() + left
        try:
            reply = self._pool.request(
                "POST",
                self.base_url + path,
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=left),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                data = _read(reply, limit, deadline)
            finally:
                reply.close()
        except NewConnectionError as error:  # refused: to urllib3 a kind of timeout
            raise ProviderError("unavailable", "no connection", provider=PROVIDER) from error
        except HTTPTimeoutError as error:
            raise ProviderError("timeout", "no answer in time", provider=PROVIDER) from error
        except (HTTPError, OSError) as error:
            raise ProviderError("unavailable", type(error).__name__, provider=PROVIDER) from error
        if reply.status != 200:
            raise _refusal(reply.status, reply.headers, data)
        return data


class OpenAILanguage:
    """LanguageModel over `/chat/completions` with a JSON schema."""

    def __init__(self, server: OpenAIServer, model: str) -> None:
        self._server = server
        self._model = model

    def complete(
        self, task: str, messages: Sequence[Message], schema: Mapping[str, Any], budget: Budget
    ) -> Completion:
        """Ask within the budget; raises ProviderError."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": task, "strict": True, "schema": dict(schema)},
            },
        }
        if self._server.is_openai:  # its newer models refuse max_tokens and a temperature
            body["max_completion_tokens"] = budget.max_output_tokens
        else:
            body |= {"max_tokens": budget.max_output_tokens, "temperature": 0}
        started = time.monotonic()
        raw = self._server.post_json(
            "/chat/completions", body, seconds=budget.seconds, limit=MAX_REPLY_BYTES
        )
        text, reply = read_chat(raw)
        tokens = Tokens(0, 0)
        if reply.usage:
            tokens = Tokens(reply.usage.prompt_tokens, reply.usage.completion_tokens)
        return Completion(
            json=json_object(text),
            text=text,
            tokens=tokens,
            cost=language_cost(self._model, tokens.input, tokens.output),
            model=reply.model or self._model,
            provider=PROVIDER,
            latency_ms=round((time.monotonic() - started) * 1000),
        )


class OpenAISpeech:
    """SpeechRecogniser over `/audio/transcriptions`: answers at once, so never Pending."""

    def __init__(
        self,
        server: OpenAIServer,
        model: str,
        *,
        layout: str,
        max_bytes: int,
        seconds: float,
        language: str | None = None,
    ) -> None:
        self._server = server
        self._model = model
        self._layout = layout
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._language = language

    @property
    def identity(self) -> str:
        """Provider, model and options."""
        return f"{PROVIDER}/{self._model}/{self._layout}/{self._language or ''}"

    def recognise(self, job: SpeechJob, audio: Audio) -> Recognition:  # noqa: ARG002 - the port's
        """Send the recording; raises ProviderError."""
        if audio.size > self._max_bytes:
            megabytes = self._max_bytes // 1_000_000
            detail = f"The recording's sound is larger than the {megabytes} MB this service takes."
            return Failed(Reason(code="audio_too_large", detail=detail, step="transcribe"))
        name = audio.key.rpartition("/")[2]
        kind = {"flac": "audio/flac", "wav": "audio/wav"}.get(name.rpartition(".")[2])
        form: list[tuple[str, Any]] = list(
            transcription_fields(
                self._model, self._layout, self._language, openai=self._server.is_openai
            )
        )
        form.append(("file", (name, audio.read(), kind or "application/octet-stream")))
        body, content_type = urllib3.encode_multipart_formdata(form)
        raw = self._server.post(
            "/audio/transcriptions", body, content_type, self._seconds, MAX_TRANSCRIPTION_BYTES
        )
        result = read_transcription(
            raw, provider=PROVIDER, model=self._model, duration_ms=audio.duration_ms
        )
        seconds = result.duration_ms / 1000
        cost = speech_cost(self._model, seconds)
        return Recognised(
            result,
            Usage(
                provider=PROVIDER, model=self._model, audio_seconds=seconds, calls=1, cost_usd=cost
            ),
        )


class OpenAIEmbedder:
    """Embedder over `/embeddings`."""

    def __init__(self, server: OpenAIServer, model: str, *, seconds: float = 60.0) -> None:
        self._server = server
        self._model = model
        self._seconds = seconds

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Vectors in batches of EMBED_BATCH texts; raises ProviderError."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), EMBED_BATCH):
            batch = list(texts[start : start + EMBED_BATCH])
            body = {"model": self._model, "input": batch, "encoding_format": "float"}
            raw = self._server.post_json(
                "/embeddings", body, seconds=self._seconds, limit=MAX_REPLY_BYTES
            )
            vectors += read_vectors(raw, len(batch))
        return vectors


def _read(reply: urllib3.BaseHTTPResponse, limit: int, deadline: float) -> bytes:
    data = bytearray()
    while piece := reply.read1(64 * 1024):  # what has come, without waiting for more
        data += piece
        if len(data) > limit:
            raise ProviderError("malformed", "the reply is too large", provider=PROVIDER)
        if time.monotonic() > deadline:
            raise ProviderError("timeout", "the reply took too long", provider=PROVIDER)
    return bytes(data)


def _refusal(status: int, headers: Mapping[str, str], data: bytes) -> ProviderError:
    code = ""
    fault = (json_object(data[:10_000].decode(errors="replace")) or {}).get("error")
    if isinstance(fault, dict):
        named = next((fault[k] for k in ("code", "type") if isinstance(fault.get(k), str)), "")
        code = named if _CODE.fullmatch(named) else ""
    kind = _CODE_KINDS.get(code) or _STATUS_KINDS.get(status)
    if kind is None:
        kind = "unavailable" if status >= 500 else "misconfigured"
    message = f"HTTP {status} {code}".rstrip()
    return ProviderError(kind, message, provider=PROVIDER, retry_after=_retry_after(headers))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server wants, from a number or an HTTP date; None when it says nothing."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
