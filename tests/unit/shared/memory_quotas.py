"""Quotas in memory: what was reserved, settled and released, in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.shared.limits import Kind
from functions.shared.quotas import Claim, QuotaExceededError
from functions.shared.writes import ConditionFailedError, Write


@dataclass
class MemoryQuotas:
    """One workspace's quotas; a kind in `left` has a limit."""

    left: dict[Kind, int] = field(default_factory=dict)
    held: dict[Claim, int] = field(default_factory=dict)
    used: dict[Claim, int] = field(default_factory=dict)

    def reserve(self, claim: Claim, amount: int) -> None:
        if claim in self.held or claim in self.used:
            return
        if amount > self.left.get(claim.kind, amount):
            raise QuotaExceededError(claim.kind, amount, self.left[claim.kind], None)
        if claim.kind in self.left:
            self.left[claim.kind] -= amount
        self.held[claim] = amount

    def reserved(self, claim: Claim) -> int:
        return self.held.get(claim, 0)

    def settle(self, claim: Claim, amount: int) -> None:
        held = self.held.pop(claim, None)
        if held is not None:
            self.used[claim] = amount
            if claim.kind in self.left:
                self.left[claim.kind] += held - amount

    def release(self, claim: Claim) -> None:
        held = self.held.pop(claim, None)
        if claim.kind == "stored_bytes":
            self.used.pop(claim, None)
        if held is not None and claim.kind in self.left:
            self.left[claim.kind] += held

    # The fakes of the stores have no transactions: what would be written is done at once.

    def reserving(self, claim: Claim, amount: int) -> Sequence[Write]:
        self.reserve(claim, amount)
        return ()

    def settling(self, claim: Claim, amount: int) -> Sequence[Write]:
        self.settle(claim, amount)
        return ()

    def releasing(self, *claims: Claim) -> Sequence[Write]:
        for claim in claims:
            self.release(claim)
        return ()

    def refusal(self, _error: ConditionFailedError) -> QuotaExceededError | None:
        return None
