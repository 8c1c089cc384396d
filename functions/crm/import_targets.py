"""What a column of a file can become, and which of it a column is likely to be."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from functions.crm.target_table import TARGETS, Kind, Target


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A column (from 1) and the field it is likely to be; `because` of its name or its values."""

    column: int
    field: str
    because: Literal["name", "values"]


# Several columns may be one of these; their cells are joined by a space, in the columns' order.
JOINED = frozenset({"name"})
ID = Target("id", synonyms=("reelate id",))
CUSTOM = "custom."


def targets_of(record_type: str, custom: Mapping[str, Kind]) -> dict[str, Target]:
    """Return the targets of a record type, by name, with its custom fields (kind by name) and its
    id."""
    found = {each.name: each for each in TARGETS[record_type]}
    for name, kind in custom.items():
        found[CUSTOM + name] = Target(CUSTOM + name, kind, (name.replace("_", " "),))
    found["id"] = ID
    return found


def plain(text: str) -> str:
    """Return a column's name for comparison: lower case, words of ASCII letters and digits."""
    text = text.replace("ß", "ss").translate(_UMLAUTS)
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    letters = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", letters)
    return " ".join(re.findall(r"[a-z0-9]+", letters.lower()))


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def suggest(
    columns: Sequence[str],
    samples: Sequence[Sequence[str]],
    targets: Mapping[str, Target],
    labels: Mapping[str, str],
) -> list[Suggestion]:
    """Return which columns are likely which fields: by their names first, then by their values;
    no field twice, but for those that are `JOINED`. `labels` are those of custom fields."""
    names = _by_name(targets, labels)
    found: dict[int, Suggestion] = {}
    used: set[str] = set()
    for position, column in enumerate(columns, start=1):
        field = names.get(plain(column))
        if field is not None and (field not in used or field in JOINED):
            found[position] = Suggestion(position, field, "name")
            used.add(field)
    for position, values in enumerate(samples, start=1):
        if position in found or not values:
            continue
        for name, target in targets.items():
            like = target.like
            if like is not None and name not in used and all(like.fullmatch(v) for v in values):
                found[position] = Suggestion(position, name, "values")
                used.add(name)
                break
    return [found[position] for position in sorted(found)]


def _by_name(targets: Mapping[str, Target], labels: Mapping[str, str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, target in targets.items():
        own = [name.removeprefix(CUSTOM), labels.get(name, name)]
        for each in (*own, name, *target.synonyms):
            known.setdefault(plain(each), name)
    return known


__all__ = [
    "CUSTOM", "ID", "JOINED", "Kind", "Suggestion", "Target", "suggest", "targets_of",
]  # fmt: skip
