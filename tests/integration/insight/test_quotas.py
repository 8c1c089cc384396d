"""What transcribing and analysing take from the quotas: reserved before, settled to the truth."""

import json
from typing import Any

import pytest

from functions.insight.analyse.handler import handler as analyse
from functions.insight.transcribe.handler import handler as transcribe
from functions.shared import aws
from functions.shared.clock import now
from functions.shared.limits import Kind
from functions.shared.meter import Meter
from functions.shared.quotas import spent_on
from functions.shared.table import Table
from functions.shared.workspace_settings import change
from tests.contract.insight.openai_server import FakeOpenAI
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT
from tests.integration.insight import test_steps as steps

WORKSPACE = str(steps.RUN["workspace"])


def table() -> Table:
    return Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], WORKSPACE)


def counted(kind: Kind) -> tuple[int, int]:
    return Meter(table(), "local").usage(f"{now():%Y-%m}", standing=False)[kind]


def analysed() -> Any:
    return analyse({**steps.RUN, "transcript_key": steps.TRANSCRIPT}, CONTEXT)


def test_both_steps_are_settled_to_what_they_used(cloud: None, server: FakeOpenAI) -> None:
    steps.heard(server)
    assert counted("transcribed_minutes") == (1, 0)
    server.will(steps.chat(json.dumps(steps.ANSWER)))
    usage = analysed()["usage"]

    assert counted("model_tokens") == (usage["input_tokens"] + usage["output_tokens"], 0)
    assert usage["input_tokens"] > 0


def test_a_step_that_is_repeated_takes_nothing_again(cloud: None, server: FakeOpenAI) -> None:
    steps.heard(server)
    task = {**steps.RUN, "speech_key": steps.SPEECH, "attempt": 0}
    assert transcribe(task, CONTEXT)["outcome"] == "ok"

    assert counted("transcribed_minutes") == (1, 0)


def test_a_retry_finds_the_reservation_of_the_attempt_that_died(
    cloud: None, server: FakeOpenAI
) -> None:
    change(table(), {"quota_transcribed_minutes": 1})
    Meter(table(), "local").reserve(spent_on("transcribed_minutes", "vid_1", 1), 1)

    assert steps.heard(server)["outcome"] == "ok"
    assert counted("transcribed_minutes") == (1, 0)


@pytest.mark.parametrize("kind", ["transcribed_minutes", "model_tokens"])
def test_a_quota_that_does_not_suffice_is_a_typed_outcome_and_asks_no_model(
    cloud: None, server: FakeOpenAI, kind: Kind
) -> None:
    if kind == "model_tokens":
        steps.heard(server)
    change(table(), {f"quota_{kind}": 0})
    asked = len(server.asked)
    task = {**steps.RUN, "speech_key": steps.SPEECH, "attempt": 0}
    if kind == "transcribed_minutes":
        steps.put(steps.SPEECH, b"fLaC speech")
    outcome = analysed() if kind == "model_tokens" else transcribe(task, CONTEXT)

    assert outcome["outcome"] == "failed"
    assert outcome["reason"]["code"] == "quota_exceeded"
    assert len(server.asked) == asked
    assert counted(kind) == (0, 0)
    change(table(), {f"quota_{kind}": None})
    server.will(
        steps.chat(json.dumps(steps.ANSWER))
        if kind == "model_tokens"
        else steps.says("openai_diarized.json")
    )
    later = analysed() if kind == "model_tokens" else transcribe(task, CONTEXT)
    assert later["outcome"] == "ok"


def test_a_model_that_answers_nonsense_is_paid_for_all_the_same(
    cloud: None, server: FakeOpenAI
) -> None:
    steps.heard(server)
    server.will(steps.chat("nonsense"), steps.chat("nonsense"))

    assert analysed()["outcome"] == "failed"

    used, held = counted("model_tokens")
    assert used > 0
    assert held == 0
