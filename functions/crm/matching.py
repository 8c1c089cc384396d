"""By what a row finds the record that is there already."""

from typing import Any

from functions.crm.bulk import Importable
from functions.crm.cell_values import parsed
from functions.crm.import_targets import CUSTOM
from functions.crm.reception import CustomTargets
from functions.crm.target_table import MATCHES
from functions.shared.errors import InvalidError
from functions.shared.ids import is_id
from functions.shared.validation import validated


def matches(record_type: str, custom: CustomTargets) -> list[str]:
    """Return the fields by which a row can find its record."""
    return [*MATCHES[record_type], *(CUSTOM + name for name in custom.forms)]


class Matcher:
    """Brings values of one match field into the form in which they occur once (an address in lower
    case)."""

    def __init__(self, what: Importable, match: str, custom: CustomTargets) -> None:
        self._what = what
        self._match = match
        self._name = match.removeprefix(CUSTOM) if match.startswith(CUSTOM) else None
        self._custom = custom

    def of_text(self, text: str) -> Any:
        """Return the form of what stands in a cell; None for what is none."""
        if self._name is None:
            return self.of_value(text)
        try:
            return self.of_value(parsed(text, self._custom.kinds[self._name]))
        except ValueError:
            return None

    def of_value(self, value: Any) -> Any:
        """Return the form of a parsed value; None for what is none."""
        match = self._match
        if match == "id":
            return value if is_id(value, self._what.kind.PREFIX) else None
        try:
            if self._name is not None:
                return self._custom.forms[self._name](value)
            return getattr(validated(self._what.patch, {match: value}), match)
        except (InvalidError, ValueError):
            return None
