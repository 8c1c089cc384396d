"""The video state machine's definition, read as a file (R14): limits, retries and ways out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.video.costs import FRAME, TRANSITIONS, estimate
from functions.video.facts import MediaFacts
from functions.video.model import From
from tests.unit.video.control_fakes import video

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "infra" / "video.asl.json").read_text()
MACHINE = json.loads(TEXT)
TASKS_OF_STEPS = {
    "Finish": {"FinishTranscript", "FinishAnalysis"},
    "Fail": {"Fail", "NoteFailure"},
}


def machines(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a machine and every machine inside it."""
    yield machine
    for state in machine["States"].values():
        for inner in [*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])]:
            yield from machines(inner)


STATES = [
    (name, state) for machine in machines(MACHINE) for name, state in machine["States"].items()
]
TASKS = [(name, state) for name, state in STATES if state["Type"] == "Task"]
WORK = [(name, state) for name, state in STATES if state["Type"] in ("Task", "Map", "Parallel")]


def folder(state: dict[str, Any]) -> str:
    """Return the Lambda folder that a task invokes."""
    (name,) = re.findall(r"\$\{(\w+)Arn\}", state["Arguments"]["FunctionName"])
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


# off the way of a run that goes well
ASIDE = {"Fail", "WaitForEncoders", "WaitForTranscript", "NothingToAnalyse"}


def way(machine: dict[str, Any], name: str) -> Iterator[str]:
    """Yield the states that a run with one batch goes through, from one of them on."""
    while True:
        state = machine["States"][name]
        yield name
        for inner in [*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])]:
            yield from way(inner, inner["StartAt"])
        if "Choices" in state:
            ways = [*(each["Next"] for each in state["Choices"]), state["Default"]]
            name = next(
                each for each in ways
                if each not in ASIDE and machine["States"][each]["Type"] != "Fail"
            )  # fmt: skip
        elif "Next" in state:
            name = state["Next"]
        else:
            return


@pytest.mark.parametrize(
    ("start", "first", "steps"),
    [
        ("transcribe", "Reuse",
         {"reuse", "transcribe", "finish_transcribe", "analyse", "finish_analyse"}),
        ("inspect", "Inspect", TRANSITIONS.keys() - {"reuse"}),
        ("encode", "Plan", TRANSITIONS.keys() - {"reuse", "inspect"}),
        ("transcribe", "Transcribe",
         {"transcribe", "finish_transcribe", "analyse", "finish_analyse"}),
        ("analyse", "Analyse", {"analyse", "finish_analyse"}),
    ],
)  # fmt: skip
def test_the_cost_ledger_counts_the_states_that_there_are(
    start: From, first: str, steps: set[str]
) -> None:
    passed = ["Begin", "From", *way(MACHINE, first)]
    assert len(passed) == FRAME[start] + sum(TRANSITIONS[step] for step in steps)


@pytest.mark.parametrize("audio", ["aac", None])
@pytest.mark.parametrize("minutes", [1, 60])
def test_an_estimate_counts_the_states_of_a_first_run(minutes: int, audio: str | None) -> None:
    facts = MediaFacts(
        duration_ms=minutes * 60_000, width=1280, height=720, video_codec="h264", audio_codec=audio
    )
    steps = {each.step: each.lines for each in estimate(video(media=facts)).steps}

    told = sum(line.count for lines in steps.values() for line in lines
               if line.unit == "transitions")  # fmt: skip
    (batches,) = (line.count for line in steps["encode"] if line.unit == "requests")

    passed = ["Begin", "From", *way(MACHINE, "Inspect")]  # with one batch
    assert told == len(passed) + TRANSITIONS["reuse"] + batches - 1
    assert batches > minutes


def test_the_machine_itself_ends_in_time() -> None:
    assert 0 < MACHINE["TimeoutSeconds"] < 7 * 3600  # runs.RUN_LIMIT


def test_state_names_are_used_once() -> None:
    names = [name for name, _ in STATES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])
def test_every_task_ends_in_time(name: str, state: dict[str, Any]) -> None:
    assert 0 < state["TimeoutSeconds"] <= 15 * 60 + 30


