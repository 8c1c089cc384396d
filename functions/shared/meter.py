"""Quotas in the platform table: a counter for each kind and period, a reservation for each spend.

    pattern               requests                                          units
    reserve               1 GetItem (settings), 1 TransactWriteItems (2)    1 RRU, 4 WRU
    reserved              1 GetItem                                         1 RRU
    settle, release       1 GetItem, 1 TransactWriteItems (2)               1 RRU, 4 WRU
    release several       1 GetItem each, 1 TransactWriteItems (each + 1)   3 units each, 2 WRU
    show a month's usage  1 Query, 1 GetItem                                1 RRU

    counter       pk W#<workspace>#USAGE#<2026-11 | STANDING>   sk <kind>   taken, held
    reservation   pk W#<workspace>#QUOTA#<subject>              sk <kind>   state, amount, period

`taken` is all that counts against the limit, `held` the part of it that is not settled yet. The
counter is changed together with its reservation and only while `taken` stays within the limit,
so parallel reservations at the edge never exceed it. The limit is read anew for each: a lowered
or raised quota holds at once.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.shared.clock import now
from functions.shared.errors import UnavailableError
from functions.shared.limits import QUOTAS, Kind
from functions.shared.quotas import Claim, QuotaExceededError, next_month
from functions.shared.table import ConditionFailedError, Item, Put, Table, Update, Write
from functions.shared.workspace_settings import settings_of

STANDING = "STANDING"
_KEPT = timedelta(days=100)  # a reservation of a month, for those who look into its usage
_ATTEMPTS = 5


class Meter:
    """Quotas of the platform table's workspace."""

    def __init__(self, platform: Table, stage: str, clock: Callable[[], datetime] = now) -> None:
        self._table = platform
        self._stage = stage
        self._clock = clock

    def reserve(self, claim: Claim, amount: int) -> None:
        """Reserve an amount unless that was done before; raises QuotaExceededError."""
        try:
            self._table.transact(self.reserving(claim, amount))
        except QuotaExceededError:
            if not self._is_reserved(claim):
                raise
        except ConditionFailedError as error:
            refusal = self.refusal(error)
            if refusal is not None and not self._is_reserved(claim):
                raise refusal from error

    def reserved(self, claim: Claim) -> int:
        """Return how much is reserved under a name and neither settled nor released."""
        found = self._reservation(claim)
        return int(found["amount"]) if found and found["state"] == "reserved" else 0

    def settle(self, claim: Claim, amount: int) -> None:
        """Make a reservation what was used in truth."""
        self._repeat(lambda: self.settling(claim, amount))

    def release(self, claim: Claim) -> None:
        """Give a reservation back."""
        self._repeat(lambda: self.releasing(claim))

    def reserving(self, claim: Claim, amount: int) -> Sequence[Write]:
        """Return the two writes of a reservation; raises QuotaExceededError when the amount is
        more than the whole quota."""
        moment = self._clock()
        period = self.period(claim.kind, moment)
        limit = settings_of(self._table, self._stage, fresh=True).quotas[claim.kind]
        if amount > limit:
            raise QuotaExceededError(claim.kind, amount, limit, None)
        item: Item = {
            **self._key(claim), "state": "reserved", "amount": amount, "period": period
        }  # fmt: skip
        if period != STANDING:
            item["expires_at_epoch"] = int((moment + _KEPT).timestamp())
        return [
            Put(
                item,
                "attribute_not_exists(pk) OR #state = :released",
                {"#state": "state"},
                {":released": "released"},
                self._table.name,
            ),
            self._count(
                claim.kind, period, amount, amount,
                "attribute_not_exists(taken) OR taken <= :room", {":room": limit - amount},
            ),
        ]  # fmt: skip

    def settling(self, claim: Claim, amount: int) -> Sequence[Write]:
        """Return the two writes that settle, none when that was done or nothing was reserved."""
        found = self._reservation(claim)
        if found is None or found["state"] == "settled":
            return ()
        held = found["amount"] if found["state"] == "reserved" else 0
        count = self._count(claim.kind, found["period"], amount - held, -held)
        return [self._move(claim, found, "settled", amount), count]

    def releasing(self, *claims: Claim) -> Sequence[Write]:
        """Return the writes that release, one for each reservation and one for each counter; none
        when there is nothing to give back."""
        moves, counted = [], dict[tuple[Kind, str], tuple[int, int]]()
        for claim in dict.fromkeys(claims):
            found = self._reservation(claim)
            if found is None or found["state"] == "released":
                continue
            period, amount = found["period"], found["amount"]
            if found["state"] == "settled" and period != STANDING:
                continue
            taken, held = counted.get((claim.kind, period), (0, 0))
            ended = amount if found["state"] == "reserved" else 0
            counted[claim.kind, period] = (taken - amount, held - ended)
            moves.append(self._move(claim, found, "released", amount))
        return [
            *moves,
            *(self._count(kind, period, *sums) for (kind, period), sums in counted.items()),
        ]

    def refusal(self, error: ConditionFailedError) -> QuotaExceededError | None:
        """Return what a refused transaction means, when it was a counter that refused."""
        for write, item in zip(error.refused, error.failed.values(), strict=True):
            if isinstance(write, Update) and ":room" in write.values:
                kind: Kind = write.key["sk"]
                needed, room = write.values[":taken"], write.values[":room"]
                left = room + needed - (item["taken"] if item else 0)
                return QuotaExceededError(kind, needed, left, self._until_reset(kind))
        return None

    def usage(self, month: str, *, standing: bool) -> dict[Kind, tuple[int, int]]:
        """Return, for each kind that counts by the month (and, when wanted, those that do not),
        what is used and what is reserved."""
        page = self._table.query(self._table.key("USAGE", month))
        counted: dict[str, Item] = {item["sk"]: item for item in page.items}
        for kind, period in QUOTAS.items():
            if period == "standing" and standing:
                item = self._table.get(self._table.key("USAGE", STANDING), kind)
                counted[kind] = item or {}
        found: dict[Kind, tuple[int, int]] = {}
        for kind, period in QUOTAS.items():
            if period == "month" or standing:
                item = counted.get(kind, {})
                held = item.get("held", 0)
                found[kind] = (item.get("taken", 0) - held, held)
        return found

    def period(self, kind: Kind, moment: datetime) -> str:
        """Return the period that a spend at this moment counts in."""
        return STANDING if QUOTAS[kind] == "standing" else f"{moment:%Y-%m}"

    def _repeat(self, writes: Callable[[], Sequence[Write]]) -> None:
        for _ in range(_ATTEMPTS):
            planned = writes()
            if not planned:
                return
            try:
                self._table.transact(planned)
            except ConditionFailedError:
                continue  # others have moved it meanwhile: look again
            return
        raise UnavailableError("The reservation is busy; please try again.")

    def _reservation(self, claim: Claim) -> Item | None:
        key = self._key(claim)
        return self._table.get(key["pk"], key["sk"], consistent=True)

    def _is_reserved(self, claim: Claim) -> bool:
        found = self._reservation(claim)
        return found is not None and found["state"] != "released"

    def _move(self, claim: Claim, found: Item, state: str, amount: int) -> Update:
        return Update(
            self._key(claim),
            "SET #state = :to, amount = :amount",
            "#state = :from",
            {"#state": "state"},
            {":to": state, ":from": found["state"], ":amount": amount},
            self._table.name,
        )

    def _count(
        self,
        kind: Kind,
        period: str,
        taken: int,
        held: int,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Update:
        return Update(
            {"pk": self._table.key("USAGE", period), "sk": kind},
            "ADD taken :taken, held :held",
            condition,
            {},
            {":taken": taken, ":held": held, **(values or {})},
            self._table.name,
        )

    def _key(self, claim: Claim) -> Item:
        return {"pk": self._table.key("QUOTA", claim.subject), "sk": claim.kind}

    def _until_reset(self, kind: Kind) -> int | None:
        if QUOTAS[kind] == "standing":
            return None
        moment = self._clock()
        return max(1, int((next_month(moment) - moment).total_seconds()))
