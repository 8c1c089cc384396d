"""Conditions of rules: JSONLogic (jsonlogic.com) over the fields of one record.

A condition is a JSON object, `{"and": [{"==": [{"var": "source"}, "web"]}, {">": [{"var":
"custom.employees"}, 50]}]}`. It reads a record as *facts*: a flat mapping, where what lies inside
another object has a dotted name (`amount.currency`, `custom.employees`). `check` says at save time
what is wrong with one; `holds` evaluates one. Both are pure and say the same everywhere: there is
no clock, no randomness, no input but the facts.

The engine is datalogic-py (Rust, Apache-2.0), which passes the community's conformance suite.
What of JSONLogic is taken, and what is settled where it is silent:

- OPERATORS lists the operators. Nothing iterates (`map`, `reduce`), logs, throws, or knows the
  time, and nothing takes a pattern, so a condition costs what its size and the facts' size say.
- `var` names one field literally, `{"var": "email"}` or `{"var": ["score", 0]}` with a default; a
  field that is not there is null.
- `<`, `<=`, `>`, `>=` on a field that is null do not hold: nobody with an unknown number of
  employees has fewer than ten. (JavaScript takes null for 0 there.)
- What cannot be computed (a text divided by two) does not hold.

Sizes are bounded by MAX_BYTES, MAX_NODES, MAX_DEPTH; evaluation by BUDGET steps besides.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, get_args

from pydantic import BaseModel

from functions.shared.errors import FieldProblem, InvalidError

MAX_BYTES, MAX_NODES, MAX_DEPTH, MAX_TEXT = 4_096, 200, 12, 500
BUDGET = 100_000  # the engine's own steps; the largest condition takes a few thousand

_MANY = 50
# operator → least and most arguments
OPERATORS: Mapping[str, tuple[int, int]] = {
    "var": (1, 2),
    "and": (1, _MANY), "or": (1, _MANY), "!": (1, 1), "!!": (1, 1), "if": (2, _MANY),
    "==": (2, 2), "===": (2, 2), "!=": (2, 2), "!==": (2, 2),
    "<": (2, 3), "<=": (2, 3), ">": (2, 2), ">=": (2, 2),
    "+": (1, _MANY), "-": (1, 2), "*": (2, _MANY), "/": (2, 2), "%": (2, 2),
    "min": (1, _MANY), "max": (1, _MANY),
    "in": (2, 2), "lower": (1, 1), "starts_with": (2, 2), "ends_with": (2, 2),
}  # fmt: skip
_ORDERED = frozenset({"<", "<=", ">", ">="})
_SAFE = 2**53


def check(condition: Any, fields: Collection[str], pointer: str = "/condition") -> None:
    """Raise InvalidError, with a JSON pointer to each fault (`pointer` is the condition's own),
    unless `condition` is one that `holds` takes and reads nothing but `fields`."""
    try:
        size = len(json.dumps(condition, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise _invalid([FieldProblem(pointer, "invalid", "This is not JSON.")]) from error
    if size > MAX_BYTES:
        sentence = f"A condition has at most {MAX_BYTES:,} bytes."
        raise _invalid([FieldProblem(pointer, "condition_too_large", sentence)])
    if not isinstance(condition, dict):
        raise _invalid([FieldProblem(pointer, "invalid", "A condition is an object.")])
    walk = _Walk(fields)
    walk.visit(condition, pointer, 1)
    if walk.faults:
        raise _invalid(walk.faults)


def holds(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Say whether a checked condition holds for facts (`facts_of`); truth is JSONLogic's: null,
    false, 0, "" and [] are not true. Raises ValueError for a condition that `check` refuses."""
    from datalogic_py import DataLogicError

    rule = _compiled(json.dumps(condition))
    try:
        text, _steps = rule.evaluate_metered(dict(facts), BUDGET)
    except DataLogicError:  # not a number, division by zero, or beyond the budget
        return False
    return bool(text == "true")


def read_by(condition: Any) -> frozenset[str]:
    """Return the names of the facts that a checked condition reads."""
    match condition:
        case {"var": str(name)} | {"var": [str(name), *_]}:
            return frozenset({name})
        case dict():
            return frozenset().union(*map(read_by, condition.values()))
        case list():
            return frozenset().union(*map(read_by, condition))
    return frozenset()


def facts_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record (as JSON) flat: nested objects by dotted names, texts, numbers, truth
    values and lists of these as they are; lists of objects are left out."""
    return dict(_flat(record, ""))


def fields_of(kind: type[BaseModel], custom: Iterable[str]) -> frozenset[str]:
    """Return the names that a condition on records of this kind may read: its fields', of nested
    models theirs, and its custom fields' as `custom.<name>`."""
    return frozenset({*_names(kind, ""), *(f"custom.{name}" for name in custom)})


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        match value:
            case dict():
                yield from _flat(value, f"{prefix}{name}.")
            case list() | tuple():
                plain = [each for each in value if isinstance(each, str | int | float)]
                if len(plain) == len(value):
                    yield prefix + name, plain
            case None | str() | bool() | int() | float():
                yield prefix + name, value


def _names(kind: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in kind.model_fields.items():
        parts = [info.annotation, *get_args(info.annotation)]
        inner = [each for each in parts if isinstance(each, type) and issubclass(each, BaseModel)]
        if name != "custom" and not inner:
            yield prefix + name
        for each in inner:
            yield from _names(each, f"{prefix}{name}.")


class _Walk:
    """One look at a whole condition, which collects what is wrong with it."""

    def __init__(self, fields: Collection[str]) -> None:
        self._fields = fields
        self._nodes = 0
        self.faults: list[FieldProblem] = []

    def visit(self, node: Any, pointer: str, depth: int) -> None:
        self._nodes += 1
        if self._nodes == MAX_NODES + 1 or depth == MAX_DEPTH + 1:
            limits = f"{MAX_NODES} parts, {MAX_DEPTH} deep"
            self._fault(pointer, "condition_too_large", f"A condition has at most {limits}.")
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            return
        match node:
            case dict():
                self._operation(node, pointer, depth)
            case list():
                for position, each in enumerate(node):
                    self.visit(each, f"{pointer}/{position}", depth + 1)
            case _:
                self._literal(node, pointer)

    def _operation(self, node: dict[str, Any], pointer: str, depth: int) -> None:
        if len(node) != 1:
            self._fault(pointer, "invalid", "An object has one operator and its arguments.")
            return
        ((operator, told),) = node.items()
        where = f"{pointer}/{operator.replace('~', '~0').replace('/', '~1')}"
        if operator not in OPERATORS:
            known = ", ".join(OPERATORS)
            self._fault(where, "unknown_operator", f"The operators are: {known}.")
            return
        arguments = told if isinstance(told, list) else [told]
        least, most = OPERATORS[operator]
        if not least <= len(arguments) <= most:
            counts = f"{least}" if least == most else f"{least} to {most}"
            self._fault(where, "invalid", f"'{operator}' takes {counts} arguments.")
        elif operator == "var":
            self._field(arguments, where)
        elif isinstance(told, list):
            self.visit(told, where, depth)
        else:
            self.visit(told, where, depth + 1)

    def _field(self, arguments: list[Any], pointer: str) -> None:
        name, *default = arguments
        if not isinstance(name, str) or isinstance(next(iter(default), None), dict | list):
            self._fault(pointer, "invalid", "'var' takes a field's name and a plain default.")
        elif name not in self._fields:
            self._fault(pointer, "unknown_field", "There is no such field to read.")
        for each in default:
            self._literal(each, pointer)

    def _literal(self, value: Any, pointer: str) -> None:
        if isinstance(value, str) and len(value) > MAX_TEXT:
            sentence = f"A text in a condition has at most {MAX_TEXT} characters."
            self._fault(pointer, "too_long", sentence)
        if isinstance(value, int | float) and abs(value) > _SAFE:
            self._fault(pointer, "invalid", "A number must be within 2^53.")

    def _fault(self, pointer: str, code: str, sentence: str) -> None:
        if len(self.faults) < 20:
            self.faults.append(FieldProblem(pointer, code, sentence))


def _invalid(faults: list[FieldProblem]) -> InvalidError:
    return InvalidError(
        "The condition cannot be used; see `errors`.", code="invalid_condition", errors=faults
    )


@cache
def _engine() -> Any:
    from datalogic_py import Engine  # native: loaded where a condition is evaluated, not before

    return Engine(strict_operator_names=True)


@lru_cache(maxsize=1_000)
def _compiled(text: str) -> Any:
    return _engine().compile({"!!": [_prepared(json.loads(text))]})


def _prepared(node: Any) -> Any:
    """Return a condition as the engine takes it: fields by their literal names, and what is
    settled here about null."""
    if isinstance(node, list):
        return [_prepared(each) for each in node]
    if not isinstance(node, dict):
        return node
    ((operator, told),) = node.items()
    if operator not in OPERATORS:
        raise ValueError(f"no operator {operator}")
    arguments = told if isinstance(told, list) else [told]
    if operator == "var":
        name, *default = arguments
        value = {"val": [name]}  # `val` takes a dotted name as one key, which `var` does not
        return {"if": [_null(value), default[0], value]} if default else value
    prepared = {operator: [_prepared(each) for each in arguments]}
    if operator not in _ORDERED:
        return prepared
    read = [each for each in prepared[operator] if isinstance(each, dict) and "val" in each]
    return {"and": [*({"!": [_null(each)]} for each in read), prepared]} if read else prepared


def _null(value: Any) -> Any:
    return {"===": [value, None]}
