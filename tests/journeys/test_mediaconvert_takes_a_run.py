"""The video state machine of a stage with MediaConvert, run: its job is a mock, as Step Functions
Local has them, and its other steps do as they are told.

What the job is asked is seen by one run whose job is a function instead.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions.video.media import Choice
from functions.video.mediaconvert import request
from functions.video.plan.logic import settled
from infra.convert import with_mediaconvert
from infra.packaging import ROOT
from tests.journeys.emulator import Emulator, until
from tests.media.plans import planned

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

MACHINE = with_mediaconvert(json.loads((ROOT / "infra" / "video.asl.json").read_text()))
DEFINITION = json.dumps(MACHINE)
STEPS = sorted(set(re.findall(r"\$\{(\w+)Arn\}", DEFINITION)))
CODE = """
import json, os, pathlib
here = pathlib.Path(os.environ["FOLDER"])
def told(name, event):
    of = event.get("video") or event["UserMetadata"]["video"]
    with (here / "called").open("a") as file: file.write(json.dumps([of, name, event]) + "\\n")
    replies = json.loads((here / "replies").read_text())
    return replies.get(name, {"outcome": "ok"})
""" + "\n".join(
    f"def {each}(event, context): return told('{each}', event)" for each in (*STEPS, "Job")
)
JOB = {"Id": "1515368087458-qnoxtd", "Status": "COMPLETE", "Warnings": []}
BROKEN = {"Job": {**JOB, "Status": "ERROR", "ErrorCode": 1076, "ErrorMessage": "s3://the-secret"}}

MOCKS = {
    "StateMachines": {
        "video": {"TestCases": {
            "Complete": {"Convert": "Complete"},
            "Broken": {"Convert": "Broken"},
            "Late": {"Convert": "Late"},
        }}
    },
    "MockedResponses": {
        "Complete": {"0": {"Return": {"Job": JOB}}},
        "Broken": {"0-9": {"Throw": {"Error": "States.TaskFailed", "Cause": json.dumps(BROKEN)}}},
        "Late": {"0-9": {"Throw": {"Error": "States.Timeout", "Cause": ""}}},
    },
}  # fmt: skip


def job(video: str) -> dict[str, Any]:
    """Return what plan would ask for."""
    chosen = settled(planned(), Choice(engine="mediaconvert", code="asked_for", detail="."))
    assert chosen.video is not None
    return request(
        chosen.video,
        source="s3://uploads/source",
        target="s3://media/1/mediaconvert/",
        role="arn:aws:iam::000000000000:role/one",
        token=f"{video}-2",
        told={"video": video, "run": "2"},
    )


class Pipeline:
    """The pipeline's machine in an emulator, twice: with mocks, and with a function as the job."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._arns = {step: emulator.function(step) for step in (*STEPS, "Job")}
        self._states = emulator.aws("stepfunctions")
        asked = {**MACHINE["States"]["Render"]["Branches"][0]["States"]["Convert"]}
        as_function = {
            **asked,
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": self._arns["Job"], "Payload": asked["Arguments"]},
        }
        seen = DEFINITION.replace(json.dumps(asked), json.dumps(as_function))
        assert seen != DEFINITION
        self._machines = {
            "video": self._machine("video", DEFINITION), "seen": self._machine("seen", seen),
        }  # fmt: skip

    def _machine(self, name: str, text: str) -> str:
        definition = re.sub(r"\$\{(\w+)Arn\}", lambda found: self._arns[found[1]], text)
        made = self._states.create_state_machine(
            name=name, roleArn="arn:aws:iam::000000000000:role/Plan", definition=definition
        )
        return str(made["stateMachineArn"])

    def run(self, case: str, machine: str = "video", **replies: Any) -> dict[str, Any]:
        """Run a video named as the case to its end; what steps reply, where that is not `ok`."""
        made = {
            "Plan": {"outcome": "ok", "lanes": 1, "batches": [], "job": job(case)},
            "Finish": {"outcome": "ok", "made": True},
            **replies,
        }
        (self._emulator.folder / "replies").write_text(json.dumps(made))
        arn = self._states.start_execution(
            stateMachineArn=self._machines[machine] + (f"#{case}" if machine == "video" else ""),
            name=f"{case}-{machine}",
            input=json.dumps({"workspace": "wsp_one", "video": case, "run": 2, "from": "inspect"}),
        )["executionArn"]

        def ended() -> Any:
            found = self._states.describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None

        found: dict[str, Any] = until(ended, patience=300)
        return found

    def called(self, case: str, step: str) -> list[dict[str, Any]]:
        """Return what a step was called with for a video."""
        lines = map(json.loads, self._emulator.lines("called"))
        return [event for of, name, event in lines if (of, name) == (case, step)]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    running = Emulator(tmp_path_factory.mktemp("mediaconvert"), CODE, MOCKS)
    running.start()
    yield Pipeline(running)
    running.stop()


def ids(case: str) -> dict[str, Any]:
    return {"workspace": "wsp_one", "video": case, "run": 2, "resumes": None}


def test_a_job_that_is_complete_is_adopted_and_the_run_goes_on(pipeline: Pipeline) -> None:
    assert pipeline.run("Complete")["status"] == "SUCCEEDED"

    assert pipeline.called("Complete", "Adopt") == [{**ids("Complete"), "failure": None}]
    assert pipeline.called("Complete", "Encode") == []
    for step in ("EncodeAudio", "Capture", "Package", "Transcribe", "Analyse"):
        assert len(pipeline.called("Complete", step)) == 1, step
    assert pipeline.called("Complete", "Fail") == []


@pytest.mark.parametrize(
    ("case", "error"), [("Broken", "States.TaskFailed"), ("Late", "States.Timeout")]
)
def test_a_job_that_fails_ends_the_run_with_the_reason_that_adopt_finds(
    pipeline: Pipeline, case: str, error: str
) -> None:
    reason = {"code": "conversion_failed", "detail": "It cannot.", "step": "encode"}

    ended = pipeline.run(
        case,
        Adopt={"outcome": "refused", "reason": reason},
        Fail={"outcome": "ok", "expected": True},
    )

    assert ended["status"] == "SUCCEEDED"  # it was refused knowingly
    (asked,) = pipeline.called(case, "Adopt")
    assert asked["failure"]["Error"] == error
    if case == "Broken":
        assert json.loads(asked["failure"]["Cause"]) == BROKEN
    (told,) = pipeline.called(case, "Fail")
    assert told["failure"]["error"]["Error"] == "RunFailed"
    assert json.loads(told["failure"]["error"]["Cause"])["reason"] == reason
    assert "secret" not in json.dumps(told)
    assert pipeline.called(case, "Package") == []


def test_the_service_is_asked_what_plan_has_written(pipeline: Pipeline) -> None:
    assert pipeline.run("asked", "seen", Job={"Job": JOB})["status"] == "SUCCEEDED"

    assert pipeline.called("asked", "Job") == [job("asked")]
    assert pipeline.called("asked", "Adopt") == [{**ids("asked"), "failure": None}]


def test_where_plan_has_chosen_ffmpeg_nothing_is_converted(pipeline: Pipeline) -> None:
    plan = {"outcome": "ok", "lanes": 2, "batches": [{"chunks": [0]}, {"chunks": [1]}]}

    assert pipeline.run("plain", Plan=plan)["status"] == "SUCCEEDED"

    assert sorted(call["chunks"] for call in pipeline.called("plain", "Encode")) == [[0], [1]]
    assert pipeline.called("plain", "Adopt") == []
