"""Rows of a file become records: what each is to come to."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from functions.crm.bulk import BulkStore, Importable
from functions.crm.csv_records import Piece, Record, read
from functions.crm.import_rows.likenesses import Likeness, Likenesses
from functions.crm.jobs import Choice, Import
from functions.crm.model import CrmRecord
from functions.crm.piecework import Planned
from functions.crm.row_mapping import Fault, Mapper, Named, RowRefusedError, Values, quoted
from functions.crm.values import value_at
from functions.shared import natural_keys
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, ReelateError
from functions.shared.ids import derived_id
from functions.shared.validation import validated

_ATTEMPTS = 4
_FORMS: Mapping[str, Callable[[str], str]] = {
    "email": natural_keys.email,
    "domain": natural_keys.domain,
}
# What an empty cell clears to, and what it never clears.
_EMPTY: Mapping[str, Any] = {"tags": [], "links": [], "contact_ids": [], "description": ""}
_STAYING = frozenset(
    {
        "id", "currency", "type", "direction", "status", "occurred_at", "pipeline_id", "stage",
        "loss_reason", "billing", "active",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A record of the file, and what it says, unless it says nothing that can be understood."""

    record: Record
    values: Values | None
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class Rows:
    """The task of an import, or (`dry`) of its preview; see `piecework.Task`.

    `blocks` reads bytes of the file; `twins` are the rows whose match value stood in an earlier
    row, with that row's line; `form` brings a match value into the form in which it occurs once,
    or None; `named` finds the ids of records by values of theirs, `employers` those of companies by
    the addresses of new contacts."""

    job: Import
    choice: Choice
    what: Importable
    mapper: Mapper
    store: BulkStore
    named: Callable[[str, str, Sequence[str]], Mapping[str, str]]
    form: Callable[[Any], Any]
    blocks: Callable[[int, int], Iterable[bytes]]
    twins: Mapping[int, int]
    dry: bool = False
    employers: Callable[[Sequence[str]], Mapping[str, str]] | None = None
    likenesses: Likenesses | None = None  # where duplicates are looked for

    def rows(self, number: int, piece: Piece, after: int) -> Iterator[tuple[int, Row]]:
        del number
        records = read(
            self.blocks(piece.start, piece.end),
            self.job.reading,
            line=piece.line,
            offset=piece.start,
        )
        for row, record in enumerate(records, start=piece.row):
            if row >= after:
                yield row, self._row(row, record)

    def plan(self, rows: Sequence[tuple[int, Row]]) -> list[Planned]:
        rows = self._employed(self._resolved(rows))
        known = self._known([row.values for _, row in rows if row.values is not None])
        made: dict[str, tuple[int, CrmRecord]] = {}
        plans = [self._planned(*each, known, made) for each in rows]
        where = {row: place for place, (row, _) in enumerate(rows)}
        if self.likenesses is not None:
            for row, likeness in self.likenesses.of(list(made.values())).items():
                place = where[row]
                plans[place] = self._alike(row, rows[place][1], likeness, plans[place])
        if self.dry and made:
            taken = self.store.taken([record for _, record in made.values()])
            for record_id, problems in taken.items():
                row = made[record_id][0]
                plans[where[row]] = self._refused(row, rows[where[row]][1], problems)
        return plans

    def again(self, row: int, source: Row, problem: FieldProblem | None, attempt: int) -> Planned:
        hopeless = problem is not None and (self.choice.mode == "create" or attempt > 1)
        if hopeless or attempt >= _ATTEMPTS:
            last = FieldProblem("", "conflict", "The record is being changed by others.")
            return self._refused(row, source, [problem or last])
        return self.plan([(row, source)])[0]

    def _row(self, row: int, record: Record) -> Row:
        try:
            values = self.mapper.values(record)
        except RowRefusedError as error:
            return Row(record, None, error.faults)
        if row in self.twins:
            match = str(self.choice.match_on or "")
            said = f"Line {self.twins[row]} of the file has the same {match}."
            (fault,) = [self.mapper.fault_at(FieldProblem(f"/{match}", "duplicate_in_file", said),
                                             record.cells)]  # fmt: skip
            return Row(record, None, (fault,))
        return Row(record, values, ())

    def _resolved(self, rows: Sequence[tuple[int, Row]]) -> Sequence[tuple[int, Row]]:
        """Return rows with the ids of the records that they name by other values."""
        wanted: dict[tuple[str, str], dict[str, None]] = {}
        for _, row in rows:
            for each in row.values.named if row.values is not None else ():
                values = wanted.setdefault((each.refers.record_type, each.refers.by), {})
                values |= {form: None for text in each.texts if (form := _form(each, text))}
        if not wanted:
            return rows
        ids = {what: self.named(*what, list(values)) for what, values in wanted.items()}
        return [(number, _with_ids(row, ids)) for number, row in rows]

    def _employed(self, rows: Sequence[tuple[int, Row]]) -> Sequence[tuple[int, Row]]:
        """Return rows with the companies that those who name none belong to, if they are new."""
        if self.employers is None:
            return rows
        emails = [row.values.fields.get("email", "") for _, row in rows if row.values is not None]
        found = self.employers([each for each in emails if each])
        return [(number, _employed_by(row, found)) for number, row in rows]

    def _known(self, values: Sequence[Values]) -> Mapping[str, CrmRecord]:
        match = self.choice.match_on
        if self.choice.mode == "create" or match is None:
            return {}
        keys = [key for each in values if (key := self._key(each)) is not None]
        if match == "id":
            return self.store.by_id(keys)
        return self.store.by_value(match, keys)

    def _key(self, values: Values) -> Any:
        """Return the value by which a row finds its record, in the form in which it is unique."""
        match = self.choice.match_on
        if match is None or match == "id":
            return values.record_id
        value = value_at(values.fields, match)
        # of what is no such value it is told when the whole row is looked at
        return None if value is None else self.form(value)

    def _planned(
        self,
        number: int,
        row: Row,
        known: Mapping[str, CrmRecord],
        made: dict[str, tuple[int, CrmRecord]],
    ) -> Planned:
        if row.values is None:
            return self._failed(number, row, row.faults)
        try:
            if self.choice.mode == "create":
                return self._created(number, row, row.values, made)
            old = known.get(self._key(row.values) or "")
            if old is not None:
                return self._updated(number, row, row.values, old)
            return self._unmatched(number, row, row.values, made)
        except (ConflictError, InvalidError) as error:
            return self._refused(number, row, error.errors or [_whole(error)])

    def _unmatched(
        self, number: int, row: Row, values: Values, made: dict[str, tuple[int, CrmRecord]]
    ) -> Planned:
        match = str(self.choice.match_on)
        told = values.record_id if match == "id" else value_at(values.fields, match)
        if told is None:
            said = f"The row has no {match} to find its record by."
            return self._refused(number, row, [FieldProblem(f"/{match}", "missing_match", said)])
        if self.choice.mode == "upsert" and match != "id":
            return self._created(number, row, values, made)
        validated(self.what.patch, values.fields)  # what is wrong with it is told first
        said = f"No record has this {match}."
        return self._refused(number, row, [FieldProblem(f"/{match}", "no_such_record", said)])

    def _created(
        self, number: int, row: Row, values: Values, made: dict[str, tuple[int, CrmRecord]]
    ) -> Planned:
        own = _merged(self.mapper.defaults, values.fields)
        if values.employer is not None:
            own.setdefault("company_id", values.employer)
        fields = validated(self.what.new, own)
        if self.likenesses is not None:
            double = self.likenesses.in_file(number)
            if double is not None and double.refused:  # before rules take a turn for it
                return self._alike(number, row, double)
        seed = f"{self.job.id}#{number}"
        record_id = derived_id(self.what.kind.PREFIX, seed)
        record = self.store.new(fields, record_id)
        writes = self.store.birth(record)
        made[record_id] = (number, record)
        if self.dry:
            return Planned("created")
        said = {"row": number, "line": row.record.line, "id": record_id, "version": record.version}
        return Planned("created", writes, said)

    def _updated(self, number: int, row: Row, values: Values, old: CrmRecord) -> Planned:
        fields = dict(values.fields)
        if self.choice.empty_cells == "clear":
            fields = _merged(self._cleared(values.empty, fields), fields)
        new = self.store.edited(old, validated(self.what.patch, fields))
        if new is old:
            return Planned("unchanged")
        writes = self.store.succession(old, new)
        if self.dry:
            return Planned("updated")
        said = {
            "row": number, "line": row.record.line, "id": old.id, "version": new.version,
            "was": _differences(old, new),
        }  # fmt: skip
        return Planned("updated", writes, said)

    def _cleared(self, empty: Iterable[str], fields: Mapping[str, Any]) -> dict[str, Any]:
        cleared: dict[str, Any] = {}
        for name in empty:
            target = self.mapper.targets[name]
            top, _, inner = name.partition(".")
            if name in _STAYING or name == self.choice.match_on or target.field in fields:
                continue
            if inner and target.refers is None:
                cleared.setdefault(top, {})[inner] = None
            else:
                cleared[target.field] = _EMPTY.get(target.field)
        return cleared

    def _refused(self, number: int, row: Row, problems: Sequence[FieldProblem]) -> Planned:
        cells = row.record.cells
        return self._failed(number, row, [self.mapper.fault_at(each, cells) for each in problems])

    def _alike(
        self, number: int, row: Row, likeness: Likeness, plan: Planned | None = None
    ) -> Planned:
        """Return a row's plan where it may be there already: refused, or as it was, with a
        warning."""
        fault = self.mapper.fault_at(likeness.problem, row.record.cells)
        (told,) = self._failed(number, row, [fault]).faults
        told = {**told, "candidates": list(likeness.candidates)}
        if plan is None or likeness.refused:
            return Planned("failed", faults=[told])
        return replace(plan, faults=[{**told, "severity": "warning"}], warned=True)

    def _failed(self, number: int, row: Row, faults: Sequence[Fault]) -> Planned:
        told = [
            {
                "row": number,
                "line": row.record.line,
                "column": fault.column,
                "code": fault.code,
                "message": fault.message,
                "value": fault.value,
            }
            for fault in faults
        ]
        return Planned("failed", faults=told)


