"""The HTTP face of the offline models: OpenAI's paths, shapes and errors, for loopback only."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from infra.local.models import chat, extractive, replies
from infra.local.models.errors import RefusalError
from infra.local.models.sentences import Turn
from infra.local.models.weights import WeightsError
from infra.local.models.worker import Worker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from infra.local.models.transcript import Transcript

SPEECH_MODEL = "reelate-whisper-base"
EMBEDDING_MODEL = "reelate-minilm-l6-v2"
ANALYSIS_MODEL = extractive.MODEL
MODELS = (SPEECH_MODEL, EMBEDDING_MODEL, ANALYSIS_MODEL)

_DIMENSIONS = 384
_MOST_TEXTS = 2048
_MOST_AUDIO = 768 << 20
_MOST_JSON = 32 << 20
_FORMATS = ("json", "text", "verbose_json", "diarized_json")
_LOG = logging.getLogger(__name__)


class Engines(Protocol):
    """What the server serves; `engines.LocalEngines` in life, a fake in tests."""

    def transcribe(
        self, audio: bytes, *, language: str | None, prompt: str | None, speakers: bool
    ) -> Transcript: ...
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]: ...
    def count_tokens(self, text: str) -> int: ...
    def analyse(self, turns: Sequence[Turn], today: date) -> dict[str, Any]: ...


def create_app(engines: Engines) -> Starlette:
    """The application; engines are only ever called from the worker's one thread."""
    api = _Api(engines, Worker())
    return Starlette(
        routes=[
            Route("/healthz", api.health),
            Route("/v1/models", api.models),
            Route("/v1/models/{model:path}", api.model),
            Route("/v1/audio/transcriptions", _guarded(api.transcribe), methods=["POST"]),
            Route("/v1/embeddings", _guarded(api.embed), methods=["POST"]),
            Route("/v1/chat/completions", _guarded(api.complete), methods=["POST"]),
        ],
        # A web page that resolves its own name to 127.0.0.1 does not get to use this server.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers={404: _not_found, 405: _not_allowed},
    )


