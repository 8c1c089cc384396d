"""Associations: any two records that have to do with each other, and how.

An association has two ends and is read from both: from one by its label, from the other by the
label's inverse. Who sees both ends sees it; nobody else does. When an end is deleted it is hidden,
and there again when the end is restored.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from functions.crm.fields import Fields
from functions.crm.labels import DEFAULT, ENDS, EndType, LabelName, Meaning, fitting
from functions.shared.caller import Caller
from functions.shared.check import Door, Look, Question, RecordName, permitted
from functions.shared.errors import FieldProblem, InvalidError, NotFoundError
from functions.shared.ids import is_id
from functions.shared.paging import Page
from functions.shared.record import Record
from functions.shared.writes import Also

MAX_OF_RECORD = 1_000  # associations of one record


class EndFields(Fields):
    """One of the two records."""

    type: EndType
    id: Annotated[str, StringConstraints(max_length=40)]

    @model_validator(mode="after")
    def _fits(self) -> "EndFields":
        if not is_id(self.id, ENDS[self.type].prefix):
            raise ValueError(f"`id` is not the id of a {self.type}.")
        return self


class AssociationFields(Fields):
    """A new association, read from `from`: Ada (from) works_at (label) Harbor Foods (to)."""

    from_: EndFields = Field(alias="from")
    to: EndFields
    label: LabelName = DEFAULT


class AssociationPatch(Fields):
    """Another label, read from the end that `from` names."""

    label: LabelName = Field(default=DEFAULT)


class End(BaseModel):
    """One of the two records."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    id: str

    @property
    def name(self) -> RecordName:
        return RecordName(type=self.type, id=self.id)


class Association(Record):
    """Two records that have to do with each other."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, serialize_by_alias=True
    )

    PREFIX: ClassVar[str] = "ass"
    OBJECT: ClassVar[str] = "association"

    from_: End = Field(alias="from")
    to: End
    label: str  # from `from` to `to`
    inverse_label: str  # from `to` to `from`

    @classmethod
    def of(cls, fields: AssociationFields, meaning: Meaning, caller: Caller) -> "Association":
        """Return a new association of what a caller sent."""
        return cls.born(
            caller,
            from_=fields.from_.model_dump(),
            to=fields.to.model_dump(),
            label=meaning.name,
            inverse_label=meaning.inverse,
        )

    @property
    def ends(self) -> list[RecordName]:
        return [self.from_.name, self.to.name]

    def relabelled(self, meaning: Meaning) -> "Association":
        """Return the next version with another label, or this very one when it has it already."""
        if self.label == meaning.name:
            return self
        return self.changed(label=meaning.name, inverse_label=meaning.inverse)

    def under(self, names: Mapping[str, str]) -> "Association":
        """Return it with other ids in the place of these; raises InvalidError when it would join a
        record with itself."""
        ends = {
            name: {"type": end.type, "id": names.get(end.id, end.id)}
            for name, end in (("from_", self.from_), ("to", self.to))
        }
        if ends["from_"]["id"] == ends["to"]["id"]:
            raise same_record()
        return self.model_validate({**self.model_dump(by_alias=False), **ends})

    def turned(self) -> "Association":
        """Return it as it is read from the other end."""
        return self.model_copy(
            update={
                "from_": self.to,
                "to": self.from_,
                "label": self.inverse_label,
                "inverse_label": self.label,
            }
        )


class AssociationStore(Protocol):
    """The associations of the caller's workspace; what the caller may see of them is not decided
    here."""

    def get(self, association_id: str) -> Association: ...
    def create(self, made: Association, *, also: Also[Association]) -> tuple[Association, bool]:
        """Return it, and True; or the one that joins these two in this way already, and False."""

    def change(
        self, old: Association, new: Association, *, also: Also[Association]
    ) -> Association: ...
    def delete(self, old: Association, *, also: Also[Association]) -> None: ...
    def page(
        self,
        record_id: str,
        places: Sequence[str],
        *,
        limit: int,
        start: Mapping[str, Any] | None,
    ) -> Page[Association]:
        """Return one page of a record's, read from it, in the order of `place`; of those alone
        whose place begins with one of some texts."""


Follow = Callable[[Question, RecordName], str | None]
Meanings = Callable[[str], Meaning | None]


@dataclass(frozen=True, slots=True)
class Ends:
    """Which records are there for one caller: the CRM's own are looked up, videos asked for."""

    caller: Caller
    look: Look
    follow: Follow
    videos: Door

    def seen(self, names: Sequence[RecordName]) -> set[str]:
        """Return the ids of those that the caller may read (1 BatchGetItem for up to 100 of the
        CRM's, 1 invoke for up to 100 videos; nothing to ask is no request)."""
        asked = permitted(Question.of(self.caller, names), ENDS)
        mine = [each for each in asked if each.type != "video"]
        theirs = [each for each in asked if each.type == "video"]
        missing = self.videos.missing(theirs)
        there = self.look(Question.of(self.caller, mine), mine)
        return there | {each.id for each in theirs if each not in missing}

    def current(self, name: RecordName) -> str | None:
        """Return the id of what a record is now, which is another's when it was merged; None when
        that is not there for the caller (1 BatchGetItem, 1 more for each merge; or 1 invoke)."""
        asked = permitted(Question.of(self.caller, [name]), ENDS)
        if name.type == "video":
            return name.id if asked and not self.videos.missing(asked) else None
        return self.follow(Question.of(self.caller, asked), name) if asked else None

    def barred(self, names: Sequence[RecordName]) -> set[str]:
        """Return the ids of those that the caller may not read whatever they are, and of videos
        that are not there; the CRM's own are left to the transaction that names them."""
        asked = permitted(Question.of(self.caller, names), ENDS)
        missing = self.videos.missing([each for each in asked if each.type == "video"])
        return {each.id for each in names if each not in asked or each in missing}

    def require(self, names: Sequence[RecordName]) -> None:
        """Raise NotFoundError unless all of them are there."""
        if not self.seen(names) >= {each.id for each in names}:
            raise NotFoundError("There is no such association.")


