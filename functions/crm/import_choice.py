"""How the rows of a file become records: what was chosen, and whether it fits."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from functions.crm.csv_records import Format
from functions.crm.duplicates import OVERRIDE, RESOURCES
from functions.crm.import_targets import JOINED, targets_of
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Choice, Import, Mapped, OnDuplicates
from functions.crm.matching import matches
from functions.crm.reception import CustomTargets
from functions.crm.row_mapping import Mapper, RowRefusedError
from functions.crm.target_table import Target
from functions.shared.caller import Caller
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.validation import pointer


def chosen(
    job: Import, told: Mapping[str, Any], custom: CustomTargets, caller: Caller, policy: str
) -> Choice:
    """Return how the rows of an import become records. `policy` is what the workspace wants done
    about duplicates. Raises InvalidError when that does not fit, ForbiddenError without the scope
    to read records that rows name, or to do less about duplicates than the policy."""
    what = IMPORTABLES[job.record_type]
    mode = told.get("mode") or job.mode
    match = fitting_match(job.record_type, custom, mode, told.get("match_on") or job.match_on)
    known = targets_of(job.record_type, custom.kinds)
    defaults = dict(told.get("defaults") or {})
    mapping = told.get("mapping")
    if mapping is None:
        mapping = [
            {"column": each.column, "field": each.suggestion}
            for each in job.columns
            if each.suggestion is not None and (each.suggestion != "id" or match == "id")
        ]
    _check_defaults(defaults, known)
    needed = frozenset() if mode == "update" else frozenset({what.needs} - defaults.keys())
    _check_mapping(mapping, job, known, mode, match, needed)
    fields = {each["field"] for each in mapping}
    for each in known.values():
        if each.name in fields and each.refers is not None:  # who looks records up reads them
            caller.require(f"{IMPORTABLES[each.refers.record_type].resource}:read")
    if match is None:  # a new record's own natural key: twins in the file are told by it
        match = next((each for each in what.unique if each in fields), None)
    return Choice(
        mapping=[Mapped(**each) for each in mapping],
        mode=mode,
        match_on=match,
        defaults=defaults,
        empty_cells=told.get("empty_cells") or "keep",
        fallback_encoding=told.get("fallback_encoding"),
        new_sources=_new_sources(told.get("new_sources"), caller),
        duplicates=_on_duplicates(job, mode, told.get("duplicates"), policy, caller),
    )


def _new_sources(told: str | None, caller: Caller) -> Literal["refuse", "create"]:
    if told != "create":
        return "refuse"
    caller.require("lead_rules:write")
    return "create"


def _on_duplicates(
    job: Import, mode: str, told: OnDuplicates | None, policy: str, caller: Caller
) -> OnDuplicates:
    compared = job.record_type in RESOURCES
    if told not in (None, "ignore") and not compared:
        said = f"Only {', '.join(RESOURCES.values())} are compared with what is there."
        raise _unfit("/duplicates", "not_compared", said)
    if mode == "update" or not compared:
        return "ignore"  # nothing is made that could be a duplicate
    wanted: OnDuplicates = "warn" if policy == "warn" else "deny" if policy == "deny" else "ignore"
    if told is not None and told != wanted == "deny":
        caller.require(OVERRIDE)
    return told or wanted


def fitting_match(
    record_type: str, custom: CustomTargets, mode: str, match: str | None
) -> str | None:
    """Return the field by which rows find their records; raises InvalidError."""
    allowed = [
        each for each in matches(record_type, custom) if not (each == "id" and mode == "upsert")
    ]
    if mode == "create":
        if match is not None:
            raise _unfit("/match_on", "match_of_create", "`create` finds no records; leave it out.")
        return None
    if match is None and mode == "upsert":
        return allowed[0]
    if match not in allowed:
        raise _unfit("/match_on", "unknown_match", f"It is one of: {', '.join(allowed)}.")
    return match


def _check_mapping(
    mapping: Sequence[Mapping[str, Any]],
    job: Import,
    known: Mapping[str, Target],
    mode: str,
    match: str | None,
    needed: frozenset[str],
) -> None:
    problems, columns, fields = [], set(), set()
    for position, each in enumerate(mapping):
        where = f"/mapping/{position}"
        if each["column"] > len(job.columns):
            said = f"The file has {len(job.columns)} columns."
            problems.append(FieldProblem(f"{where}/column", "no_such_column", said))
        if each["column"] in columns:
            problems.append(FieldProblem(f"{where}/column", "column_repeated", "Once is enough."))
        if each["field"] not in known:
            said = f"It is one of: {', '.join(sorted(known))}."
            problems.append(FieldProblem(f"{where}/field", "unknown_field", said))
        elif each["field"] in fields and each["field"] not in JOINED:
            said = "Another column is this field."
            problems.append(FieldProblem(f"{where}/field", "field_repeated", said))
        columns.add(each["column"])
        fields.add(each["field"])
    if match is not None and match not in fields:
        said = f"No column is `{match}`, by which records are found."
        problems.append(FieldProblem("/mapping", "match_unmapped", said))
    for name in needed - fields:
        said = f"No column is `{name}`, which every new record has."
        problems.append(FieldProblem("/mapping", f"{name}_unmapped", said))
    if mode == "create" and "id" in fields:
        problems.append(FieldProblem("/mapping", "id_of_create", "New records get their own ids."))
    if problems:
        raise InvalidError("The mapping does not fit; see `errors`.", errors=problems[:50])


def _check_defaults(defaults: Mapping[str, str], known: Mapping[str, Target]) -> None:
    problems = []
    for name, text in defaults.items():
        where = pointer(("defaults", name))
        target = known.get(name)
        if target is None or name == "id" or target.refers is not None:
            problems.append(FieldProblem(where, "unknown_field", "No default can be set for this."))
            continue
        if name == "currency":
            continue
        told = {name: text, "currency": defaults.get("currency", "")}
        try:
            Mapper(
                known, [], 0, Format(), defaults=told if target.kind == "amount" else {name: text}
            )
        except RowRefusedError as error:
            problems += [FieldProblem(where, each.code, each.message) for each in error.faults]
    if problems:
        raise InvalidError("The defaults do not fit; see `errors`.", errors=problems[:50])


def _unfit(where: str, code: str, sentence: str) -> InvalidError:
    return InvalidError(sentence, code=code, errors=[FieldProblem(where, code, sentence)])
