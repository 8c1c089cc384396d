"""Which of some records may a caller act on? The CRM's synchronous door for other contexts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions.crm.product import RECORDS
from functions.shared import check

Read = Callable[[check.Question, Sequence[check.RecordName]], Mapping[str, dict[str, Any]]]

_RESOURCES = {
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "lead": "leads",
    "activity": "activities",
    "product": "products",
}
_KINDS = {name: check.Kind(kind.PREFIX, _RESOURCES[name]) for name, kind in RECORDS.items()}


def answer(question: check.Question, look: check.Look) -> check.Answer:
    """Answer a question about the CRM's records."""
    return check.answer(question, _KINDS, look)


def shown(question: check.Question, read: Read) -> Mapping[str, dict[str, Any]]:
    """Return the records of a question that its caller may read, by id."""
    names = check.permitted(question, _KINDS)
    return read(question, names) if names else {}