def _split(retriers: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return those that keep an error from being tried again, and the others."""
    never = [each for each in retriers if each["MaxAttempts"] == 0]
    return never, [each for each in retriers if each not in never]


@pytest.mark.parametrize(("name", "state"), WORK, ids=[name for name, _ in WORK])
def test_all_work_is_retried_with_limits_and_caught(name: str, state: dict[str, Any]) -> None:
    never, tried = _split(state["Retry"])
    assert all(
        "Timed" in error or error == "States.Timeout"
        for retrier in never
        for error in retrier["ErrorEquals"]
    )
    for retrier in tried:
        assert 0 < retrier["MaxAttempts"] <= 6
        assert retrier["BackoffRate"] > 1
        assert retrier["JitterStrategy"] == "FULL"
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])
def test_tasks_are_named_as_the_folders_they_run(name: str, state: dict[str, Any]) -> None:
    step = folder(state)

    assert list((ROOT / "functions").glob(f"*/{step}/handler.py"))
    camel = "".join(word.capitalize() for word in step.split("_"))
    assert name in TASKS_OF_STEPS.get(camel, {camel})


@pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])
def test_payloads_carry_ids_and_keys_only(name: str, state: dict[str, Any]) -> None:
    payload = state["Arguments"]["Payload"]

    assert {"workspace", "video", "run"} <= set(payload)
    assert set(payload) <= {
        "workspace", "video", "run", "source", "chunks", "speech_key", "twin_speech_key",
        "transcript_key", "attempt",
        "artefact", "result", "failure", "final", "resumes",
    }  # fmt: skip


MAPS = [(name, state) for name, state in STATES if state["Type"] == "Map"]


@pytest.mark.parametrize(("name", "state"), MAPS, ids=[name for name, _ in MAPS])
def test_children_are_express_and_end_before_express_would_end_them(
    name: str, state: dict[str, Any]
) -> None:
    processor = state["ItemProcessor"]
    assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    for inner in processor["States"].values():
        assert inner["Type"] in ("Task", "Fail")  # every further state would cost, and wait
        assert inner.get("TimeoutSeconds", 0) < 5 * 60
    assert not state.keys() & {"ToleratedFailureCount", "ToleratedFailurePercentage"}


@pytest.mark.parametrize(("name", "state"), MAPS, ids=[name for name, _ in MAPS])
def test_children_know_what_they_are_given_alone(name: str, state: dict[str, Any]) -> None:
    """A Distributed Map's children see no variable of their parent's."""
    words = json.dumps(state["ItemProcessor"])
    used = set(re.findall(r"\$(?!states\b|\{)\w+", words))

    assert used == set()
    asked = set(re.findall(r"\$states\.input\.(\w+)", words)) - {"error"}  # our own
    assert asked == set(state["ItemSelector"])


def test_every_way_leads_somewhere() -> None:
    for machine in machines(MACHINE):
        reached, waiting = set(), {machine["StartAt"]}
        while waiting:
            name = waiting.pop()
            reached.add(name)
            state = machine["States"][name]
            ways = {state[key] for key in ("Next", "Default") if key in state}
            ways |= {each["Next"] for each in state.get("Choices", [])}
            ways |= {each["Next"] for each in state.get("Catch", [])}
            assert ways or state.get("End") or state["Type"] in ("Succeed", "Fail"), name
            waiting |= ways - reached
        assert reached == set(machine["States"])


def test_what_was_caught_is_handed_on_without_its_words() -> None:
    """A cause may quote a customer's data; only our own Fail states' causes travel."""
    for name, state in TASKS:
        for catcher in state["Catch"]:
            if name != "Fail":
                assert set(catcher["Output"]["error"]) == {"Error"}
            assert catcher["Next"] in {f"{name}Failed", "Fail", "FinishTranscript",
                                       "FinishAnalysis", "Lost", "Inspect", "NoteFailure",
                                       "EncodeFailed"}  # fmt: skip


def test_parallel_is_followed_by_a_state_of_its_own() -> None:
    """The embedded cloud ignores Assign and Output on Parallel, and Output on a Choice's default
    way: neither may be relied on."""
    for name, state in STATES:
        if state["Type"] == "Parallel":
            assert "Assign" not in state, name
            assert "Output" not in state, name
        if state["Type"] == "Choice":
            assert "Output" not in state, name


def test_every_placeholder_is_one_that_infra_fills_in() -> None:
    placeholders = set(re.findall(r"\$\{(\w+)\}", TEXT))
    source = (ROOT / "infra" / "video.py").read_text()

    assert placeholders
    for each in placeholders:
        assert f'"{each.removesuffix("Arn")}"' in source
