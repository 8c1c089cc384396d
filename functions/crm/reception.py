"""A file has arrived: what it is, and which of its columns are likely which fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from functions.crm.csv_format import SAMPLE, Detected, Guess, UnreadableError, detect
from functions.crm.import_targets import Kind, Target, suggest, targets_of
from functions.crm.jobs import Column, FileFormat, Import, Reason
from functions.shared.writes import Also, nothing_else

MAX_COLUMNS = 500


class ImportStore(Protocol):
    """The imports of a workspace; errors as `shared.records` says."""

    def get(self, record_id: str, *, consistent: bool = False) -> Import: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[Import], Import],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Import],
    ) -> Import: ...


@dataclass(frozen=True, slots=True)
class CustomTargets:
    """The custom fields that columns may become: their kinds and their labels, by name; and of
    those whose values occur once what brings a value into its one form, or raises ValueError."""

    kinds: Mapping[str, Kind]
    labels: Mapping[str, str]
    forms: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


def targets(job: Import, custom: CustomTargets) -> dict[str, Target]:
    """Return the fields that a column of this import may become."""
    return targets_of(job.record_type, custom.kinds)


def receive(
    job: Import,
    imports: ImportStore,
    sample: bytes,
    size: int,
    guess: Guess,
    custom: CustomTargets,
    also: Also[Import] = nothing_else,
) -> Import:
    """Note what the file of a waiting import is like; again and late changes nothing."""

    def noted(old: Import) -> Import:
        if old.state != "waiting":
            return old
        if size != old.size_bytes:
            said = f"The file has {size:,} bytes, not {old.size_bytes:,}."
            return _unreadable(old, "wrong_size", said)
        try:
            found = detect(sample, size, guess, **old.told)
        except UnreadableError as error:
            return _unreadable(old, error.code, str(error))
        if len(found.columns) > MAX_COLUMNS:
            said = f"The file has more than {MAX_COLUMNS} columns."
            return _unreadable(old, "too_many_columns", said)
        return _ready(old, found, custom)

    return imports.change(job.id, noted, event="received", also=also)


def _unreadable(old: Import, code: str, sentence: str) -> Import:
    return old.changed(state="failed", reason=Reason(code=code, detail=sentence).model_dump())


def _ready(old: Import, found: Detected, custom: CustomTargets) -> Import:
    likely = {
        each.column: each
        for each in suggest(found.columns, found.samples, targets(old, custom), custom.labels)
    }
    columns = []
    for position, (name, samples) in enumerate(
        zip(found.columns, found.samples, strict=True), start=1
    ):
        guessed = likely.get(position)
        columns.append(
            Column(
                column=position,
                name=name,
                samples=samples,
                suggestion=guessed and guessed.field,
                because=guessed and guessed.because,
            ).model_dump()
        )
    return old.changed(state="ready", columns=columns, shape=_shape(found), format=_format(found))


def _shape(found: Detected) -> dict[str, Any]:
    shape = found.shape
    return {
        "encoding": shape.encoding,
        "bom": shape.bom,
        "delimiter": shape.delimiter,
        "quote": shape.quote,
    }


def _format(found: Detected) -> dict[str, Any]:
    return FileFormat(
        encoding=found.encoding,
        mixed_encodings=found.mixed,
        byte_order_mark=found.bom > 0,
        delimiter=found.shape.delimiter,
        quote=found.shape.quote,
        header=found.header,
        rows_estimate=found.rows_estimate,
    ).model_dump()


__all__ = ["SAMPLE", "CustomTargets", "ImportStore", "receive", "targets"]
