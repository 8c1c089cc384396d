"""Field selection: `fields=name,email,custom.region` on whatever shows records.

`id` and `object` are always there, and so is what `expand` was asked for. The names are those of
the version that the request is answered in.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from functions.shared.errors import MalformedError
from functions.shared.validation import escaped

ALWAYS = frozenset({"id", "object"})
MAX_FIELDS = 100
_CUSTOM = re.compile(r"custom\.[A-Za-z][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields that a caller wants to see."""

    names: frozenset[str]
    custom: frozenset[str]

    def of(self, record: dict[str, Any], kept: Iterable[str] = ()) -> dict[str, Any]:
        """Return a record's selected fields, and those `kept` whatever was selected."""
        wanted = self.names | ALWAYS | set(kept)
        shown = {name: value for name, value in record.items() if name in wanted}
        if self.custom and "custom" not in self.names and "custom" in record:
            own = record["custom"]
            shown["custom"] = {name: own[name] for name in sorted(self.custom) if name in own}
        return shown


def parse(text: str, known: frozenset[str]) -> Selection:
    """Read a `fields` parameter; raises MalformedError, which names a field that is not `known`."""
    asked = [each.strip() for each in text.split(",")]
    if len(asked) > MAX_FIELDS:
        raise MalformedError(f"`fields` may name {MAX_FIELDS} fields.", code="too_many_fields")
    custom = {each for each in asked if "custom" in known and _CUSTOM.fullmatch(each)}
    for each in asked:
        if each not in known and each not in custom:
            raise MalformedError(
                f"`fields` names '{escaped(each)}', which is none of: {', '.join(sorted(known))}"
                + (", custom.<name>." if "custom" in known else "."),
                code="unknown_field",
            )
    return Selection(
        frozenset(asked) & known, frozenset(each.removeprefix("custom.") for each in custom)
    )


def record_of(reply: Any) -> type[BaseModel] | None:
    """Return the model of the records that a reply's model shows: itself, or that of a page's
    items. None when it shows no records."""
    for model in _models(reply):
        if {"id", "object"} <= model.model_fields.keys():
            return model
    return None


def names_of(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of a model's fields on the wire."""
    return frozenset(
        field.serialization_alias or field.alias or name
        for name, field in model.model_fields.items()
        if not field.exclude
    )


def _models(reply: Any) -> Iterator[type[BaseModel]]:
    if not (isinstance(reply, type) and issubclass(reply, BaseModel)):
        return
    yield reply
    items = reply.model_fields.get("data")
    for each in getattr(items and items.annotation, "__args__", ()):
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
