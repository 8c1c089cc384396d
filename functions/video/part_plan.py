"""How a file is cut into parts for upload, and whether what arrived is that file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.shared.errors import FieldProblem, InvalidError
from functions.video.ports import Part

MIB = 1024 * 1024
MIN_PART_BYTES = 8 * MIB
USUAL_MAX_BYTES = 64 * MIB
USUAL_PARTS = 1_000  # one page of S3's ListParts
MAX_PARTS = 10_000  # S3's own limit
_SHOWN_PROBLEMS = 100


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

    def check_arrived(self, named: Sequence[tuple[int, str]], arrived: Sequence[Part]) -> None:
        """Raise InvalidError unless `named` (number, ETag) and what S3 has received are both
        exactly this file: every part, each of its size, with the ETag that the sender saw."""
        there = {part.part_number: part for part in arrived}
        problems = [
            FieldProblem(f"/parts/{position}", code, sentence)
            for position, (number, etag) in enumerate(named)
            for code, sentence in self._faults(number, etag, there)
        ]
        missing = set(range(1, self.count + 1)) - {number for number, _ in named}
        problems += [
            FieldProblem("/parts", "part_missing", f"Part {number} is not named.")
            for number in sorted(missing)[:_SHOWN_PROBLEMS]
        ]
        if len({number for number, _ in named}) < len(named):
            problems.append(FieldProblem("/parts", "part_repeated", "A part is named twice."))
        if problems:
            raise InvalidError(
                "The parts are not the whole file; see `errors`. Nothing was lost: send what is "
                "missing and complete again.",
                code="parts_mismatch",
                errors=problems[:_SHOWN_PROBLEMS],
            )

    def _faults(
        self, number: int, etag: str, there: Mapping[int, Part]
    ) -> Sequence[tuple[str, str]]:
        part = there.get(number)
        if part is None:
            return [("part_not_received", f"Part {number} has not arrived.")]
        if part.size_bytes != self.bytes_of(number):
            sentence = f"Part {number} has {part.size_bytes} bytes, not {self.bytes_of(number)}."
            return [("part_size", sentence)]
        if part.etag != etag.strip('"'):
            return [("part_etag", f"Part {number} has another ETag; what arrived is not this.")]
        return []
