"""Voice prints by WeSpeaker's ResNet34 (ONNX): 256 numbers that say who is speaking."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import kaldi_native_fbank as knf  # type: ignore[import-not-found,unused-ignore]
import numpy as np
import onnxruntime  # type: ignore[import-not-found,unused-ignore]
from numpy.typing import NDArray

from infra.local.models.audio import SAMPLE_RATE

_LEAST_SAMPLES = int(0.4 * SAMPLE_RATE)
_PCM_SCALE = 32768.0


class Voices:
    """The speaker network, loaded from the `wespeaker` folder of the cache."""

    def __init__(self, folder: Path, threads: int) -> None:
        """`threads` bounds what one inference takes of the machine."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def prints(
        self, samples: NDArray[np.float32], spans: Sequence[tuple[float, float]]
    ) -> NDArray[np.float32]:
        """Unit vectors (n × 256) of the given (start, end) spans in seconds of 16 kHz samples."""
        return np.stack([self._print(samples, start, end) for start, end in spans])

    def _print(self, samples: NDArray[np.float32], start: float, end: float) -> NDArray[np.float32]:
        first = max(0, int(start * SAMPLE_RATE))
        last = max(int(end * SAMPLE_RATE), first + _LEAST_SAMPLES)
        clip = samples[max(0, min(first, len(samples) - _LEAST_SAMPLES)) : last]
        (raw,) = self._session.run(None, {self._input: _filterbank(clip)[None]})
        vector = np.asarray(raw, dtype=np.float32).reshape(-1)
        norm = float(np.linalg.norm(vector))
        return vector / norm if norm > 0 else vector


def _filterbank(clip: NDArray[np.float32]) -> NDArray[np.float32]:
    # WeSpeaker was trained on 80 Kaldi mel bins of 16-bit samples, mean-normalised per clip.
    options = knf.FbankOptions()
    options.frame_opts.dither = 0.0
    options.frame_opts.samp_freq = SAMPLE_RATE
    options.frame_opts.window_type = "hamming"
    options.mel_opts.num_bins = 80
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(SAMPLE_RATE, (clip * _PCM_SCALE).tolist())
    bank.input_finished()
    frames = np.stack([bank.get_frame(at) for at in range(bank.num_frames_ready)])
    return np.asarray(frames - frames.mean(axis=0), dtype=np.float32)
