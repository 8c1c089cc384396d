"""Sentence embeddings by MiniLM-L6-v2 (int8 ONNX): 384 numbers that say what a text is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-not-found,unused-ignore]
from numpy.typing import NDArray
from tokenizers import Tokenizer  # type: ignore[import-not-found,unused-ignore]

_MOST_TOKENS = 256
_BATCH = 32


class MiniLm:
    """The embedding network, loaded from the `minilm-int8` folder of the cache."""

    def __init__(self, folder: Path, threads: int) -> None:
        """`threads` bounds what one inference takes of the machine."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text, the two markers included."""
        return len(self._tokenizer.encode(text).ids)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n × 384): mean over tokens, text beyond 256 tokens left out."""
        rows = np.zeros((len(texts), 384), dtype=np.float32)
        ids = [self._tokenizer.encode(text).ids[:_MOST_TOKENS] for text in texts]
        # Alike lengths together, so that little of a batch is padding.
        order = sorted(range(len(texts)), key=lambda at: len(ids[at]))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            rows[batch] = self._run([ids[at] for at in batch])
        return rows

    def _run(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        longest = max(len(one) for one in ids)
        tokens = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for at, one in enumerate(ids):
            tokens[at, : len(one)] = one
            mask[at, : len(one)] = 1
        (hidden,) = self._session.run(
            None,
            {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)},
        )
        weights = mask[:, :, None].astype(np.float32)
        mean = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)
