"""Rows that would make records which may be there already: in the table, or in an earlier row of
the file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from functions.crm.duplicates import MAX_TOLD, Candidate, Match
from functions.crm.file_doubles import Double
from functions.crm.likeness import LIKELY
from functions.crm.model import CrmRecord
from functions.shared.errors import FieldProblem

CODE = "possible_duplicate"
# Read of a block, and compared, for each row: an import has no eyes for more than it can tell.
BLOCK, COMPARED = 25, 10


class Likeness(NamedTuple):
    """Whom a row may be: what is said of it, and the ids of the candidates; `refused` when one is
    likely and none is wanted."""

    problem: FieldProblem
    candidates: Sequence[str]
    refused: bool


@dataclass(frozen=True, slots=True)
class Likenesses:
    """Looks for the duplicates of rows. `matches` finds those in the table (`DynamoDuplicates`),
    `doubles` are those in the file, by row; `deny` refuses what is likely one."""

    matches: Callable[[Sequence[Mapping[str, Any]]], Sequence[Match]]
    doubles: Mapping[int, Double]
    deny: bool

    def in_file(self, row: int) -> Likeness | None:
        """Return what an earlier row of the file makes of a row."""
        double = self.doubles.get(row)
        return None if double is None else self._likeness(double, ())

    def of(self, made: Sequence[tuple[int, CrmRecord]]) -> dict[int, Likeness]:
        """Return by row, of rows and the records that they would make, what there is to be said of
        them (`DynamoDuplicates.matches` has the requests)."""
        if not made:
            return {}
        found = self.matches([record.model_dump(mode="json") for _, record in made])
        told = {}
        for (row, _), match in zip(made, found, strict=True):
            candidates = [candidate for candidate, _ in match.candidates[:MAX_TOLD]]
            double = self.doubles.get(row)
            if double is not None or candidates:
                told[row] = self._likeness(double, candidates)
        return told

    def _likeness(self, double: Double | None, candidates: Sequence[Candidate]) -> Likeness:
        ids = [each.id for each in candidates]
        here = double.score if double is not None else 0
        if candidates and candidates[0].score > here:
            first = candidates[0]
            score = first.score
            # of `record`, all of it, there is no column
            field = max(first.reasons, key=lambda each: (each.field != "record", each.points)).field
            who = f"{first.id} is"
        elif double is not None:
            score, field, who = double.score, double.field, f"Line {double.line} of the file is"
        else:
            raise ValueError("nothing is like nothing")
        how = "likely" if score >= LIKELY else "perhaps"
        problem = FieldProblem(f"/{field}", CODE, f"{who} {how} the same: {score} of 100 points.")
        return Likeness(problem, ids, self.deny and score >= LIKELY)