def _guarded(
    route: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            return await route(request)
        except RefusalError as refusal:
            return _error(refusal)
        except WeightsError as error:
            return _error(RefusalError(str(error), code="model_unavailable", status=503))

    return guarded


def _error(refusal: RefusalError) -> Response:
    headers = {"Retry-After": "5"} if refusal.code == "overloaded" else None
    return JSONResponse(refusal.body(), refusal.status, headers=headers)


async def _not_found(request: Request, _: Exception) -> Response:
    return _error(
        RefusalError(f"Nothing is at {request.url.path}.", code="unknown_url", status=404)
    )


async def _not_allowed(request: Request, _: Exception) -> Response:
    sentence = f"{request.method} is not allowed at {request.url.path}."
    return _error(RefusalError(sentence, code="method_not_allowed", status=405))


class _Api:
    def __init__(self, engines: Engines, worker: Worker) -> None:
        self._engines = engines
        self._worker = worker

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "models": list(MODELS)})

    async def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_model(name) for name in MODELS]})

    async def model(self, request: Request) -> Response:
        name = request.path_params["model"]
        return JSONResponse(_model(name)) if name in MODELS else _error(_unknown_model(name))

    async def transcribe(self, request: Request) -> Response:
        _sized(request, _MOST_AUDIO)
        async with request.form(max_files=1, max_fields=20) as form:
            upload = form.get("file")
            if not isinstance(upload, UploadFile):
                raise RefusalError("The form has no file.", code="missing_file", param="file")
            _expect_model(form.get("model"), SPEECH_MODEL)
            response_format = str(form.get("response_format") or "json")
            if response_format not in _FORMATS:
                raise RefusalError(
                    f"response_format is one of {', '.join(_FORMATS)}.",
                    code="unsupported_response_format",
                    param="response_format",
                )
            if str(form.get("stream") or "false").lower() == "true":
                raise RefusalError(
                    "Streaming is not offered here.", code="unsupported_parameter", param="stream"
                )
            language, prompt = form.get("language"), form.get("prompt")
            granularities = form.getlist("timestamp_granularities[]")
            audio = await upload.read(_MOST_AUDIO + 1)
        if len(audio) > _MOST_AUDIO:
            raise _too_large(_MOST_AUDIO)
        began = time.monotonic()
        heard = await self._worker.run(
            partial(
                self._engines.transcribe,
                audio,
                language=str(language) if language else None,
                prompt=str(prompt) if prompt else None,
                speakers=response_format == "diarized_json",
            )
        )
        _LOG.info("heard %.1f s of audio in %.1f s", heard.duration, time.monotonic() - began)
        if response_format == "text":
            return PlainTextResponse(heard.text + "\n")
        words = "word" in granularities
        return JSONResponse(replies.transcription(heard, response_format, words=words))

    async def embed(self, request: Request) -> Response:
        body = await _json(request)
        _expect_model(body.get("model"), EMBEDDING_MODEL)
        texts = _texts(body.get("input"))
        if body.get("dimensions", _DIMENSIONS) != _DIMENSIONS:
            raise RefusalError(
                f"This model has {_DIMENSIONS} dimensions.",
                code="unsupported_parameter",
                param="dimensions",
            )

        def job() -> tuple[NDArray[np.float32], int]:
            return self._engines.embed(texts), sum(map(self._engines.count_tokens, texts))

        vectors, tokens = await self._worker.run(job)
        encoded = body.get("encoding_format") == "base64"
        return JSONResponse(
            replies.embeddings(vectors, EMBEDDING_MODEL, tokens, base64_encoded=encoded)
        )

    async def complete(self, request: Request) -> Response:
        body = await _json(request)
        _expect_model(body.get("model"), ANALYSIS_MODEL)
        asked = chat.read_request(body)

        def job() -> tuple[Any, int, int]:
            answer = chat.fit(self._engines.analyse(asked.turns, asked.today), asked.schema)
            return (
                answer,
                self._engines.count_tokens(asked.prompt),
                self._engines.count_tokens(json.dumps(answer, ensure_ascii=False)),
            )

        answer, prompt_tokens, answer_tokens = await self._worker.run(job)
        return JSONResponse(
            replies.completion(
                answer,
                ANALYSIS_MODEL,
                ident=f"chatcmpl-{secrets.token_hex(12)}",
                created=int(time.time()),
                prompt_tokens=prompt_tokens,
                answer_tokens=answer_tokens,
            )
        )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "reelate-offline"}


def _unknown_model(name: object) -> RefusalError:
    return RefusalError(
        f"The model {name!r} is not served here; there are {', '.join(MODELS)}.",
        code="model_not_found",
        status=404,
        param="model",
    )


def _expect_model(name: object, served: str) -> None:
    if name != served:
        raise (
            _unknown_model(name)
            if name not in MODELS
            else RefusalError(
                f"This path is served by the model {served}.", code="wrong_model", param="model"
            )
        )


def _too_large(most: int) -> RefusalError:
    return RefusalError(
        f"The request is larger than {most >> 20} MiB.", code="request_too_large", status=413
    )


def _sized(request: Request, most: int) -> None:
    length = request.headers.get("content-length", "")
    # Multipart framing adds a little to the file itself.
    if length.isdigit() and int(length) > most + (1 << 20):
        raise _too_large(most)


async def _json(request: Request) -> dict[str, Any]:
    _sized(request, _MOST_JSON)
    try:
        body = await request.json()
    except (ValueError, RecursionError) as error:
        raise RefusalError("The body is not JSON.", code="invalid_json") from error
    if not isinstance(body, dict):
        raise RefusalError("The body is not a JSON object.", code="invalid_json")
    return body


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if (
        not isinstance(texts, list)
        or not 1 <= len(texts) <= _MOST_TEXTS
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise RefusalError(
            f"input is a text or a list of 1 to {_MOST_TEXTS} texts, none of them empty.",
            code="invalid_input",
            param="input",
        )
    return texts
