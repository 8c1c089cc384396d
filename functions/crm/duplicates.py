"""Possible duplicates of a record: what is told of them, and what a workspace does about them when
a record is made."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from functions.crm.fields import CompanyId, Domain, Email, Fields, Name, Phone
from functions.crm.lead_fields import Website
from functions.crm.likeness import LIKELY, POSSIBLE, Similarity, Traits, compared
from functions.crm.model import Company, Contact, Lead
from functions.shared.caller import Caller
from functions.shared.errors import PossibleDuplicateError


class Sought(Fields):
    """What one knows of a person or company that is looked for; one thing at least."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _something(self) -> Self:
        if all(value is None for _, value in self):
            raise ValueError("Say at least one thing of what is looked for.")
        return self


class SoughtContact(Sought):
    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    company_id: CompanyId | None = None


class SoughtCompany(Sought):
    name: Name | None = None
    domain: Domain | None = None


class SoughtLead(Sought):
    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    company_name: Name | None = None
    company_domain: Domain | None = None
    website: Website | None = None


MAX_TOLD = 5  # of a new record, in its own reply
OVERRIDE = "merges:write"

SEARCHED: Mapping[str, type[Contact] | type[Company] | type[Lead]] = {
    "contacts": Contact,
    "companies": Company,
    "leads": Lead,
}
SOUGHT: Mapping[str, type[Sought]] = {
    "contacts": SoughtContact,
    "companies": SoughtCompany,
    "leads": SoughtLead,
}
RESOURCES: Mapping[str, str] = {kind.OBJECT: name for name, kind in SEARCHED.items()}


Score = Annotated[int, Field(ge=POSSIBLE, le=100)]
Likely = Annotated[bool, Field(description=f"Whether the score is {LIKELY} or more.")]


class Reason(BaseModel):
    """Something that speaks for two records being one, or against it."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(description="`record`: nothing differs between the two.")
    how: str = Field(examples=["same_address"])
    similarity: float = Field(ge=0, le=1)
    points: int = Field(description="What it adds to the score.")


class Candidate(BaseModel):
    """A record that may be the same person or company."""

    model_config = ConfigDict(frozen=True)

    id: str
    object: Literal["contact", "company", "lead"]
    name: str
    score: Score
    likely: Likely
    reasons: Sequence[Reason]

    @classmethod
    def of(cls, mine: Traits, record: Mapping[str, Any], similar: Similarity) -> Self | None:
        """Return what a record, as the API shows it, is to one with these traits; None when it is
        none of its duplicates."""
        score, evidence = compared(mine, Traits.of(record), similar)
        if score < POSSIBLE:
            return None
        return cls(
            id=record["id"],
            object=record["object"],
            name=record["name"],
            score=score,
            likely=score >= LIKELY,
            reasons=[Reason(**each._asdict()) for each in evidence],
        )


class Duplicate(BaseModel):
    """A record that may be the same person or company, in full."""

    record: Contact | Company | Lead
    score: Score
    likely: Likely
    reasons: Sequence[Reason]


class Duplicates(BaseModel):
    """What may be the same, the likeliest first."""

    data: list[Duplicate]
    complete: bool = Field(
        description="Whether every record that shares a key with this one was compared."
    )
    overfull: list[str] = Field(
        description="The kinds of keys that too many records share for all to be compared: of "
        "these, those of the same name were, and a hundred others."
    )


class Match(NamedTuple):
    """What was found: candidates, each with its record, and how completely was looked."""

    candidates: Sequence[tuple[Candidate, Mapping[str, Any]]]
    complete: bool
    overfull: Sequence[str]


class Finder(Protocol):
    """Finds duplicates among what one caller may see."""

    def sought(self, kind: str, body: Sought) -> Match: ...
    def match(self, record: Mapping[str, Any]) -> Match: ...


def tell(
    finder: Finder, caller: Caller, record: Mapping[str, Any], *, deny: bool, allowed: bool
) -> list[Candidate]:
    """Return whom a new record may be, the likeliest MAX_TOLD.

    With `deny` raises PossibleDuplicateError when one is likely, unless the caller `allowed` it;
    then ForbiddenError for who may not.
    """
    if deny and allowed:
        caller.require(OVERRIDE)
    found = [each for each, _ in finder.match(record).candidates[:MAX_TOLD]]
    if deny and not allowed and found and found[0].likely:
        raise PossibleDuplicateError(
            f"There may be such a {record['object']} already; see `duplicates`. Whoever may merge "
            "can make it all the same, with `allow_duplicates=true`.",
            duplicates=[each.model_dump(mode="json") for each in found],
        )
    return found
