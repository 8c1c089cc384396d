"""`reelate reindex`: one invocation after the other, type by type, to the end."""

import io
import json
from typing import Any

import pytest

from infra.cli import commands
from infra.cli.main import parser
from infra.cli.reindex import TYPES, Step, new_run, reindex
from infra.local.failure import CloudError


class Lambda:
    """Answers so many invocations, then fails."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.asked.append({**json.loads(request["Payload"]), "function": request["FunctionName"]})
        if not self._answers:
            failure = io.BytesIO(b'{"errorMessage": "the table is away"}')
            return {"FunctionError": "Unhandled", "Payload": failure}
        return {"Payload": io.BytesIO(json.dumps(self._answers.pop(0)).encode())}


def test_a_type_is_asked_for_until_it_is_done_and_then_the_next() -> None:
    function = Lambda(
        {"seen": 900, "done": False}, {"seen": 30, "done": True}, {"seen": 7, "done": True}
    )
    steps = list(reindex(function, "prod", "ws_1", ["contact", "deal"], "run_a"))

    assert steps == [
        Step("contact", 900, False), Step("contact", 30, True), Step("deal", 7, True),
    ]  # fmt: skip
    assert [each["record_type"] for each in function.asked] == ["contact", "contact", "deal"]
    assert {each["function"] for each in function.asked} == {"reelate-prod-crm-reindex"}
    assert {each["run"] for each in function.asked} == {"run_a"}


def test_a_failure_says_how_to_go_on() -> None:
    steps = reindex(Lambda({"seen": 50, "done": False}), "prod", "ws_1", ["contact"], "run_a")

    assert next(steps) == Step("contact", 50, False)
    with pytest.raises(CloudError) as failed:
        next(steps)
    assert "the table is away" in str(failed.value)
    assert "--run run_a" in failed.value.way_out


def test_the_command_line_names_a_workspace_types_and_a_run() -> None:
    chosen = parser().parse_args(
        ["reindex", "--workspace", "ws_1", "--type", "deal", "--type", "lead", "--run", "run_a"]
    )

    assert (chosen.workspace, chosen.type, chosen.named) == ("ws_1", ["deal", "lead"], "run_a")
    plain = parser().parse_args(["reindex", "--workspace", "ws_1"])
    assert (plain.type, plain.named) == (None, None)
    assert plain.run is chosen.run is commands.reindex
    assert new_run() != new_run()
    assert "lead" in TYPES
