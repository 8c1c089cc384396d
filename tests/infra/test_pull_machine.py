"""The pull machine's definition, read as a file, and who may fetch from where."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.video.origin import REFUSALS
from tests.infra.templates import behind_the_api

ROOT = Path(__file__).parents[2]
MACHINE: dict[str, Any] = json.loads((ROOT / "infra" / "pull.asl.json").read_text())
TASKS = {name: each for name, each in MACHINE["States"].items() if each["Type"] == "Task"}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_ends_in_time_is_retried_and_caught(name: str) -> None:
    state = TASKS[name]
    assert state["TimeoutSeconds"] == 15 * 60 + 30
    assert set(state["Arguments"]["Payload"]) <= {"workspace", "video", "source", "give_up"}
    for retrier in state["Retry"]:
        assert 0 < retrier["MaxAttempts"] <= 6
        assert retrier["BackoffRate"] > 1
        assert retrier["JitterStrategy"] == "FULL"
    (catcher,) = state["Catch"]
    assert catcher["ErrorEquals"] == ["States.ALL"]
    assert catcher["Output"] == {"problem": "error"}  # an error's words may hold the address
    assert {state["Next"], catcher["Next"]} <= MACHINE["States"].keys()


def test_it_goes_on_while_parts_are_missing_and_gives_up_with_a_known_reason() -> None:
    states = MACHINE["States"]
    (more,) = states["Pulled"]["Choices"]
    assert more == {"Condition": "{% $states.input.outcome = 'more' %}", "Next": "Pull"}
    assert states["GiveUp"]["Arguments"]["Payload"]["give_up"] in REFUSALS
    # a day is what an upload has, and the machine outlives it
    assert MACHINE["TimeoutSeconds"] > 24 * 3_600


@pytest.mark.parametrize("stage", ["local", "prod"])
def test_no_template_exempts_an_address_from_the_rules(stage: str) -> None:
    words = json.dumps(behind_the_api(stage).body)

    assert "PULL_MACHINE_ARN" in words
    assert "PULL_EXEMPT" not in words
