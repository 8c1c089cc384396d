"""OpenAI's reply shapes for what the engines produce."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from infra.local.models.transcript import Transcript

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def transcription(heard: Transcript, response_format: str, *, words: bool) -> dict[str, Any]:
    """A `json`, `verbose_json` or `diarized_json` transcription; times in seconds.

    `diarized_json` is OpenAI's, with the extension `words` (each with its speaker) and `language`.
    """
    usage = {"type": "duration", "seconds": math.ceil(heard.duration)}
    if response_format == "json":
        return {"text": heard.text, "usage": usage}
    common = {
        "task": "transcribe",
        "language": heard.language,
        "duration": round(heard.duration, 3),
        "text": heard.text,
    }
    if response_format == "diarized_json":
        return {**common, "segments": _speech(heard), "words": _words(heard), "usage": usage}
    segments = [
        {
            "id": at,
            "start": round(one.start, 3),
            "end": round(one.end, 3),
            "text": one.text,
            "avg_logprob": round(
                sum(math.log(max(word.probability, 1e-9)) for word in one.words) / len(one.words), 4
            ),
        }
        for at, one in enumerate(heard.segments())
    ]
    verbose = {**common, "segments": segments, "usage": usage}
    return {**verbose, "words": _words(heard)} if words else verbose


def _speech(heard: Transcript) -> list[dict[str, Any]]:
    return [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{at:04d}",
            "start": round(one.start, 3),
            "end": round(one.end, 3),
            "text": one.text,
            "speaker": one.speaker,
        }
        for at, one in enumerate(heard.segments())
    ]


def _words(heard: Transcript) -> list[dict[str, Any]]:
    words = []
    for word in heard.words:
        entry: dict[str, Any] = {
            "word": word.text.strip(),
            "start": round(word.start, 3),
            "end": round(word.end, 3),
            "probability": round(word.probability, 4),
        }
        words.append(entry if word.speaker is None else {**entry, "speaker": word.speaker})
    return words


def embeddings(
    vectors: NDArray[np.float32], model: str, tokens: int, *, base64_encoded: bool
) -> dict[str, Any]:
    """An embeddings list; base64 is little-endian float32, as OpenAI's clients ask for it."""
    data: Sequence[Any] = (
        [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors]
        if base64_encoded
        else [[float(number) for number in row] for row in vectors]
    )
    return {
        "object": "list",
        "model": model,
        "data": [
            {"object": "embedding", "index": at, "embedding": one} for at, one in enumerate(data)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def completion(
    answer: Any, model: str, *, ident: str, created: int, prompt_tokens: int, answer_tokens: int
) -> dict[str, Any]:
    """A finished chat completion whose message is the answer as JSON text."""
    return {
        "id": ident,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": json.dumps(answer, ensure_ascii=False),
                    "refusal": None,
                },
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": answer_tokens,
            "total_tokens": prompt_tokens + answer_tokens,
        },
    }