def _form(named: Named, text: str) -> str | None:
    try:
        return _FORMS.get(named.refers.by, str)(text)
    except ValueError:
        return None


def _with_ids(row: Row, ids: Mapping[tuple[str, str], Mapping[str, str]]) -> Row:
    if row.values is None or not row.values.named:
        return row
    fields, faults = dict(row.values.fields), []
    for each in row.values.named:
        refers = each.refers
        known = ids[refers.record_type, refers.by]
        for text in each.texts:
            found = known.get(_form(each, text) or "")
            if found is None:
                said = f"There is no {refers.record_type} with this {refers.by}."
                faults.append(Fault("unknown_reference", said, each.column, quoted(text)))
            elif not refers.many:
                fields.setdefault(refers.field, found)
            else:
                link = {"type": refers.record_type, "id": found}
                one = link if refers.field == "links" else found
                fields[refers.field] = [*fields.get(refers.field, ()), one]
    if faults:
        return Row(row.record, None, tuple(faults))
    return replace(row, values=replace(row.values, fields=fields, named=()))


def _employed_by(row: Row, companies: Mapping[str, str]) -> Row:
    if row.values is None or row.values.fields.get("email", "") not in companies:
        return row
    employer = companies[row.values.fields["email"]]
    return replace(row, values=replace(row.values, employer=employer))


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields over others, what lies within a field too."""
    merged = {**under, **over}
    for name in under.keys() & over.keys():
        if isinstance(under[name], dict) and isinstance(over[name], dict):
            merged[name] = {**under[name], **over[name]}
    return merged


def _whole(error: ReelateError) -> FieldProblem:
    return FieldProblem("", error.code, error.detail)


def _differences(old: CrmRecord, new: CrmRecord) -> dict[str, Any]:
    """Return the fields of `old` that are others in `new`, but for its envelope."""
    after = new.model_dump(mode="json")
    return {
        name: value
        for name, value in old.model_dump(mode="json").items()
        if value != after[name] and name not in ("version", "updated_at")
    }
