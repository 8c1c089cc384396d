"""One run's transcript analysed: outcomes, stored document, no model asked twice."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from functions.insight.analyse.logic import Task, analyse, call_date
from functions.insight.ports import Budget, ProviderError
from functions.insight.router import NoProviderError
from functions.shared.ids import new_id
from tests.unit.insight.factories import action, call, point, reply
from tests.unit.insight.fakes import FakeModel, MemoryDocuments, MemoryLog
from tests.unit.shared.memory_quotas import MemoryQuotas

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)  # a Tuesday
TRANSCRIPT = "wsp_1/vid_1/1/transcript.json"
KEY = "wsp_1/vid_1/1/analysis.json"
GOOD = reply(
    summary=[
        point(
            "They agree on nine hundred dollars.", "We could do nine hundred dollars", "That works"
        )
    ],
    action_items=[
        action(
            "Send the signed contract",
            "I will send the signed contract by Friday",
            owner="S2",
            due_text="by Friday",
            due_on="2026-11-20",
        ),
        action("Invented", "I will give you everything"),
    ],
    topics=[{"name": "price", "quotes": ["too expensive for us"]}],
)


class Bench:
    """The step with fakes on all its ports."""

    def __init__(self, *answers: Any, identity: str = "fake/1") -> None:
        self.model = FakeModel(*(answers or (GOOD,)))
        self.identity = identity
        self.documents = MemoryDocuments(**{TRANSCRIPT: call().model_dump_json().encode()})
        self.log = MemoryLog()
        self.quotas = MemoryQuotas()

    def run(
        self, run: int = 1, transcript_key: str | None = TRANSCRIPT, **more: Any
    ) -> dict[str, Any]:
        return analyse(
            Task(workspace="wsp_1", video="vid_1", run=run, transcript_key=transcript_key, **more),
            model=self.model,
            identity=self.identity,
            budget=Budget(100_000, 4_096, 600),
            documents=self.documents,
            log=self.log,
            quotas=self.quotas,
            now=NOW,
        )


def test_a_transcript_becomes_a_stored_analysis_with_its_short_form_and_usage() -> None:
    bench = Bench()

    outcome = bench.run()

    assert outcome["outcome"] == "ok"
    assert outcome["analysis_key"] == KEY
    assert outcome["summary"] == {
        "summary": "They agree on nine hundred dollars.",
        "action_items": [
            {"text": "Send the signed contract", "owner": "S2", "due_on": "2026-11-20"}
        ],
        "topics": ["price"],
        "counts": {
            "summary": 1,
            "action_items": 1,
            "topics": 1,
            "objections": 0,
            "next_steps": 0,
            "dropped": 1,
        },
    }
    assert {
        k: outcome["usage"][k] for k in ("model", "input_tokens", "output_tokens", "cost_usd")
    } == {
        "model": "fake-1",
        "input_tokens": 1000,
        "output_tokens": 200,
        "cost_usd": 0.001,
    }
    stored = bench.documents.json(KEY)
    assert (stored["object"], stored["video_id"], stored["run"], stored["dropped"]) == (
        "analysis",
        "vid_1",
        1,
        1,
    )
    assert stored["action_items"][0]["evidence"] == [
        {
            "quote": "I will send the signed contract by Friday.",
            "start_ms": 11700,
            "end_ms": 14050,
            "speaker": "S2",
            "confidence": 0.9,
        }
    ]


def test_without_a_transcript_there_is_nothing_to_analyse() -> None:
    bench = Bench()

    outcome = bench.run(transcript_key=None)

    assert (outcome["outcome"], outcome["reason"]["code"]) == ("skipped", "no_transcript")
    assert bench.model.asked == []


def test_an_empty_transcript_is_skipped_without_asking_a_model() -> None:
    bench = Bench()
    bench.documents.stored[TRANSCRIPT] = call(("anna", " ")).model_dump_json().encode()

    assert bench.run()["reason"]["code"] == "no_speech"
    assert bench.model.asked == []


def test_a_transcript_that_is_gone_fails_with_a_reason() -> None:
    bench = Bench()
    bench.documents.stored.clear()

    assert bench.run()["reason"]["code"] == "transcript_missing"


def test_a_key_outside_the_videos_own_files_is_never_read() -> None:
    with pytest.raises(ValueError, match="outside the video's own files"):
        Bench().run(transcript_key="wsp_2/vid_9/1/transcript.json")


def test_a_reply_that_stays_unusable_fails_the_artefact_and_keeps_what_was_spent() -> None:
    bench = Bench("no json", "still none")

    outcome = bench.run()

    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "model_reply_unusable")
    kept = bench.log.of_run("vid_1", "analysis", 1)
    assert kept
    assert (kept.state, kept.usage.calls, kept.usage.cost_usd) == ("failed", 2, 0.002)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ProviderError("over_budget", "x"), "model_over_budget"),
        (
            NoProviderError([ProviderError("refused", "x"), ProviderError("timeout", "x")]),
            "model_timeout",
        ),
    ],
)
def test_when_no_model_answers_the_artefact_fails_and_the_transcript_stays(
    error: Exception, code: str
) -> None:
    bench = Bench(error)

    outcome = bench.run()

    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", code)
    assert list(bench.documents.stored) == [TRANSCRIPT]


def test_the_same_step_again_gives_the_same_outcome_and_asks_no_model() -> None:
    bench = Bench()
    first = bench.run()

    assert bench.run() == first
    assert len(bench.model.asked) == 1


def test_a_later_run_on_the_same_transcript_takes_the_analysis_over_for_nothing() -> None:
    bench = Bench()
    first = bench.run()

    outcome = bench.run(run=2)

    assert outcome["summary"] == first["summary"]
    assert outcome["usage"]["cost_usd"] == 0
    assert (len(bench.model.asked), bench.documents.json("wsp_1/vid_1/2/analysis.json")["run"]) == (
        1,
        2,
    )


def test_another_model_or_another_day_is_analysed_anew() -> None:
    bench = Bench()
    bench.run()
    bench.identity = "fake/2"
    bench.run(run=2)
    bench.run(run=3, recorded_at="2026-11-10T10:00:00Z")

    assert len(bench.model.asked) == 3


def test_after_a_failure_the_same_run_can_be_tried_again() -> None:
    bench = Bench(NoProviderError([ProviderError("unavailable", "x")]), GOOD)

    assert bench.run()["outcome"] == "failed"
    assert bench.run()["outcome"] == "ok"


def test_the_day_of_the_call_is_as_told_else_the_videos_birthday_else_today() -> None:
    def day(video: str, recorded_at: str | None = None) -> date:
        task = Task.model_validate(
            {"workspace": "wsp_1", "video": video, "run": 1, "recorded_at": recorded_at}
        )
        return call_date(task, datetime.now(UTC))

    today = datetime.now(UTC).date()
    assert day("vid_1", "2026-11-17T23:30:00-05:00") == date(2026, 11, 18)
    assert day(new_id("vid")) in (today, datetime.now(UTC).date())
    assert day("vid_0010zz0000e008000000000000") < date(1980, 1, 1)
    assert day("vid_7zzzzzzzzzzzzzzzzzzzzzzzzz") == today
    assert day("vid_1") == today
