"""Speech recognition by faster-whisper base (CTranslate2, int8) with speakers by voice prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel  # type: ignore[import-not-found,unused-ignore]
from faster_whisper.vad import (  # type: ignore[import-not-found,unused-ignore]
    VadOptions,
    get_speech_timestamps,
)
from numpy.typing import NDArray

from infra.local.models.audio import SAMPLE_RATE
from infra.local.models.errors import RefusalError
from infra.local.models.speakers import label_words
from infra.local.models.transcript import Transcript, Word
from infra.local.models.voices import Voices

_PIECE_S = 600
_BEAM = 5


class Whisper:
    """Recogniser and speaker network together; not thread-safe, the server runs one at a time."""

    def __init__(self, whisper: Path, wespeaker: Path, threads: int) -> None:
        """Both are cache folders whose hashes the caller has checked."""
        self._model = WhisperModel(
            str(whisper), device="cpu", compute_type="int8", cpu_threads=threads
        )
        self._voices = Voices(wespeaker, threads)

    def transcribe(
        self,
        samples: NDArray[np.float32],
        *,
        language: str | None,
        prompt: str | None = None,
        speakers: bool,
    ) -> Transcript:
        """Words of 16 kHz mono samples; silence gives none. `prompt` hints at names and spelling.

        Raises RefusalError 400 for a language the model does not know.
        """
        if language is not None and language not in self._model.supported_languages:
            raise RefusalError(
                f"The language {language!r} is not one of Whisper's ISO-639-1 codes.",
                code="unsupported_language",
                param="language",
            )
        words: list[Word] = []
        for start, end in _pieces(samples):
            language, found = self._piece(samples[start:end], start / SAMPLE_RATE, language, prompt)
            words += found
        heard = Transcript(language or "und", len(samples) / SAMPLE_RATE, tuple(words))
        if not speakers or not words:
            return heard
        return heard.with_speakers(
            label_words(words, lambda spans: self._voices.prints(samples, spans))
        )

    def _piece(
        self,
        samples: NDArray[np.float32],
        offset: float,
        language: str | None,
        prompt: str | None,
    ) -> tuple[str, list[Word]]:
        segments, info = self._model.transcribe(
            samples,
            language=language,
            initial_prompt=prompt,
            beam_size=_BEAM,
            vad_filter=True,
            word_timestamps=True,
        )
        words = [
            Word(word.word, offset + word.start, offset + word.end, word.probability)
            for segment in segments
            for word in segment.words or []
            if word.word.strip()
        ]
        return str(info.language), words


def _pieces(samples: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Sample ranges of up to about ten minutes, cut in silence: memory stays flat with length."""
    regions: Sequence[dict[str, int]] = get_speech_timestamps(
        samples, VadOptions(min_silence_duration_ms=700, max_speech_duration_s=_PIECE_S)
    )
    start = end = -1
    for region in regions:
        if start >= 0 and region["end"] - start > _PIECE_S * SAMPLE_RATE:
            yield start, end
            start = -1
        if start < 0:
            start = region["start"]
        end = region["end"]
    if start >= 0:
        yield start, end
