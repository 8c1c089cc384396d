"""Speech uploads as samples: WAV (PCM) or FLAC in, 16 kHz mono float32 out, nothing else opened."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import av  # type: ignore[import-not-found,unused-ignore]
import numpy as np

from infra.local.models.errors import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SAMPLE_RATE = 16_000
MAX_SECONDS = 6 * 3600
_WAV_TYPES = {1: "u1", 2: "<i2", 4: "<i4"}
_FRAME = 1 << 16


def decode(data: bytes) -> NDArray[np.float32]:
    """Samples in [-1, 1] of a WAV or FLAC file.

    Raises RefusalError: 400 unsupported_audio for other containers and damaged files, 413 above
    six hours. Only the two named formats are ever parsed, whatever the upload calls itself.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        frames = _wav_frames(data)
    elif data[:4] == b"fLaC":
        frames = _flac_frames(data)
    else:
        raise _unsupported("Only WAV (PCM) and FLAC audio is taken here; convert the file first.")
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    pieces: list[NDArray[np.float32]] = []
    total = 0
    try:
        for frame in frames:
            frame.pts = None
            for piece in resampler.resample(frame):
                samples = piece.to_ndarray().reshape(-1)
                pieces.append(samples)
                total += len(samples)
                if total > MAX_SECONDS * SAMPLE_RATE:
                    raise RefusalError(
                        f"Audio longer than {MAX_SECONDS // 3600} hours is not taken.",
                        code="audio_too_long",
                        status=413,
                        param="file",
                    )
        pieces += [piece.to_ndarray().reshape(-1) for piece in resampler.resample(None)]
    except (av.FFmpegError, wave.Error, EOFError, ValueError) as error:
        raise _unsupported(f"The audio file is damaged: {error}.") from error
    if not pieces:
        return np.zeros(0, dtype=np.float32)
    return np.clip(np.concatenate(pieces), -1.0, 1.0).astype(np.float32, copy=False)


def _unsupported(message: str) -> RefusalError:
    return RefusalError(message, code="unsupported_audio", param="file")


def _wav_frames(data: bytes) -> Iterator[av.AudioFrame]:
    with wave.open(io.BytesIO(data)) as file:
        channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
        if width not in _WAV_TYPES or not 1 <= channels <= 2 or not 4_000 <= rate <= 192_000:
            raise _unsupported(
                f"WAV with {channels} channels of {width * 8} bits at {rate} Hz is not taken."
            )
        while block := file.readframes(_FRAME):
            whole = len(block) - len(block) % (width * channels)
            samples = np.frombuffer(block[:whole], _WAV_TYPES[width]).astype(np.float32)
            scaled = samples / 128.0 - 1.0 if width == 1 else samples / float(1 << (8 * width - 1))
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(scaled, dtype=np.float32).reshape(1, -1),
                format="flt",
                layout="mono" if channels == 1 else "stereo",
            )
            frame.sample_rate = rate
            yield frame


def _flac_frames(data: bytes) -> Iterator[av.AudioFrame]:
    # The demuxer is named, so FFmpeg never guesses another format from the bytes.
    with av.open(io.BytesIO(data), format="flac") as container:
        yield from container.decode(audio=0)
