"""The committed document passes the linter, and the linter's own rules of this house catch what
they are for."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract import openapi
from tests.contract.spectral_lint import RULES, Finding, lint

Json = dict[str, Any]


def test_the_document_passes_every_rule() -> None:
    assert [str(each) for each in lint(openapi.PATH)] == []


def _list(spec: Json) -> Json:
    return spec["paths"]["/v1/contacts"]["get"]


def _create(spec: Json) -> Json:
    return spec["paths"]["/v1/contacts"]["post"]


def _get(spec: Json) -> Json:
    return spec["paths"]["/v1/contacts/{id}"]["get"]


def _move(spec: Json, path: str) -> None:
    spec["paths"][path] = spec["paths"].pop("/v1/contacts")


def _without(parameters: list[Json], name: str) -> list[Json]:
    return [each for each in parameters if each.get("name") != name]


# rule → what breaks it, and no other rule of ours
PLANTED: dict[str, Callable[[Json], object]] = {
    "house-summary": lambda spec: _list(spec).update(summary="List " * 20),
    "house-description": lambda spec: _list(spec).update(description="lists contacts"),
    "house-operation-id": lambda spec: _get(spec).update(operationId="getContact"),
    "house-tag": lambda spec: _list(spec).update(tags=[]),
    "house-security": lambda spec: _get(spec).pop("security"),
    "house-path": lambda spec: _move(spec, "/v1/contacts/byName"),
    "house-resource": lambda spec: _move(spec, "/v1/contact"),
    "house-parameter": lambda spec: _list(spec)["parameters"].append(
        {"name": "pageSize", "in": "query", "description": "Size.", "schema": {"type": "integer"}}
    ),
    "house-record-id": lambda spec: _get(spec)["parameters"][0]["schema"].pop("pattern"),
    "house-property": lambda spec: spec["components"]["schemas"]["Contact"]["properties"].update(
        jobTitle={"type": "string"}
    ),
    "house-list": lambda spec: _list(spec).update(
        parameters=_without(_list(spec)["parameters"], "cursor")
    ),
    "house-request-example": lambda spec: _create(spec)["requestBody"]["content"][
        "application/json"
    ].pop("example"),
    "house-response-example": lambda spec: _get(spec)["responses"]["200"]["content"][
        "application/json"
    ].pop("example"),
    "house-request-id": lambda spec: _get(spec)["responses"]["304"]["headers"].pop("X-Request-Id"),
    "house-created": lambda spec: _create(spec)["responses"]["201"]["headers"].pop("Location"),
    "house-refusals": lambda spec: _get(spec)["responses"].pop("503"),
    "house-refusals-secured": lambda spec: _get(spec)["responses"].pop("403"),
    "house-refusals-of-bodies": lambda spec: _create(spec)["responses"].pop("415"),
    "house-problem": lambda spec: _get(spec)["responses"].update(
        {"404": {"description": "No.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    ),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    """What the linter finds in each broken document, by the rule that is broken."""
    folder = tmp_path_factory.mktemp("planted")
    small = openapi.document()
    small["paths"] = {path: small["paths"][path] for path in ("/v1/contacts", "/v1/contacts/{id}")}
    files: dict[str, Path] = {}
    for rule, break_it in PLANTED.items():
        broken = copy.deepcopy(small)
        break_it(broken)
        files[rule] = folder / f"{rule}.json"
        files[rule].write_text(json.dumps(broken))
    found = lint(*files.values())
    return {
        rule: [each for each in found if each.file.name == path.name]
        for rule, path in files.items()
    }


@pytest.mark.parametrize("rule", PLANTED)
def test_a_rule_of_ours_catches_what_it_is_for(
    planted: dict[str, list[Finding]], rule: str
) -> None:
    assert {each.rule for each in planted[rule] if each.rule.startswith("house-")} == {rule}


def test_every_rule_of_ours_is_tried() -> None:
    rules = yaml.safe_load(RULES.read_text())["rules"]

    assert {name for name in rules if name.startswith("house-")} == set(PLANTED)
