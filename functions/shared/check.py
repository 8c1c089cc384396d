"""The one question that contexts ask of each other at once: may this caller act on these records?

Each context that owns records answers it in a function `check`, invoked synchronously with the
caller's passport. What a caller may not see, or lacks the scope for, is `missing`, as what does
not exist.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from functions.shared.caller import Caller
from functions.shared.ids import is_id

MAX_RECORDS = 100

Action = Literal["read", "write", "delete"]


class RecordName(BaseModel):
    """A record by type and id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    id: str


class Question(BaseModel):
    """The payload of an invocation; `deleted` counts records as there that were deleted lately,
    `show` asks for the records themselves."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    caller: Annotated[Caller, BeforeValidator(Caller.bearing)]
    records: list[RecordName] = Field(max_length=MAX_RECORDS)
    action: Action = "read"
    deleted: bool = False
    show: bool = False

    @staticmethod
    def of(caller: Caller, records: Sequence[RecordName], *, deleted: bool = False) -> "Question":
        """Return the question that a caller asks of its own context."""
        return Question.model_construct(caller=caller, records=list(records), deleted=deleted)

    def allows(self, item: Mapping[str, Any]) -> bool:
        """Say whether a record, as it is stored, is there for the caller."""
        there = "purged_at" not in item and (self.deleted or "deleted_at" not in item)
        return there and self.caller.sees(item.get("owner_id"), item.get("team_id"))


class Answer(BaseModel):
    """The records that the caller may not act on, in the order asked."""

    missing: list[RecordName]


class Shown(BaseModel):
    """The answer to a question with `show`: the records that the caller may read, by id."""

    shown: Mapping[str, dict[str, Any]]


class Kind(NamedTuple):
    """A type of record: the prefix of its ids, and the resource of its scopes (None: whoever may
    ask may know)."""

    prefix: str
    resource: str | None


class Door(Protocol):
    """A context's `check`, for one caller. Raises UnavailableError when it does not answer."""

    def missing(
        self, records: Sequence[RecordName], *, action: Action = "read", deleted: bool = False
    ) -> list[RecordName]:
        """Return those that are not there for the caller; nothing to ask is no request."""

    def shown(self, records: Sequence[RecordName]) -> Mapping[str, dict[str, Any]]:
        """Return those that the caller may read, by id, as the API shows them (at most 100)."""


Look = Callable[[Question, Sequence[RecordName]], set[str]]


def answer(question: Question, kinds: Mapping[str, Kind], look: Look) -> Answer:
    """Answer a question; `look` says which of some well-formed names the caller may see."""
    asked = list(dict.fromkeys(question.records))
    allowed = [each for each in asked if _permitted(question, each, kinds)]
    seen = look(question, allowed)
    return Answer(missing=[each for each in asked if each not in allowed or each.id not in seen])


def permitted(question: Question, kinds: Mapping[str, Kind]) -> Sequence[RecordName]:
    """Return the well-formed names, each once, for whose type the caller has the scope."""
    return [each for each in dict.fromkeys(question.records) if _permitted(question, each, kinds)]


def _permitted(question: Question, record: RecordName, kinds: Mapping[str, Kind]) -> bool:
    kind = kinds.get(record.type)
    if kind is None or not is_id(record.id, kind.prefix):
        return False
    return kind.resource is None or f"{kind.resource}:{question.action}" in question.caller.scopes
