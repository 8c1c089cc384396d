"""Saved views: a list under a name, as its maker wants to find it again.

A view holds what the list of its type takes (filters, order) and the columns to show. It is run
for whoever opens it, under their own scopes and sight: `owner=me` is the reader, and what a reader
may not see is not in their page. So a view never shows more than the list would.

**Whose it is.** A private view is there for its maker alone: the member, through whatever
credential of theirs; of a credential that is no member's, that very credential. A shared one is
there for everybody who reads views; it is changed by its maker, and by who arranges what everybody
uses: whoever sees all records and may write pipelines (ARRANGES).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints

from functions.crm.declared_lists import LISTINGS
from functions.crm.fields import Fields
from functions.crm.list_query import ListQuery
from functions.crm.list_reading import MAX_VALUE, CustomFields, filter_names, is_custom, parse
from functions.crm.search import MODELS
from functions.shared.caller import Caller
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.merge_patch import merge
from functions.shared.record import Record
from functions.shared.selection import names_of
from functions.shared.validation import escaped, pointer, untold

MAX_VIEWS = 100  # of one maker
MAX_FILTERS, MAX_COLUMNS = 20, 50
ARRANGES = "pipelines:write"

ViewedType = Literal["contact", "company", "lead", "deal", "activity", "product"]
Sharing = Annotated[
    Literal["private", "shared"],
    Field(description="`private`: there for you alone; `shared`: for everybody who reads views."),
]
ViewName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"\S")
]
_Value = Annotated[str, StringConstraints(min_length=1, max_length=MAX_VALUE)]
_FILTERS = (
    "The list's own query parameters, such as `status`, `owner` (`me`: whoever opens the view), "
    "`updated_since`, `custom.<name>`, each with the text that it takes there."
)
_SORT = "As the list's `sort`, such as `-updated_at`; left out: the list's own order."
_COLUMNS = (
    "Fields to show, in this order, also `custom.<name>`; the view's records have them alone when "
    "they are asked for with `columns=true`."
)


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Filters = Annotated[dict[str, _Value], Field(max_length=MAX_FILTERS, description=_FILTERS)]
Columns = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=80)]],
    Field(max_length=MAX_COLUMNS, description=_COLUMNS),
    AfterValidator(_once),
]


class ViewFields(Fields):
    """A new view."""

    name: ViewName
    record_type: ViewedType
    filters: Filters = Field(default_factory=dict)
    sort: _Value | None = Field(default=None, description=_SORT)
    columns: Columns = Field(default_factory=list)
    sharing: Sharing = "private"


class ViewPatch(Fields):
    """What changes; `filters` are merged, null takes one away. The type stays."""

    name: ViewName = Field(default_factory=untold)
    filters: Annotated[
        dict[str, _Value | None], Field(max_length=2 * MAX_FILTERS, description=_FILTERS)
    ] = Field(default_factory=untold)
    sort: _Value | None = Field(default=None, description=_SORT)
    columns: Columns = Field(default_factory=untold)
    sharing: Sharing = Field(default_factory=untold)


class View(Record):
    """A saved view; `maker_id` is the member whose it is, or the credential that is no member's."""

    PREFIX: ClassVar[str] = "vie"
    OBJECT: ClassVar[str] = "view"

    name: str
    record_type: ViewedType
    filters: Mapping[str, str] = Field(default_factory=dict)
    sort: str | None = None
    columns: Sequence[str] = Field(default_factory=list)
    sharing: Literal["private", "shared"]
    maker_id: str

    @classmethod
    def of(cls, fields: ViewFields, caller: Caller) -> Self:
        """Return a new view of its maker's."""
        return cls.born(caller, maker_id=maker(caller), **fields.model_dump())

    def patched(self, patch: ViewPatch) -> Self:
        """Return the next version under a patch, or this very one when nothing changes."""
        wanted = patch.model_dump(exclude_unset=True)
        if "filters" in wanted:
            wanted["filters"] = merge(self.filters, wanted["filters"])
        if all(getattr(self, name) == value for name, value in wanted.items()):
            return self
        return self.changed(**wanted)

    def held_by(self, caller: Caller) -> bool:
        """Say whether a caller who sees the view may change it."""
        if self.maker_id == maker(caller):
            return True
        return caller.visibility == "all" and ARRANGES in caller.scopes

    def shown(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the view's columns of a record (as JSON), after its id and type; the whole record
        where the view has none."""
        if not self.columns:
            return dict(record)
        cut = {"id": record["id"], "object": record["object"]}
        for each in self.columns:
            name, _, own = each.partition(".")
            if not own:
                cut[name] = record[name]
            elif own in record["custom"]:
                cut.setdefault(name, {})[own] = record[name][own]
        return cut

    def read(self, query: Callable[[Mapping[str, str]], ListQuery]) -> ListQuery:
        """Return the list that it stands for, as `query` reads a list's parameters. Raises
        InvalidError, which points into the view."""
        asked = {**self.filters, **({"sort": self.sort} if self.sort else {})}
        try:
            return query(asked)
        except InvalidError as error:
            raise _refused(_moved(error.errors)) from error

    def checked(self, caller: Caller, custom: CustomFields) -> Self:
        """Return the view itself; raises InvalidError for filters, an order or columns that its
        type does not have, with all that is wrong."""
        faults = [*self._unknown_filters(), *self._unknown_columns(custom)]
        named = {each.pointer for each in faults}
        told = {
            name: text
            for name, text in self.filters.items()
            if pointer(["filters", name]) not in named
            # whoever opens it is somebody; who makes it may be a program
            and (name, text) != ("owner", "me")
        }
        plain = self.model_copy(update={"filters": told})
        listing = LISTINGS[self.record_type]
        try:
            plain.read(lambda asked: parse(listing, asked, caller, custom))
        except InvalidError as error:
            faults += error.errors
        if len(self.filters) > MAX_FILTERS:
            text = f"A view has at most {MAX_FILTERS} filters."
            faults.append(FieldProblem("/filters", "too_many_filters", text))
        if faults:
            raise _refused(faults)
        return self

    def _unknown_filters(self) -> Iterator[FieldProblem]:
        known = filter_names(LISTINGS[self.record_type])
        for name in self.filters:
            if name not in known and not is_custom(name):
                yield FieldProblem(
                    pointer(["filters", name]),
                    "unknown_filter",
                    f"'{escaped(name)}' is none of: {', '.join(known)}, custom.<name>.",
                )

    def _unknown_columns(self, custom: CustomFields) -> Iterator[FieldProblem]:
        own = names_of(MODELS[self.record_type])
        others = {
            each: each.removeprefix("custom.")
            for each in self.columns
            if each.startswith("custom.")
        }
        defined = custom(others.values()) if others else {}
        for place, each in enumerate(self.columns):
            if each not in own and others.get(each) not in defined:
                yield FieldProblem(
                    f"/columns/{place}", "unknown_field", f"A {self.record_type} has no such field."
                )


def maker(caller: Caller) -> str:
    """Return whom a caller's views belong to."""
    return caller.member or caller.principal


def _moved(faults: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Return a list's faults where a view has them."""
    moved = []
    for each in faults:
        name = each.pointer.removeprefix("/query")
        place = name if name == "/sort" else f"/filters{name}"
        moved.append(FieldProblem(place, each.code, each.message))
    return moved


def _refused(faults: Sequence[FieldProblem]) -> InvalidError:
    return InvalidError(
        "The view asks for what its list does not have; see `errors`.", errors=faults
    )
