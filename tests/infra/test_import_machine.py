"""The import and export machines' definitions, read as files: limits, retries and ways out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MACHINES = {
    name: json.loads((ROOT / "infra" / f"{name}.asl.json").read_text())
    for name in ("import", "export")
}


def _inside(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from _inside(state["ItemProcessor"])


WORK = [
    (f"{file}: {name}", state)
    for file, machine in MACHINES.items()
    for each in _inside(machine)
    for name, state in each["States"].items()
    if state["Type"] in ("Task", "Map")
]
TASKS = [(name, state) for name, state in WORK if state["Type"] == "Task"]


@pytest.mark.parametrize(("name", "state"), WORK, ids=[name for name, _ in WORK])
def test_all_work_is_retried_with_limits_and_caught(name: str, state: dict[str, Any]) -> None:
    for retrier in state["Retry"]:
        assert 0 < retrier["MaxAttempts"] <= 6
        assert retrier["BackoffRate"] > 1
        assert retrier["JitterStrategy"] == "FULL"
    (catcher,) = state["Catch"]
    assert catcher["ErrorEquals"] == ["States.ALL"]
    assert catcher["Output"] == {"problem": "error"}  # an error's words may be a customer's


@pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])
def test_every_task_ends_in_time_and_carries_ids_alone(name: str, state: dict[str, Any]) -> None:
    assert 0 < state["TimeoutSeconds"] <= 15 * 60 + 30
    assert {"workspace", "job"} <= set(state["Arguments"]["Payload"])
    assert set(state["Arguments"]["Payload"]) <= {
        "workspace", "job", "act", "lane", "lanes", "number", "problem",
    }  # fmt: skip
    (called,) = re.findall(r"\$\{(\w+)Arn\}", state["Arguments"]["FunctionName"])
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", called).lower()
    assert (ROOT / "functions" / "crm" / folder / "handler.py").is_file()


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_way_leads_somewhere(machine: dict[str, Any]) -> None:
    for each in _inside(machine):
        reached, waiting = set(), {each["StartAt"]}
        while waiting:
            name = waiting.pop()
            reached.add(name)
            state = each["States"][name]
            ways = {state[key] for key in ("Next", "Default") if key in state}
            ways |= {to["Next"] for key in ("Choices", "Catch") for to in state.get(key, ())}
            assert ways or state.get("End") or state["Type"] in ("Succeed", "Fail"), name
            waiting |= ways - reached
        assert reached == set(each["States"])


def test_lanes_are_an_inline_map_that_runs_alike_everywhere() -> None:
    """The embedded cloud runs inline JSONata Maps; a Distributed Map is not needed, because a lane
    is one worker that is called again, whatever the number of pieces."""
    maps = [state for _, state in WORK if state["Type"] == "Map"]

    assert len(maps) == 2
    for each in maps:
        assert each["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
        assert each["Items"] == "{% $lanes %}"
