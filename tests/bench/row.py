"""One line of the benchmark table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured against which budget; `unit` is `x` for a ratio, `s` for seconds."""

    what: str
    budget: float
    measured: float
    unit: str = "x"

    @property
    def passed(self) -> bool:
        """Say whether the budget holds."""
        return self.measured <= self.budget
