"""Records by the values that occur once: looked up, and written whether they are there or not.

    pattern                       index  requests                            units (1 KB items)
    look a record up by a key     table  2 GetItem, consistent               2 RRU
    upsert: it is not there yet   table  1 GetItem + 1 TransactWriteItems    1 RRU + as create
    upsert: it is there           table  2 GetItem + 1 TransactWriteItems    2 RRU + as change

A key is a field whose values are held by markers (`functions.shared.records`): `email`, `domain`,
`sku`, `external_id`, and `custom.<name>` of the unique custom fields. The marker is written with
the record, so a lookup sees what was written a moment ago, and of two who make one record at once
the second finds the first's.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from functions.crm import values
from functions.crm.definitions import FieldDefinition
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_lifecycle import RestorableRecords
from functions.crm.model import CrmRecord
from functions.shared import natural_keys
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from functions.shared.records import ATTEMPTS, Also, nothing_else

R = TypeVar("R", bound=CrmRecord)

_FORMS: Mapping[str, Callable[[str], str]] = {
    "email": natural_keys.email,
    "domain": natural_keys.domain,
}


class KeyedRecords(RestorableRecords[R]):
    """Records that can be named by what is theirs alone."""

    def find(self, by: str, text: str) -> R:
        """Return the record whose key has a value, in any of the value's forms.

        Raises InvalidError when `by` is no key of these records, or the text no value of it, and
        NotFoundError when no record that the caller sees has it.
        """
        record_id = self._holder(by, self._read(by, text))
        if record_id is None:
            raise self._absent()
        return self._shown(self._current(record_id))

    def upsert(
        self,
        by: str,
        value: Any,
        make: Callable[[], R],
        edit: Callable[[R], R],
        *,
        also: Also[R] = nothing_else,
    ) -> R:
        """Change the record that has a value of a key, or store the one that `make` returns,
        which has it too.

        Raises InvalidError when `by` is no key of these records or the value none of it,
        ConflictError when the caller may not see who has it, else as `create` and `change` do.
        """
        wanted = self._wanted(by, value)
        for _ in range(ATTEMPTS * ATTEMPTS):
            holder = self._holder(by, wanted)
            try:
                if holder is None:
                    return self.create(make(), also=also)
                return self.change(holder, edit, also=also)
            except NotFoundError:
                if self._holder(by, wanted) == holder:
                    raise ConflictError(
                        f"Another {self._kind.OBJECT} has this {by} already.",
                        code=f"duplicate_{by.partition('.')[0]}",
                        errors=[FieldProblem(_pointer(by), "duplicate", "This value is taken.")],
                    ) from None
            except ConflictError:
                # somebody has made it, or given the value up, since we looked; or it is busy
                if self._holder(by, wanted) == holder and holder is None:
                    raise
        raise ConflictError("The record is being changed by others; please try again.")

    def _holder(self, by: str, value: Any) -> str | None:
        """Return the id of the record that holds a value (1 GetItem)."""
        key = self._marker_key(by, value)
        marker = self._table.get(key["pk"], key["sk"], consistent=True)
        return None if marker is None else str(marker["owner"])

    def _wanted(self, by: str, value: Any) -> Any:
        """Return a key's value, as a body has it, in the form in which it is kept."""
        self._require_key(by)
        _, _, name = by.partition(".")
        fault = FieldProblem(_pointer(by), "required", "This is what is looked for.")
        if value is not None:
            try:
                return self._checked(name, value) if name else value
            except ValueError as error:
                fault = FieldProblem(_pointer(by), "invalid_key", str(error))
        raise InvalidError(f"An upsert by {by} names its value; see `errors`.", errors=[fault])

    def _read(self, by: str, text: str) -> Any:
        """Return a key's value as a query writes it, in the form in which it is kept."""
        self._require_key(by)
        _, _, name = by.partition(".")
        try:
            if not name:
                return _FORMS.get(by, str.strip)(text)
            field = self._custom(name)
            value = values.written_number(text) if field.type == "number" else text
            return self._checked(name, value)
        except ValueError as error:
            raise InvalidError(f"This is no value of {by}: {error}", code="invalid_key") from error

    def _require_key(self, by: str) -> None:
        _, _, name = by.partition(".")
        known = definitions_of(self._table, self._kind.OBJECT, [name] if name else ())
        custom = [each.name for each in known.all(self._kind.OBJECT) if each.unique]
        if by not in self._unique and name not in custom:
            keys = ", ".join([*dict.fromkeys(self._unique), *(f"custom.{each}" for each in custom)])
            raise InvalidError(
                f"{self._kind.OBJECT.capitalize()} records have these keys: {keys}.",
                code="unknown_key",
            )

    def _checked(self, name: str, value: Any) -> Any:
        known = definitions_of(self._table, self._kind.OBJECT, [name])
        return self._custom(name).checked(value, region=known.phone_region)

    def _custom(self, name: str) -> FieldDefinition:
        return definitions_of(self._table, self._kind.OBJECT, [name]).of(self._kind.OBJECT)[name]


def _pointer(by: str) -> str:
    return "/" + by.replace(".", "/")
