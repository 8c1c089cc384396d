"""What a deal is worth that others are merged into: never a mixture of several deals' figures.

- **Line items** are one deal's, as a whole: the winner's; where it has none, those of the first
  that has, or of the one that is chosen. Doubles of one deal list the same things, so nothing is
  added up. They make the amount, as always.
- **The amount** comes with the exchange rate that it was valued at, in its own currency: what was
  worth so much then is not worth something else because deals were merged. Without line items it
  is the winner's, or of the first that has one of its own (that no line items made).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from functions.crm.merge_choice import Choices, chosen_from, plain, pointer_to, refused
from functions.crm.model import Deal

LINES = "line_items"


class Worth(NamedTuple):
    """What a merged deal is worth: its own fields, and what follows from them."""

    fields: Mapping[str, Any]
    further: Mapping[str, Any]


def lines_of(deals: Sequence[Deal], choices: Choices) -> Deal | None:
    """Return the deal whose line items (maybe none) the winner, the first, has then; None where
    nobody has any and none is chosen. Raises InvalidError."""
    choice = choices.get(LINES)
    if choice is None:
        return next((each for each in deals if each.line_count), None)
    pointer = pointer_to(LINES)
    if choice.from_ is None:
        raise refused(f"{pointer}/value", "not_a_value", "Line items are taken `from` a deal.")
    found: Deal = chosen_from(choice, pointer, {each.id: each for each in deals})
    return found


def worth(deals: Sequence[Deal], choices: Choices) -> Worth:
    """Return what the winner, the first of some deals, is worth. Raises InvalidError for an amount
    that is chosen where line items make it."""
    listed = lines_of(deals, choices)
    source = _source(deals, listed, choices)
    own = source.amount, source.fx_rate
    amount, rate = (
        _chosen(name, value, deals, choices)
        for name, value in zip(("amount", "fx_rate"), own, strict=True)
    )
    # else the winner's: then it is valued anew, unless it is the same
    valued = source if (amount, rate) == own else deals[0]
    return Worth(
        {"amount": plain(amount), "fx_rate": rate},
        {"in_base": valued.in_base, "line_count": listed.line_count if listed else 0},
    )


def _source(deals: Sequence[Deal], listed: Deal | None, choices: Choices) -> Deal:
    """Return the deal whose amount it is."""
    choice = choices.get("amount")
    pointer = pointer_to("amount")
    if listed is not None and listed.line_count:
        if choice is not None:
            raise refused(
                pointer, "amount_from_line_items",
                "The line items make the amount; choose `line_items` of a deal that has none too.",
            )  # fmt: skip
        return listed
    if choice is not None and choice.from_ is not None:
        found: Deal = chosen_from(choice, pointer, {each.id: each for each in deals})
        return found
    if choice is not None:
        return deals[0]
    own = [each for each in (*([listed] if listed else []), *deals) if not each.line_count]
    return next((each for each in own if each.amount is not None), own[0] if own else deals[0])


def _chosen(name: str, value: Any, deals: Sequence[Deal], choices: Choices) -> Any:
    choice = choices.get(name)
    if choice is None:
        return value
    if choice.from_ is None:
        return choice.value
    found = chosen_from(choice, pointer_to(name), {each.id: each for each in deals})
    return getattr(found, name)
