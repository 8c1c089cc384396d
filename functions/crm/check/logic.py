"""Which of some records may a caller act on? The CRM's synchronous door for other contexts."""

from functions.crm.model import KINDS
from functions.shared import check

_RESOURCES = {"contact": "contacts", "company": "companies", "deal": "deals", "note": "notes"}
_KINDS = {name: check.Kind(kind.PREFIX, _RESOURCES[name]) for name, kind in KINDS.items()}


def answer(question: check.Question, look: check.Look) -> check.Answer:
    """Answer a question about contacts, companies, deals and notes."""
    return check.answer(question, _KINDS, look)
