"""Which of some records may a caller act on? The CRM's one synchronous door for other contexts.

A caller that may not see a record learns the same as for one that does not exist: `missing`.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.crm.model import KINDS
from functions.shared.ids import is_id

MAX_RECORDS = 100
_RESOURCES = {"contact": "contacts", "company": "companies", "deal": "deals", "note": "notes"}


class CallerFields(BaseModel):
    """The asking context's own caller, as its authorizer named it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    principal: str
    role: str
    scopes: frozenset[str]


class RecordName(BaseModel):
    """A record by type and id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    id: str


class Question(BaseModel):
    """The payload of an invocation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    caller: CallerFields
    records: list[RecordName] = Field(max_length=MAX_RECORDS)
    action: Literal["read", "write", "delete"] = "read"


class Answer(BaseModel):
    """The records that the caller may not act on, in the order asked."""

    missing: list[RecordName]


def answer(question: Question, live: Callable[[Sequence[tuple[str, str]]], set[str]]) -> Answer:
    """Answer a question; `live` says which of some well-formed (type, id) pairs exist."""
    asked = list(dict.fromkeys(question.records))
    allowed = [each for each in asked if _permitted(question, each)]
    present = live([(each.type, each.id) for each in allowed])
    missing = [each for each in asked if each not in allowed or each.id not in present]
    return Answer(missing=missing)


def _permitted(question: Question, record: RecordName) -> bool:
    kind = KINDS.get(record.type)
    if kind is None or not is_id(record.id, kind.PREFIX):
        return False
    return f"{_RESOURCES[record.type]}:{question.action}" in question.caller.scopes
