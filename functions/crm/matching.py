"""By what a row finds the record that is there already."""

from functions.crm.bulk import Importable
from functions.shared.errors import InvalidError
from functions.shared.ids import is_id
from functions.shared.validation import validated


def unique_form(what: Importable, match: str, text: str) -> str | None:
    """Return a match value in the form in which it is unique (an address in lower case); None for
    what is none."""
    if match == "id":
        return text if is_id(text, what.kind.PREFIX) else None
    try:
        kept = getattr(validated(what.patch, {match: text}), match, None)
    except InvalidError:
        return None
    return kept if isinstance(kept, str) else None
