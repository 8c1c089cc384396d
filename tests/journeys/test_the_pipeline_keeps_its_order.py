"""The video state machine itself, `infra/video.asl.json`, run with steps that do as they are told.

The steps are small functions that note how they were called and give back what a file says.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.packaging import ROOT
from tests.journeys.emulator import Emulator, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

DEFINITION = (ROOT / "infra" / "video.asl.json").read_text()
STEPS = sorted(set(re.findall(r"\$\{(\w+)Arn\}", DEFINITION)))
CODE = """
import json, os, pathlib
here = pathlib.Path(os.environ["FOLDER"])
def told(name, event):
    with (here / "called").open("a") as file: file.write(json.dumps([name, event]) + "\\n")
    if name == "Encode" and set(event["chunks"]) & set(json.loads((here / "bad").read_text())):
        raise ValueError("the secret inside")
    replies = here / name
    left = json.loads(replies.read_text()) if replies.exists() else [{"outcome": "ok"}]
    if len(left) > 1: replies.write_text(json.dumps(left[1:]))
    return left[0]
""" + "\n".join(f"def {each}(event, context): return told('{each}', event)" for each in STEPS)
RUN = {"workspace": "wsp_one", "video": "vid_one", "run": 2, "from": "inspect"}
IDS = {name: RUN[name] for name in ("workspace", "video", "run")}
READS = {**IDS, "source": 1, "resumes": None}  # what those are told that read the file
BATCHES = [{"chunks": [0, 1]}, {"chunks": [2, 3]}, {"chunks": [4]}]


class Machine:
    """The pipeline's machine in an emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        arns = {step: emulator.function(step) for step in STEPS}
        definition = re.sub(r"\$\{(\w+)Arn\}", lambda found: arns[found[1]], DEFINITION)
        self._states = emulator.aws("stepfunctions")
        self._arn = self._states.create_state_machine(
            name="video", roleArn="arn:aws:iam::000000000000:role/Encode", definition=definition
        )["stateMachineArn"]
        self.replies(Finish=[{"outcome": "ok", "made": True}])
        self.bad([])

    def replies(self, **steps: list[dict[str, Any]]) -> None:
        """Say what steps give back, one after the other, the last one from then on."""
        for step, replies in steps.items():
            (self._emulator.folder / step).write_text(json.dumps(replies))

    def bad(self, chunks: list[int]) -> None:
        """Say which chunks cannot be encoded."""
        (self._emulator.folder / "bad").write_text(json.dumps(chunks))

    def run(self, name: str, **more: Any) -> dict[str, Any]:
        """Run it to its end."""
        arn = self._states.start_execution(
            stateMachineArn=self._arn, name=name, input=json.dumps({**RUN, **more})
        )["executionArn"]

        def ended() -> Any:
            found = self._states.describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None

        found: dict[str, Any] = until(ended, patience=300)
        return found

    def called(self, step: str) -> list[dict[str, Any]]:
        """Return what a step was called with, in order."""
        lines = map(json.loads, self._emulator.lines("called"))
        return [event for name, event in lines if name == step]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setenv("AWS_PROFILE", "the-callers-own")
    running = Emulator(tmp_path, CODE)
    running.start()
    yield Machine(running)
    running.stop()


def chunks_of(calls: list[dict[str, Any]]) -> list[Any]:
    return sorted(call["chunks"] for call in calls)


def test_each_batch_is_encoded_once_when_there_are_encoders(machine: Machine) -> None:
    busy = {"outcome": "busy", "wait_seconds": 0}
    machine.replies(Plan=[busy, busy, {"outcome": "ok", "lanes": 2, "batches": BATCHES}])

    assert machine.run("well")["status"] == "SUCCEEDED"

    assert machine.called("Plan") == [READS] * 3
    encoded = machine.called("Encode")
    assert chunks_of(encoded) == [[0, 1], [2, 3], [4]]
    assert all({**call, "chunks": []} == {**READS, "chunks": []} for call in encoded)
    assert len(machine.called("Package")) == 1
    assert machine.called("Fail") == []


def test_a_chunk_that_cannot_be_encoded_fails_the_run_with_its_step_and_once(
    machine: Machine,
) -> None:
    machine.replies(
        Plan=[{"outcome": "ok", "lanes": 2, "batches": BATCHES}],
        Fail=[{"outcome": "ok", "expected": False}],
    )
    machine.bad([3])

    ended = machine.run("badly")

    assert (ended["status"], ended["error"]) == ("FAILED", "Broken")
    *notes, told = machine.called("Fail")
    # once for each of the map's two attempts; then the run is over
    assert len(notes) == 2
    for note in notes:
        # AWS names the exception; the embedded cloud has one name for all
        assert note["failure"].pop("error")["Error"] in ("ValueError", "Runtime.HandlerError")
        assert note == {**IDS, "failure": {"step": "encode"}, "final": False}
    error = told["failure"]["error"]
    assert error["Error"] == "RunFailed"
    assert json.loads(error["Cause"])["step"] == "encode"
    assert "secret" not in json.dumps(told)
    assert machine.called("Package") == []
    # three attempts of the batch in each of the map's two
    tries = [call for call in machine.called("Encode") if 3 in call["chunks"]]
    assert len(tries) == 6


def test_a_run_that_goes_on_begins_at_its_plan_and_works_where_the_other_did(
    machine: Machine,
) -> None:
    machine.replies(Plan=[{"outcome": "ok", "lanes": 2, "batches": BATCHES}])

    assert machine.run("resumed", **{"from": "encode", "resumes": 1})["status"] == "SUCCEEDED"

    assert machine.called("Inspect") == machine.called("Reuse") == []
    for step in ("Plan", "Encode", "EncodeAudio", "Capture", "Package"):
        assert {(call["run"], call["resumes"]) for call in machine.called(step)} == {(2, 1)}, step


def test_sound_alone_has_no_batches(machine: Machine) -> None:
    machine.replies(Plan=[{"outcome": "ok", "lanes": 1, "batches": []}])

    assert machine.run("sound")["status"] == "SUCCEEDED"

    assert machine.called("Encode") == []
    assert len(machine.called("EncodeAudio")) == 1
