"""The catalogue of events: committed as it is generated, and true."""

import json

import jsonschema_rs
import pytest

from functions.shared.events import CATALOGUE
from tests.contract import events

COMMITTED = json.loads(events.PATH.read_text())["events"]


def test_the_committed_catalogue_is_the_code_s() -> None:
    assert events.PATH.read_text() == events.text(), "run `make openapi`"


def test_every_published_event_is_in_the_catalogue() -> None:
    assert [entry["name"] for entry in COMMITTED] == sorted(CATALOGUE)


@pytest.mark.parametrize("entry", COMMITTED, ids=lambda entry: entry["name"])
def test_an_example_is_valid_against_its_schema(entry: dict[str, object]) -> None:
    jsonschema_rs.validator_for(entry["schema"]).validate(entry["example"])


@pytest.mark.parametrize("entry", COMMITTED, ids=lambda entry: entry["name"])
def test_a_schema_refuses_an_event_that_lacks_a_field(entry: dict[str, dict[str, object]]) -> None:
    validator = jsonschema_rs.validator_for(entry["schema"])
    example = entry["example"]

    for field in ("id", "workspace", "data", "subject"):
        assert not validator.is_valid({k: v for k, v in example.items() if k != field})
    assert not validator.is_valid({**example, "type": "something.else"})
    assert not validator.is_valid({**example, "data": {}})


@pytest.mark.parametrize("entry", COMMITTED, ids=lambda entry: entry["name"])
def test_a_name_is_a_resource_and_what_happened_to_it(entry: dict[str, str]) -> None:
    kind, _, happened = entry["name"].partition(".")

    assert kind.replace("_", "").isalpha()
    assert happened.endswith(("ed", "y")) or happened in (
        "won",
        "lost",
        "reminder_due",
        "overdue",
    )  # stage_moved, ready
    assert entry["detail_type"] == f"{entry['name']}.v1"
    assert entry["source"].startswith("reelate.")
    assert entry["meaning"].endswith(".") or entry["meaning"].endswith(").")


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name.endswith("ed")])
def test_examples_of_changes_show_what_was_before(name: str) -> None:
    detail = events.example(name)

    if name.endswith((".updated", "_moved")):
        assert detail["previous"]
        for changed, value in detail["previous"].items():
            assert value != detail["data"][changed]
    else:
        assert "previous" not in detail
