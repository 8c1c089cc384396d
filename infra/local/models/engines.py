"""The engines behind the server, each loaded when first asked for, its weights hashed before."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.models.audio import decode
from infra.local.models.embeddings import MiniLm
from infra.local.models.extractive import Analyst
from infra.local.models.sentences import Turn
from infra.local.models.weights import model_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from infra.local.models.speech import Whisper
    from infra.local.models.transcript import Transcript

_LOG = logging.getLogger(__name__)


class LocalEngines:
    """Speech, embeddings and analysis on this machine; used by one thread at a time."""

    def __init__(self, cache: Path, threads: int) -> None:
        """`cache` is what `fetch` filled; `threads` bounds what one inference takes."""
        self._cache = cache
        self._threads = threads
        self._whisper: Whisper | None = None
        self._minilm: MiniLm | None = None
        self._analyst: Analyst | None = None

    def transcribe(
        self, audio: bytes, *, language: str | None, prompt: str | None, speakers: bool
    ) -> Transcript:
        """Words of a WAV or FLAC file; raises RefusalError or WeightsError."""
        samples = decode(audio)
        if self._whisper is None:
            # Imported here: half a second that an analysis-only process never pays.
            from infra.local.models.speech import Whisper

            began = time.monotonic()
            self._whisper = Whisper(
                model_folder(self._cache, "whisper-base"),
                model_folder(self._cache, "wespeaker"),
                self._threads,
            )
            _LOG.info("speech models loaded in %.1f s", time.monotonic() - began)
        return self._whisper.transcribe(
            samples, language=language, prompt=prompt, speakers=speakers
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n × 384); raises WeightsError."""
        return self._embedder().embed(texts)

    def count_tokens(self, text: str) -> int:
        """MiniLM's tokens of a text; raises WeightsError."""
        return self._embedder().count_tokens(text)

    def analyse(self, turns: Sequence[Turn], today: date) -> dict[str, Any]:
        """The extractive analysis of a call; raises WeightsError."""
        if self._analyst is None:
            self._analyst = Analyst(self._embedder())
        return self._analyst.analyse(turns, today)

    def _embedder(self) -> MiniLm:
        if self._minilm is None:
            began = time.monotonic()
            self._minilm = MiniLm(model_folder(self._cache, "minilm-int8"), self._threads)
            _LOG.info("embedding model loaded in %.1f s", time.monotonic() - began)
        return self._minilm
