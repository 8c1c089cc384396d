"""The policy table in the OpenAPI document is the policy that decides."""

import json
import re
from typing import Any

import pytest

from functions.identity.key_text import KeyText
from functions.shared.ids import new_id
from functions.shared.policy import ROLES, SCOPES, VISIBILITY
from tests.contract import openapi

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
SECURED = {
    f"{method.upper()} {path}": operation
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
    if operation.get("security") != []
}


def test_the_table_as_data_is_the_policy() -> None:
    told = SPEC["info"]["x-policy"]["roles"]

    assert {role: set(each["scopes"]) for role, each in told.items()} == ROLES
    assert {role: each["visibility"] for role, each in told.items()} == VISIBILITY


def test_the_table_for_people_is_the_policy() -> None:
    lines = SPEC["info"]["description"].split("## Roles", 1)[1].split("##")[0].splitlines()
    head, _rule, *rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in lines
        if line.startswith("|")
    ]

    told: dict[str, set[str]] = {role: set() for role in head[1:]}
    for resource, *cells in rows:
        for role, acts in zip(head[1:], cells, strict=True):
            told[role] |= {f"{resource}:{act}" for act in acts.split(", ") if act != "-"}
    assert told == ROLES


def test_every_scope_opens_something() -> None:
    """Else the table promises what no route keeps."""
    asked = {
        scope
        for operation in SECURED.values()
        for each in operation["security"]
        for scope in each["bearer"]
    }

    assert asked == SCOPES


@pytest.mark.parametrize("name", SECURED)
def test_an_operation_names_the_roles_that_may(name: str) -> None:
    operation = SECURED[name]
    ((scopes,),) = (each.values() for each in operation.get("security", SPEC["security"]))

    assert operation["x-roles"] == [role for role in ROLES if set(scopes) <= ROLES[role]]
    assert "admin" in operation["x-roles"], "a scope that nobody has opens nothing"


def test_the_published_pattern_finds_keys() -> None:
    pattern = SPEC["info"]["x-policy"]["key_pattern"]
    texts = [
        KeyText.fresh("live", new_id("ws"), new_id("key"), None).text,
        KeyText.fresh("test", new_id("ws"), new_id("key"), new_id("mem")).text,
    ]

    assert f"    {pattern}\n" in SPEC["info"]["description"]
    for text in texts:
        assert re.findall(pattern, f'API_KEY="{text}";') == [text]
