"""One type of record on the API: its names, its models, how to reach its store, and what is done
alike by its own routes and by its batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Generic, cast

from fastapi import Path, Response
from pydantic import Field, create_model

from functions.crm.api.newcomers import Look, Newcomer
from functions.crm.fields import Fields
from functions.crm.model import CrmRecord
from functions.crm.ports import R, Store, Subjects, TimelineStore
from functions.crm.values import value_at
from functions.shared.batch import Acts
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.exchange import Exchange, Related
from functions.shared.idempotency import Reply
from functions.shared.merge_patch import merge
from functions.shared.openapi import problems
from functions.shared.validation import validated
from functions.shared.writes import Also

Id = Annotated[str, Path(alias="id", description="The record's id.")]

READ = problems(404)
WRITE = problems(400, 409, 413, 415, 422)
CHANGE = problems(400, 404, 409, 412, 413, 415, 422)
LIST = problems(400, 422)


@dataclass(frozen=True, slots=True)
class History:
    """How to reach timelines, and what their entries are about."""

    timelines: Callable[[Exchange], TimelineStore]
    subjects: Callable[[Exchange], Subjects]


@dataclass(frozen=True)
class Resource(Generic[R]):
    """One type of record on the API: its names, its models and how to reach its store."""

    name: str  # in paths and scopes: contacts
    kind: type[R]
    new: type[Fields]
    patch: type[Fields]
    store: Callable[[Exchange], Store[R]]
    history: History | None = None
    related: Related | None = None
    keys: Sequence[str] = ("external_id",)  # fields whose values occur once
    look: Look | None = None  # for records that a new one may be

    @property
    def path(self) -> str:
        return f"/v1/{self.name}"

    @property
    def expands(self) -> list[str]:
        return self.related.names if self.related else []

    @cached_property
    def upserted(self) -> type[Fields]:
        """The model of an upsert's body: what can be patched, and what only a new record takes."""
        given = {
            name: (info.annotation, Field(default=None, description=info.description))
            for name, info in self.new.model_fields.items()
            if name not in self.patch.model_fields
        }
        if not given:
            return self.patch
        made: Any = create_model(
            f"{self.kind.__name__}Upsert",
            __base__=self.patch,
            __doc__=f"{a(self.kind.OBJECT).capitalize()} to be made, or changed where it is.",
            **given,  # type: ignore[call-overload]
        )
        return cast(type[Fields], made)

    def acts(self) -> Acts:
        """Return what the single routes and the batch do alike."""

        def create(ask: Exchange, body: Any) -> Response:
            return self.made(ask, body, self.store(ask).create)

        def update(ask: Exchange, record_id: str, body: Any) -> Response:
            return ask.changed(
                lambda also: self.store(ask).change(
                    record_id, lambda old: old.patched(body), if_match=ask.if_match, also=also
                )
            )

        def delete(ask: Exchange, record_id: str) -> Response:
            return ask.deleted(
                lambda also: self.store(ask).delete(record_id, if_match=ask.if_match, also=also)
            )

        given = self.new.model_fields.keys() - self.patch.model_fields.keys()

        def upsert(ask: Exchange, by: str, body: Any) -> Response:
            made = False
            newcomer = Newcomer(ask, self.look)

            def make() -> R:
                nonlocal made
                made = True
                wanted = merge({}, body.model_dump(exclude_unset=True))
                record = self.kind.of(validated(self.new, wanted), ask.caller)
                newcomer.check(record)
                return record

            def edit(old: R) -> R:
                nonlocal made
                made = False
                told = body.model_dump(exclude_unset=True)
                _require_same(old, {name: told.pop(name) for name in given if name in told})
                return old.patched(self.patch.model_validate(told))

            def reply(record: R) -> Reply:
                headers = {"etag": record.etag, "location": f"{self.path}/{record.id}"}
                text = newcomer.shown(record) if made else record.model_dump_json()
                return Reply(201 if made else 200, text, headers)

            value = value_at(body.model_dump(exclude_unset=True), by)
            return ask.once(
                lambda also: self.store(ask).upsert(by, value, make, edit, also=also), reply
            )

        return Acts(
            self.name, self.kind.OBJECT, self.new, self.patch, create, update, delete,
            self.upserted, upsert,
        )  # fmt: skip

    def made(self, ask: Exchange, body: Any, create: Callable[..., R]) -> Response:
        """Make a record of a body by `create`, and reply with it."""
        newcomer = Newcomer(ask, self.look)

        def make(also: Also[R]) -> R:
            record = self.kind.of(body, ask.caller)
            newcomer.check(record)
            return create(record, also=also)

        return ask.created(make, self.path, view=newcomer.shown)


def a(noun: str) -> str:
    """Return a noun with its article."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _require_same(record: CrmRecord, given: Mapping[str, Any]) -> None:
    """Raise InvalidError when a record that is there differs in what only a new one takes."""
    faults = [
        FieldProblem(f"/{name}", "cannot_change", "The record is there, and has another value.")
        for name, value in given.items()
        if value is not None and getattr(record, name) != value
    ]
    if faults:
        raise InvalidError("An upsert cannot change this; see `errors`.", errors=faults)
