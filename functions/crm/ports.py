"""What the CRM's use cases need of a store."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from functions.crm.conversion import Check, ConversionView
from functions.crm.definitions import FieldDefinition
from functions.crm.lead_fields import ConvertFields
from functions.crm.lead_rules import RULE
from functions.crm.list_query import ListQuery
from functions.crm.model import CrmRecord, Lead, StagedRecord
from functions.crm.pipelines import Pipeline
from functions.crm.staged import Move, Visit
from functions.crm.timeline import Choice, TimelineEntry
from functions.shared.check import RecordName
from functions.shared.paging import Page
from functions.shared.writes import Also

R = TypeVar("R", bound=CrmRecord)


class Store(Protocol[R]):
    """The records of one type in the caller's workspace; errors as `shared.records` says."""

    def get(self, record_id: str) -> R: ...
    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[R]: ...
    def query(self, asked: Mapping[str, str], *, deleted: bool = False) -> ListQuery: ...
    def listed(
        self, query: ListQuery, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[R]: ...
    def create(self, record: R, *, also: Also[R]) -> R: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[R], R],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[R],
    ) -> R: ...
    def delete(self, record_id: str, *, if_match: str | None = None, also: Also[R]) -> None: ...
    def find(self, by: str, text: str) -> R: ...
    def upsert(
        self,
        by: str,
        value: Any,
        make: Callable[[], R],
        edit: Callable[[R], R],
        *,
        also: Also[R],
    ) -> R: ...
    def deleted(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[R]: ...
    def restore(self, record_id: str, *, if_match: str | None = None, also: Also[R]) -> R: ...
    def purge(self, record_id: str, *, if_match: str | None = None, also: Also[R]) -> None: ...


S = TypeVar("S", bound=StagedRecord)


class StagedStore(Store[S], Protocol[S]):
    """The records of one type that move through pipelines."""

    def move(
        self, record_id: str, wanted: Move, *, if_match: str | None = None, also: Also[S]
    ) -> S: ...
    def visits(
        self, record_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Visit]: ...


class LeadStore(StagedStore[Lead], Protocol):
    """The leads of the caller's workspace."""

    def assign(self, record_id: str, *, if_match: str | None = None, also: Also[Lead]) -> Lead: ...


class ConversionStore(Protocol):
    """The conversions of leads by the caller; errors as `dynamodb_conversions` says."""

    def preview(
        self, lead_id: str, wanted: ConvertFields, if_match: str | None, check: Check
    ) -> ConversionView: ...
    def convert(
        self,
        lead_id: str,
        wanted: ConvertFields,
        *,
        check: Check,
        if_match: str | None = None,
        also: Also[ConversionView],
    ) -> ConversionView: ...
    def unconvert(self, lead_id: str, *, if_match: str | None = None, also: Also[Lead]) -> Lead: ...


class RuleStore(Protocol[RULE]):
    """The rules of one kind in the caller's workspace; errors as `shared.records` says."""

    def get(self, record_id: str) -> RULE: ...
    def all(self) -> list[RULE]: ...
    def create(self, record: RULE, *, also: Also[RULE]) -> RULE: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[RULE], RULE],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[RULE],
    ) -> RULE: ...
    def delete(self, record_id: str, *, if_match: str | None = None, also: Also[RULE]) -> None: ...


class PipelineStore(Protocol):
    """The pipelines of the caller's workspace; errors as `shared.records` says."""

    def get(self, record_id: str) -> Pipeline: ...
    def all(self) -> list[Pipeline]: ...
    def create(self, record: Pipeline, *, also: Also[Pipeline]) -> Pipeline: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[Pipeline], Pipeline],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Pipeline],
    ) -> Pipeline: ...


class DefinitionStore(Protocol):
    """The custom fields of the caller's workspace; errors as `dynamodb_definitions` says."""

    def get(self, record_id: str) -> FieldDefinition: ...
    def create(
        self, record: FieldDefinition, *, also: Also[FieldDefinition]
    ) -> FieldDefinition: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[FieldDefinition], FieldDefinition],
        *,
        if_match: str | None = None,
        also: Also[FieldDefinition],
    ) -> FieldDefinition: ...
    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[FieldDefinition]
    ) -> None: ...


class Subjects(Protocol):
    """What timeline entries are about, as the caller sees it."""

    def seen(self, subjects: Sequence[RecordName]) -> set[str]:
        """Return the ids of those that the caller may see, of records deleted lately too."""


class TimelineStore(Protocol):
    """The timelines of the caller's workspace."""

    def page(
        self, record_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[TimelineEntry] | None:
        """Return one page, newest first; None when the record was deleted."""

    def chosen(
        self,
        record_ids: Sequence[str],
        choice: Choice,
        *,
        limit: int,
        start: Mapping[str, Any] | None = None,
    ) -> Page[TimelineEntry]:
        """Return one page of some kinds of entries of several timelines together, newest first."""
