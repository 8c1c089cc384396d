"""Where a file is fetched from, and what can be wrong with that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from functions.video.intake import Intake
from functions.video.model import SourceFile

# `code` of a reason -> what a user reads
REFUSALS: Mapping[str, str] = {
    "source_changed": "The file at the address changed while it was fetched.",
    "source_empty": "The file at the address is empty.",
    "source_forbidden": "The address refuses to give the file to us.",
    "source_not_found": "There is no file at the address.",
    "source_not_public": "The address is not one of the public internet.",
    "source_too_large": "The file at the address is larger than a video may be.",
    "source_too_slow": "The address gives the file too slowly.",
    "source_unavailable": "The address does not answer, or not as a file's does.",
    "source_without_ranges": "The address does not give a part of the file (byte ranges), so that "
    "fetching it could not go on where it was cut off.",
}


class SourceRefusedError(Exception):
    """A file that cannot be fetched, whatever is tried; `code` is one of REFUSALS."""

    def __init__(self, code: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or REFUSALS[code]


class TooLateError(Exception):
    """The function's time is over before the part has come."""


@dataclass(frozen=True, slots=True)
class Described:
    """What an address says of its file."""

    source: SourceFile
    etag: str | None  # strong, of the bytes that it gives


class Origin(Protocol):
    """Where files are fetched from. Raises SourceRefusedError, and UnavailableError where
    another try may help."""

    def describe(self, url: str) -> Described:
        """Say what there is at an address."""

    def read(
        self, file: Intake, first: int, count: int, into: Path, in_time: Callable[[], bool]
    ) -> str:
        """Write bytes of a file; returns their SHA-256 (base64). Raises TooLateError."""
