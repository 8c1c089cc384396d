"""What an association between two records means: labels, each with its inverse.

A label is read from one end (`works_at`: a contact at a company), its inverse from the other
(`employs`). Some are built in; a workspace adds its own. A name means one label in a workspace,
and is never both a label and another one's inverse.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints

from functions.crm.fields import Fields
from functions.shared.check import Kind
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.record import Record
from functions.shared.validation import untold

MAX_LABELS = 100  # of a workspace's own

EndType = Literal["contact", "company", "lead", "deal", "activity", "product", "video"]

ENDS: Mapping[str, Kind] = {
    "contact": Kind("con", "contacts"),
    "company": Kind("com", "companies"),
    "lead": Kind("led", "leads"),
    "deal": Kind("dea", "deals"),
    "activity": Kind("act", "activities"),
    "product": Kind("prd", "products"),
    "video": Kind("vid", "videos"),
}


class Meaning(NamedTuple):
    """A label as it is read from one end: its inverse, and which types may stand at which end."""

    name: str
    inverse: str
    here: frozenset[str]  # types of the record it is read from
    there: frozenset[str]


def _once(values: list[EndType]) -> list[EndType]:
    return list(dict.fromkeys(values))


LabelName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$"),
    Field(examples=["mentors"]),
]
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"\S")
]
EndTypes = Annotated[
    list[EndType], Field(min_length=1, max_length=len(ENDS)), AfterValidator(_once)
]


class LabelFields(Fields):
    """A new label; without `inverse_name` it reads the same from both ends."""

    name: LabelName
    title: Title
    inverse_name: LabelName | None = None
    inverse_title: Title | None = None
    from_types: EndTypes = Field(default_factory=lambda: list(_ANY))
    to_types: EndTypes = Field(default_factory=lambda: list(_ANY))


class LabelPatch(Fields):
    """What people read; what programs and associations rely on stays."""

    title: Title = Field(default_factory=untold)
    inverse_title: Title = Field(default_factory=untold)


class Label(Record):
    """A label of associations."""

    PREFIX: ClassVar[str] = "lab"
    OBJECT: ClassVar[str] = "association_label"

    name: str
    title: str
    inverse_name: str
    inverse_title: str
    from_types: Sequence[str]
    to_types: Sequence[str]
    built_in: bool = False

    def meanings(self) -> list[Meaning]:
        """Return how it is read: from one end and, unless that is the same, from the other."""
        here, there = frozenset(self.from_types), frozenset(self.to_types)
        forth = Meaning(self.name, self.inverse_name, here, there)
        if self.name == self.inverse_name:
            return [Meaning(self.name, self.name, here | there, here | there)]
        return [forth, Meaning(self.inverse_name, self.name, there, here)]

    def patched(self, patch: LabelPatch) -> "Label":
        """Return the next version under a patch, or this very one when nothing changes."""
        wanted = patch.model_dump(exclude_unset=True)
        if all(getattr(self, name) == value for name, value in wanted.items()):
            return self
        return self.changed(**wanted)


_ANY: tuple[EndType, ...] = (
    "contact", "company", "lead", "deal", "activity", "product", "video",
)  # fmt: skip
_PEOPLE: tuple[EndType, ...] = ("contact", "lead")


def _built_in(
    name: str,
    title: str,
    inverse_name: str,
    inverse_title: str,
    from_types: Sequence[str],
    to_types: Sequence[str],
) -> Label:
    return Label(
        id=name,
        object=Label.OBJECT,
        created_at="2026-11-24T00:00:00.000Z",
        updated_at="2026-11-24T00:00:00.000Z",
        created_by={"type": "system", "id": "reelate"},
        version=1,
        name=name,
        title=title,
        inverse_name=inverse_name,
        inverse_title=inverse_title,
        from_types=from_types,
        to_types=to_types,
        built_in=True,
    )


BUILT_IN: Sequence[Label] = (
    _built_in("related", "Related to", "related", "Related to", _ANY, _ANY),
    _built_in("works_at", "Works at", "employs", "Employs", _PEOPLE, ("company",)),
    _built_in(
        "used_to_work_at", "Used to work at", "used_to_employ", "Used to employ",
        _PEOPLE, ("company",),
    ),
    _built_in("reports_to", "Reports to", "manages", "Manages", ("contact",), ("contact",)),
    _built_in("parent_of", "Parent of", "subsidiary_of", "Subsidiary of",
              ("company",), ("company",)),
    _built_in("partner_of", "Partner of", "partner_of", "Partner of", ("company",), ("company",)),
    _built_in("decision_maker", "Decision maker in", "decided_by", "Decided by",
              ("contact",), ("company", "deal")),
    _built_in("champion", "Champion of", "championed_by", "Championed by",
              ("contact",), ("company", "deal")),
    _built_in("influencer", "Influencer of", "influenced_by", "Influenced by",
              ("contact",), ("company", "deal")),
    _built_in("blocker", "Blocker of", "blocked_by", "Blocked by", ("contact",), ("deal",)),
    _built_in("billing", "Billing contact of", "billed_through", "Billed through",
              ("contact",), ("company", "deal")),
    _built_in("attendee", "Attended", "attended_by", "Attended by",
              _PEOPLE, ("activity", "video")),
    _built_in("speaker", "Speaks in", "has_speaker", "Has speaker", _PEOPLE, ("activity", "video")),
    _built_in("offered_in", "Offered in", "offers", "Offers", ("product",), ("deal",)),
    _built_in("demonstrated_in", "Demonstrated in", "demonstrates", "Demonstrates",
              ("product",), ("activity", "video")),
    _built_in("referred_by", "Referred by", "referred", "Referred",
              ("contact", "company", "lead", "deal"), ("contact", "company")),
)  # fmt: skip

DEFAULT = "related"


def table_of(labels: Sequence[Label]) -> dict[str, Meaning]:
    """Return every reading of the built-in and these labels, by name."""
    return {meaning.name: meaning for label in (*BUILT_IN, *labels) for meaning in label.meanings()}


def taken_by_built_in(name: str) -> bool:
    """Say whether a name is a built-in label's, or its inverse's."""
    return name in _BUILT_IN_TABLE


def fitting(meaning: Meaning | None, here: str, there: str) -> Meaning:
    """Return a meaning that fits two types; raises InvalidError for one that does not exist or
    joins other types."""
    if meaning is None:
        raise _refused("unknown_label", "There is no such label; see `GET /v1/association-labels`.")
    if here not in meaning.here or there not in meaning.there:
        raise _refused(
            "label_does_not_fit",
            f"This label leads from {_listed(meaning.here)} to {_listed(meaning.there)}.",
        )
    return meaning


def _listed(types: frozenset[str]) -> str:
    return " or ".join(each for each in ENDS if each in types)


def _refused(code: str, sentence: str) -> InvalidError:
    return InvalidError(
        "The label cannot be used here; see `errors`.",
        code=code,
        errors=[FieldProblem("/label", code, sentence)],
    )


_BUILT_IN_TABLE = table_of(())
