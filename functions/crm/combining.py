"""What a record is that others are merged into, field by field; and what it is without them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions.crm.deal_merging import LINES, worth
from functions.crm.merge_choice import Choices, chosen_from, plain, pointer_to, refused
from functions.crm.model import Deal, Lead, Mergeable
from functions.shared.errors import ConflictError
from functions.shared.validation import validated

MAX_NAMES = 25  # records merged into one, by whatever many merges
# Not everywhere unique, but what people are looked up by all the same: kept among the aliases.
_ALSO_ALIASES = ("email", "phone")
# Its owner's and its stage's: not filled up.
_WINNER_S = frozenset({"owner_id", "team_id", "probability"})
_UNITED = frozenset({"tags", "contact_ids"})
_BESIDE = {"source_detail": "source"}  # says more of another field: from the same record as that

KnownBy = Callable[[Mergeable], Mapping[str, Any]]  # a record's unique values, by field


def combined(records: Sequence[Mergeable], choices: Choices, known_by: KnownBy) -> Mergeable:
    """Return the winner (the first) as it will be.

    Where nothing is chosen a field is the winner's; where that is empty, the first that another
    has, in their order. Tags, a deal's contacts and custom fields are united; owner, team and
    where it stands in a pipeline are the winner's; what a deal is worth is `deal_merging`'s to say.
    Values that a loser was known by (unique ones, addresses, phone numbers) become aliases.

    Raises InvalidError for a choice of a field that there is not, from a record that is not
    among these, and for a value that the field does not take; ConflictError for leads that have
    been converted.
    """
    winner = records[0]
    _refuse_converted(records)
    values = {name: _usual(name, records) for name in winner.FIELDS.model_fields}
    further: Mapping[str, Any] = {}
    if isinstance(winner, Deal):
        found = worth([each for each in records if isinstance(each, Deal)], choices)
        values |= found.fields
        further = found.further
        choices = {name: each for name, each in choices.items() if name != LINES}
    _choose(values, records, choices)
    fields = validated(winner.FIELDS, values).model_dump()
    names = [name for each in records[1:] for name in (each.id, *each.merged_ids)]
    merged_ids = list(dict.fromkeys([*winner.merged_ids, *names]))
    if len(merged_ids) > MAX_NAMES:
        raise ConflictError(
            f"At most {MAX_NAMES} records can be merged into one.", code="too_many_merged"
        )
    new = winner.changed(**fields, **further, merged_ids=merged_ids)
    own = _values(new, known_by)
    aliases: dict[str, list[str]] = {}
    for each in records:
        for name, known in _known(each, known_by).items():
            kept = aliases.setdefault(name, [])
            kept += [value for value in known if value not in (own.get(name), *kept)]
    return new.model_copy(update={"aliases": {name: v for name, v in aliases.items() if v}})


def _usual(name: str, records: Sequence[Mergeable]) -> Any:
    held = [getattr(each, name) for each in records]
    if name in _WINNER_S:
        return held[0]
    if name in _BESIDE:
        told = [each for each in records if getattr(each, _BESIDE[name]) is not None]
        held = [getattr(each, name) for each in told[:1]] or held
    if name == "custom":
        united: dict[str, Any] = {}
        for each in held:
            united = {**each, **united}
        return united
    if name in _UNITED:
        once: dict[str, str] = {}
        for value in (value for each in held for value in each):
            once.setdefault(value.casefold(), value)
        return list(once.values())
    return plain(next((each for each in held if each not in (None, "", [], ())), held[0]))


def _choose(values: dict[str, Any], records: Sequence[Mergeable], choices: Choices) -> None:
    by_id = {each.id: each for each in records}
    for name, choice in choices.items():
        pointer = pointer_to(name)
        custom = name.removeprefix("custom.") if name.startswith("custom.") else None
        if name == "custom" or (custom is None and name not in values):
            raise refused(pointer, "unknown_field", "There is no such field to choose.")
        chosen = choice.value
        if choice.from_ is not None:
            record = chosen_from(choice, pointer, by_id)
            chosen = plain(getattr(record, name)) if custom is None else record.custom.get(custom)
        if custom is None:
            values[name] = chosen
        elif chosen is None:
            values["custom"] = {k: v for k, v in values["custom"].items() if k != custom}
        else:
            values["custom"] = {**values["custom"], custom: chosen}


def _refuse_converted(records: Sequence[Mergeable]) -> None:
    converted = [each for each in records if isinstance(each, Lead) and each.converted_at]
    if converted:
        raise ConflictError(
            f"{converted[0].id} has been converted; merge what it became, and convert the others "
            "to the same contact.",
            code="lead_converted",
        )


def _values(record: Mergeable, known_by: KnownBy) -> dict[str, Any]:
    """Return what a record is known by, by field."""
    further = {name: getattr(record, name, None) for name in _ALSO_ALIASES}
    return {**{k: v for k, v in further.items() if v}, **known_by(record)}


def _known(record: Mergeable, known_by: KnownBy) -> dict[str, list[Any]]:
    known = {name: [value] for name, value in _values(record, known_by).items()}
    for name, values in record.aliases.items():
        known[name] = [*known.get(name, ()), *values]
    return known


def separated(
    winner: Mergeable, before: Mergeable, losers: Sequence[Mergeable], known_by: KnownBy
) -> Mergeable:
    """Return a winner that was edited since the merge without what it has of its losers: their
    names, their aliases, and the unique values that must be theirs alone. The rest stays as
    edited."""
    gone = {name for each in losers for name in (each.id, *each.merged_ids)}
    theirs = {
        (name, value)
        for each in losers
        for name, values in _known(each, known_by).items()
        for value in values
    }
    own = known_by(before)
    back: dict[str, Any] = {}
    custom = dict(winner.custom)
    for name, value in known_by(winner).items():
        if (name, value) in theirs:
            top, _, field = name.partition(".")
            if not field:
                back[top] = own.get(name)
            elif name in own:
                custom[field] = own[name]
            else:
                del custom[field]
    aliases = {
        name: [each for each in values if (name, each) not in theirs and each != back.get(name)]
        for name, values in winner.aliases.items()
    }
    return winner.changed(
        merged_ids=[each for each in winner.merged_ids if each not in gone],
        aliases={name: values for name, values in aliases.items() if values},
        custom=custom,
        **back,
    )