@dataclass(frozen=True, slots=True)
class Associations:
    """What a caller may do with associations."""

    caller: Caller
    store: AssociationStore
    ends: Ends
    meanings: Meanings

    def get(self, association_id: str) -> Association:
        """Return one; raises NotFoundError when it or one of its ends is not there for the
        caller."""
        found = self.store.get(association_id)
        self.ends.require(found.ends)
        return found

    def create(
        self, fields: AssociationFields, *, also: Also[Association]
    ) -> tuple[Association, bool]:
        """Join two records, unless they are joined in this way already (then False comes with
        the one there is).

        Raises InvalidError for ends that are not there for the caller or are the same record and
        for a label that does not fit, ConflictError when an end has its fill.
        """
        here, there = fields.from_, fields.to
        if here.id == there.id:
            raise same_record()
        meaning = fitting(self.meanings(fields.label), here.type, there.type)
        made = Association.of(fields, meaning, self.caller)
        if barred := self.ends.barred(made.ends):
            raise missing_ends(made, barred)
        return self.store.create(made, also=also)

    def change(
        self,
        association_id: str,
        patch: AssociationPatch,
        check: Callable[[Association], None],
        *,
        also: Also[Association],
    ) -> Association:
        """Give an association another label. `check` holds it to the caller's precondition."""
        old = self.get(association_id)
        check(old)
        if "label" not in patch.model_fields_set:
            return self.store.change(old, old, also=also)
        meaning = fitting(self.meanings(patch.label), old.from_.type, old.to.type)
        return self.store.change(old, old.relabelled(meaning), also=also)

    def delete(
        self,
        association_id: str,
        check: Callable[[Association], None],
        *,
        also: Also[Association],
    ) -> None:
        """Part two records; they stay as they are."""
        old = self.get(association_id)
        check(old)
        self.store.delete(old, also=also)

    def of_record(
        self,
        record: RecordName,
        *,
        type_: str | None,
        label: str | None,
        limit: int,
        start: Mapping[str, Any] | None,
    ) -> Page[Association]:
        """Return one page of what a record is associated with, as read from it. What the caller
        may not see is left out, so a page may hold fewer than `limit`."""
        record_id = self.ends.current(record)
        if record_id is None:
            raise NotFoundError(f"There is no such {record.type}.")
        places = [f"{type_}#" if type_ else ""]
        if label is not None:
            meaning = self.meanings(label)
            # a label that was deleted may still be asked for: then every type is looked at
            types = [type_] if type_ else sorted(meaning.there if meaning else ENDS)
            places = [f"{each}#{label}#" for each in types]
        page = self.store.page(record_id, places, limit=limit, start=start)
        seen = self.ends.seen([each.to.name for each in page.items])
        return Page([each for each in page.items if each.to.id in seen], page.position)


def place(association: Association) -> str:
    """Return where an association stands among those of its `from`."""
    return f"{association.to.type}#{association.label}#{association.to.id}"


def same_record() -> InvalidError:
    """Return the refusal of an association of a record with itself."""
    return _broken([FieldProblem("/to/id", "same_record", "This is the other end itself.")])


def missing_ends(association: Association, ids: Collection[str]) -> InvalidError:
    """Return the refusal of an association whose ends, some or both, are not there."""
    return _broken(
        [
            FieldProblem(f"/{end}/id", "unknown_reference", f"There is no such {name.type}.")
            for end, name in zip(("from", "to"), association.ends, strict=True)
            if name.id in ids
        ]
    )


def _broken(faults: Sequence[FieldProblem]) -> InvalidError:
    return InvalidError(
        "The request names records that do not exist; see `errors`.",
        code=faults[0].code,
        errors=faults,
    )
