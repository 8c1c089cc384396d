"""Holds a request against an AWS service's own model, as far as botocore's validator does not: it
knows types and required fields, but neither enumerations nor bounds nor patterns."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator


@cache
def _operation(service: str, operation: str) -> Shape:
    model = botocore.session.get_session().get_service_model(service)
    shape: Shape = model.operation_model(operation).input_shape
    return shape


def faults(service: str, operation: str, request: Any) -> list[str]:
    """Return everything that the service would refuse in a request."""
    shape = _operation(service, operation)
    report = ParamValidator().validate(request, shape)
    told = [report.generate_report()] if report.has_errors() else []
    return [*told, *_faults(request, shape, "")]


def _faults(value: Any, shape: Shape, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{path}.{name} is unknown"
            else:
                yield from _faults(inner, shape.members[name], f"{path}.{name}")
    elif kind == "list" and isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _faults(inner, shape.member, f"{path}[{number}]")
    elif kind == "map" and isinstance(value, dict):
        for name, inner in value.items():
            yield from _faults(inner, shape.value, f"{path}.{name}")
    else:
        yield from _bounds(value, shape, path)


def _bounds(value: Any, shape: Shape, path: str) -> Iterator[str]:
    rules = shape.metadata
    size = len(value) if isinstance(value, str) else value
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path} = {value} is none of {shape.enum}"
    if ("min" in rules and size < rules["min"]) or ("max" in rules and size > rules["max"]):
        yield f"{path} = {value} is out of {rules}"
    if "pattern" in rules and not re.search(rules["pattern"], value):
        yield f"{path} = {value} does not match {rules['pattern']}"
