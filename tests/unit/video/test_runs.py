"""What a run does to its video: transitions, reasons, percentages."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.shared.clock import iso
from functions.shared.errors import ConflictError, UnavailableError
from functions.video import keys, runs
from functions.video.broken import worthless
from functions.video.due import DUE_SHARDS, RUN_LIMIT, shard_of
from functions.video.facts import MediaFacts
from functions.video.model import STEPS, Reason, Run, Video
from functions.video.process import ToolTimedOutError
from functions.video.reasons import is_expected, reason_of
from tests.unit.video.control_fakes import NOON, World, video

FACTS = MediaFacts(duration_ms=60_000, audio_codec="aac")
SILENT = MediaFacts(duration_ms=60_000)
OK = {
    "transcript": {"outcome": "ok", "transcript_key": "t", "summary": {"words": 3}},
    "analysis": {"outcome": "ok", "analysis_key": "a", "summary": {"topics": []}},
}


def running() -> Video:
    return runs.arrived(video(), NOON)


def ready(facts: MediaFacts = FACTS) -> Video:
    made = runs.ready(running(), 1, facts, NOON)
    made = runs.finish(made, 1, "transcript", OK["transcript"], NOON)
    return runs.finish(made, 1, "analysis", OK["analysis"], NOON)


def test_the_shares_of_the_steps_are_a_hundred() -> None:
    assert sum(STEPS.values()) == 100


def test_a_run_counts_up_to_a_hundred_percent() -> None:
    run, seen = Run.begun(1, "inspect", iso(NOON)), [0]
    for name in STEPS:
        run = run.with_step(name, state="processing", started_at=iso(NOON))
        if name == "encode":
            run = run.model_copy(update={"chunks_total": 4, "chunks_done": 2})
            seen.append(run.percent)
        run = run.with_step(name, state="done", ended_at=iso(NOON))
        seen.append(run.percent)

    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert run.closed("failed", iso(NOON)).percent == 100


def test_beginning_twice_is_beginning_once() -> None:
    first = running()

    assert runs.arrived(first, NOON) is first
    assert first.due_at == iso(NOON + runs.START_GRACE)


def test_a_transition_of_another_run_than_the_open_one_changes_nothing() -> None:
    done, open_run = ready(), running()

    for number in (0, 2):
        assert runs.fail(open_run, number, Reason(code="x", detail="y"), NOON) is open_run
        assert runs.finish(open_run, number, "analysis", OK["analysis"], NOON) is open_run
        with pytest.raises(ConflictError):
            runs.ready(open_run, number, FACTS, NOON)
    assert runs.fail(done, 1, Reason(code="x", detail="y"), NOON) is done
    assert runs.ready(done, 1, FACTS, NOON) is done


def test_a_failure_before_ready_fails_everything_with_its_reason() -> None:
    reason = Reason(code="not_media", detail="Not a video.", step="inspect")

    failed = runs.fail(running(), 1, reason, NOON)

    assert (failed.state, failed.reason, failed.run_open) == ("failed", reason, False)
    artefacts = failed.artefacts
    for artefact in (artefacts.renditions, artefacts.transcript, artefacts.analysis):
        assert (artefact.state, artefact.reason) == ("failed", reason)
    assert failed.run is not None
    assert worthless(failed, failed.run, NOON)


def test_a_failed_rerun_keeps_what_earlier_runs_made() -> None:
    before = ready()
    again = runs.begin_again(before, "inspect", NOON)

    failed = runs.fail(again, 2, Reason(code="x", detail="y"), NOON)

    assert again.state == failed.state == "ready"
    assert failed.artefacts == before.artefacts
    assert failed.run is not None
    assert worthless(failed, failed.run, NOON)


def test_the_failed_run_that_made_the_renditions_is_kept() -> None:
    made = runs.ready(running(), 1, FACTS, NOON)

    failed = runs.fail(made, 1, Reason(code="x", detail="y"), NOON)

    assert failed.state == "ready"
    assert failed.run is not None
    assert not worthless(failed, failed.run, NOON)


@pytest.mark.parametrize(
    ("facts", "start", "speech", "transcript"),
    [
        (FACTS, "transcribe", True, None),
        (SILENT, "transcribe", False, None),
        (FACTS, "analyse", False, "t"),
        (FACTS, "inspect", False, None),
    ],
)
def test_a_run_is_told_the_keys_of_what_it_inherits(
    facts: MediaFacts, start: Any, *, speech: bool, transcript: str | None
) -> None:
    again = runs.begin_again(ready(facts), start, NOON)

    told = runs.execution_input("wsp_one", again)

    key = f"wsp_one/{again.id}/1/speech.flac"
    assert told["speech_key"] == (key if speech else None)
    assert told["transcript_key"] == transcript
    assert (told["run"], told["from"]) == (2, start)
    assert runs.execution_name(again) == f"{again.id}-2"


@pytest.mark.parametrize(
    ("failure", "code", "step"),
    [
        ({"outcome": "refused", "reason": {"code": "a", "detail": "b", "step": "plan"}},
         "a", "plan"),
        ({"step": "inspect", "error": {"Error": "Sandbox.Timedout"}}, "timeout", "inspect"),
        ({"step": "encode_audio", "error": {"Error": ToolTimedOutError.__name__}},
         "timeout", "encode_audio"),
        ({"step": "plan", "error": {"Error": "KeyError"}}, "internal", "plan"),
        ({"error": {"Error": "RunFailed", "Cause": json.dumps(
            {"step": "encode", "error": {"Error": "States.Timeout"}})}}, "timeout", "encode"),
        ({"error": {"Error": "RunFailed", "Cause": json.dumps(
            {"outcome": "refused", "reason": {"code": "c", "detail": "d"}})}}, "c", None),
        ({"error": {"Error": "RunFailed", "Cause": "not json"}}, "internal", None),
        ({"error": {"Error": "RunFailed", "Cause": '"text"'}}, "internal", None),
        ({"error": {"Error": "RunFailed", "Cause": '{"reason": {"x": 1}}'}}, "internal", None),
        ({"error": {"Error": "States.DataLimitExceeded", "Cause": "x"}}, "internal", None),
        ({}, "internal", None),
    ],
)  # fmt: skip
def test_every_failure_has_a_typed_reason(
    failure: dict[str, Any], code: str, step: str | None
) -> None:
    reason = reason_of(failure)

    assert (reason.code, reason.step) == (code, step)
    assert reason.detail
    assert is_expected(reason) == (code not in ("timeout", "internal"))


def test_a_cut_off_start_is_repeated_by_the_agenda() -> None:
    world = World()
    record = world.keep(video())

    def silent() -> None:
        raise UnavailableError("nobody answers")

    world.executions.answer = silent
    with pytest.raises(UnavailableError):
        world.pipeline.arrived(record.id, keys.FIRST, record.source.size_bytes)
    world.executions.answer = lambda: None
    world.clock.move(minutes=3)

    assert world.pipeline.tend(record.id, world.clock()) == "running"
    assert list(world.executions.started) == [f"{record.id}-1"]
    assert world.videos.get(record.id).due_at == iso(NOON + RUN_LIMIT)
    assert world.videos.events == ["uploaded"]


def test_a_run_without_an_end_is_ended_by_the_agenda() -> None:
    world = World()
    record = world.keep(running())
    world.clock.move(hours=7)
    world.media.sizes[f"wsp_one/{record.id}/1/v/720p/00000.m4s"] = 1

    assert world.pipeline.tend(record.id, world.clock()) == "lost"

    lost = world.videos.get(record.id)
    assert lost.reason is not None
    assert (lost.state, lost.reason.code) == ("failed", "timeout")
    assert world.executions.stopped == [f"{record.id}-1"]
    assert world.media.sizes == {}
    assert world.videos.events == ["failed"]


def test_a_file_that_came_in_time_does_not_expire() -> None:
    world = World()
    record = world.keep(video())
    world.sources.sizes[f"wsp_one/{record.id}/source"] = record.source.size_bytes

    assert world.pipeline.tend(record.id, NOON + timedelta(days=3)) == "started"
    assert world.videos.get(record.id).state == "processing"


def test_a_waiting_upload_is_left_alone_until_its_time() -> None:
    world = World()
    record = world.keep(video(due_at=iso(NOON)))

    assert world.pipeline.tend(record.id, NOON) == "waiting"
    assert world.videos.get(record.id).due_at == record.upload.expires_at
    assert world.pipeline.tend(record.id, NOON + timedelta(days=1)) == "expired"
    assert world.pipeline.tend("vid_none", NOON) == "unknown"


def test_the_agenda_is_spread_over_its_shards() -> None:
    shards = [shard_of(f"vid_{letter}") for letter in "0123456789abcdefghjkmnpqrstvwxyz"]

    assert min(shards.count(shard) for shard in DUE_SHARDS) >= 7
