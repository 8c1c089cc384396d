"""How a file is cut into parts for upload, and whether what arrived is that file.

The cut depends on the file's size alone: so two uploads of the same bytes have the same parts, and
the same composite checksum.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.shared.errors import FieldProblem, InvalidError
from functions.video.intake import Intake
from functions.video.model import Upload
from functions.video.ports import Part

MIB = 1024 * 1024
MIN_PART_BYTES = 8 * MIB
USUAL_MAX_BYTES = 64 * MIB
USUAL_PARTS = 1_000  # one page of S3's ListParts
MAX_PARTS = 10_000  # S3's own limit
_SHOWN_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part as its sender knows it."""

    part_number: int
    etag: str
    sha256: str | None = None  # base64


def composite(sha256: Sequence[str]) -> str:
    """Return the checksum of a file made of parts with these checksums (base64, in order), as S3
    writes it: `<SHA-256 of the parts' SHA-256s>-<parts>`."""
    digests = b"".join(base64.b64decode(each) for each in sha256)
    return f"{base64.b64encode(hashlib.sha256(digests).digest()).decode()}-{len(sha256)}"


@dataclass(frozen=True, slots=True)
class PartPlan:
    """Parts 1 to `count` of a file of `size_bytes`; all but the last are `part_bytes` long."""

    size_bytes: int
    part_bytes: int

    @classmethod
    def of(cls, size_bytes: int) -> "PartPlan":
        """Choose the part size: up to 1,000 parts of 8 to 64 MiB, larger ones beyond 62 GiB."""
        wanted = max(
            MIN_PART_BYTES,
            min(USUAL_MAX_BYTES, -(-size_bytes // USUAL_PARTS)),
            -(-size_bytes // MAX_PARTS),
        )
        return cls(size_bytes, -(-wanted // MIB) * MIB)

    @classmethod
    def cut(cls, file: Intake) -> "PartPlan":
        """Return how a file was cut when its upload was opened."""
        return cls(file.source.size_bytes, file.upload.part_size_bytes)

    @property
    def count(self) -> int:
        """Return the number of parts."""
        return -(-self.size_bytes // self.part_bytes)

    def bytes_of(self, part_number: int) -> int:
        """Return the size of one part."""
        return min(self.part_bytes, self.size_bytes - (part_number - 1) * self.part_bytes)

    def check_numbers(self, numbers: Sequence[int]) -> None:
        """Raise InvalidError when a number is not that of a part."""
        problems = [
            FieldProblem(
                f"/part_numbers/{position}", "no_such_part", f"Parts are 1 to {self.count}."
            )
            for position, number in enumerate(numbers)
            if not 1 <= number <= self.count
        ]
        if problems:
            raise InvalidError("Some parts do not exist.", errors=problems)

    def check_checksums(
        self, numbers: Sequence[int], sha256: Sequence[str] | None, upload: Upload
    ) -> None:
        """Raise InvalidError unless there is one checksum for each part where the upload has
        checksums, and none where it has none; a single PUT's is the one it was opened with."""
        problem = None
        if upload.checksums is None and sha256 is not None:
            problem = FieldProblem("/sha256", "no_checksums", "This upload has no checksums.")
        elif upload.checksums is not None and len(sha256 or ()) != len(numbers):
            sentence = "Name the SHA-256 of each part, in the order of `part_numbers`."
            problem = FieldProblem("/sha256", "checksum_missing", sentence)
        elif upload.method == "single" and composite(sha256 or ()) != upload.sha256:
            sentence = "The upload was opened for another file."
            problem = FieldProblem("/sha256", "other_file", sentence)
        if problem is not None:
            raise InvalidError("The checksums do not fit the upload.", errors=[problem])

    def check_arrived(self, named: Sequence[SentPart], arrived: Sequence[Part]) -> None:
        """Raise InvalidError unless `named` and what S3 has received are both exactly this file:
        every part, each of its size, with the ETag and the checksum that the sender knows."""
        there = {part.part_number: part for part in arrived}
        problems = [
            FieldProblem(f"/parts/{position}", code, sentence)
            for position, sent in enumerate(named)
            for code, sentence in self._faults(sent, there)
        ]
        missing = set(range(1, self.count + 1)) - {sent.part_number for sent in named}
        problems += [
            FieldProblem("/parts", "part_missing", f"Part {number} is not named.")
            for number in sorted(missing)[:_SHOWN_PROBLEMS]
        ]
        if len({sent.part_number for sent in named}) < len(named):
            problems.append(FieldProblem("/parts", "part_repeated", "A part is named twice."))
        if problems:
            raise InvalidError(
                "The parts are not the whole file; see `errors`. Nothing was lost: send what is "
                "missing and complete again.",
                code="parts_mismatch",
                errors=problems[:_SHOWN_PROBLEMS],
            )

    def _faults(self, sent: SentPart, there: Mapping[int, Part]) -> Sequence[tuple[str, str]]:
        number = sent.part_number
        part = there.get(number)
        if part is None:
            return [("part_not_received", f"Part {number} has not arrived.")]
        if part.size_bytes != self.bytes_of(number):
            sentence = f"Part {number} has {part.size_bytes} bytes, not {self.bytes_of(number)}."
            return [("part_size", sentence)]
        if part.etag != sent.etag.strip('"'):
            return [("part_etag", f"Part {number} has another ETag; what arrived is not this.")]
        if sent.sha256 is not None and part.sha256 != sent.sha256:
            return [("part_checksum", f"Part {number} has another SHA-256, or none.")]
        return []
