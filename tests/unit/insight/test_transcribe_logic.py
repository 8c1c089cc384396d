"""One run's recording transcribed: outcomes, stored document, no work done twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.insight.model import Reason, Usage
from functions.insight.ports import Failed, Pending, ProviderError, Recognised
from functions.insight.transcribe.logic import MAX_ATTEMPTS, Task, transcribe
from tests.unit.insight.factories import call
from tests.unit.insight.fakes import FakeRecogniser, MemoryDocuments, MemoryLog
from tests.unit.shared.memory_quotas import MemoryQuotas

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPEECH = "wsp_1/vid_1/1/speech.flac"
KEY = "wsp_1/vid_1/1/transcript.json"
CAPTIONS = "wsp_1/vid_1/1/captions.vtt"
USAGE = Usage(provider="fake", model="fake-1", audio_seconds=16.0, calls=1, cost_usd=0.0016)
HEARD = Recognised(call(), USAGE)


class Bench:
    """The step with fakes on all its ports."""

    def __init__(self, *answers: Any, identity: str = "fake/1") -> None:
        self.recogniser = FakeRecogniser(*(answers or (HEARD,)), identity=identity)
        self.documents = MemoryDocuments(**{SPEECH: b"fLaC" + bytes(100)})
        self.log = MemoryLog()
        self.quotas = MemoryQuotas()
        self.now = NOW

    def run(
        self,
        run: int = 1,
        speech_key: str | None = SPEECH,
        attempt: int = 0,
        video: str = "vid_1",
        twin: str | None = None,
    ) -> dict[str, Any]:
        return transcribe(
            Task(
                workspace="wsp_1",
                video=video,
                run=run,
                speech_key=speech_key,
                twin_speech_key=twin,
                attempt=attempt,
            ),
            recogniser=self.recogniser,
            documents=self.documents,
            bucket="media",
            log=self.log,
            quotas=self.quotas,
            now=self.now,
        )

    def state(self, run: int = 1) -> str | None:
        result = self.log.of_run("vid_1", "transcript", run)
        return result.state if result else None


def test_a_recording_becomes_a_stored_transcript_with_its_summary_and_usage() -> None:
    bench = Bench()

    outcome = bench.run()

    assert outcome == {
        "outcome": "ok",
        "transcript_key": KEY,
        "summary": {
            "language": "en",
            "words": 59,
            "speakers": 2,
            "duration_ms": 17650,
            "captions": 5,
        },
        "usage": USAGE.model_dump(),
    }
    stored = bench.documents.json(KEY)
    assert {k: stored[k] for k in ("object", "video_id", "run", "created_at", "version")} == {
        "object": "transcript",
        "video_id": "vid_1",
        "run": 1,
        "created_at": "2026-11-22T12:00:00.000Z",
        "version": 1,
    }
    assert stored["words"][1] == {
        "i": 1, "text": "Dana,", "start_ms": 300, "end_ms": 550, "speaker": "S1", "confidence": 0.9,
    }  # fmt: skip
    assert bench.state() == "ready"


def test_the_recogniser_is_told_where_the_recording_is_and_reads_it_only_if_it_must() -> None:
    bench = Bench()

    bench.run()

    ((job, audio),) = bench.recogniser.jobs
    assert (job.workspace, job.video, job.run) == ("wsp_1", "vid_1", 1)
    assert (audio.bucket, audio.key, audio.size) == ("media", SPEECH, 104)
    assert audio.read() == bench.documents.stored[SPEECH]


def test_captions_lie_beside_the_transcript_of_every_run_also_of_one_that_was_taken_over() -> None:
    bench = Bench()
    bench.run()
    written = bench.documents.stored.pop(CAPTIONS)

    again = bench.run()
    later = bench.run(run=2)

    assert written.startswith(b"WEBVTT\n\n00:00:00.000 --> ")
    assert bench.documents.stored[CAPTIONS] == written
    assert bench.documents.stored[CAPTIONS.replace("/1/", "/2/")] == written
    assert again["summary"]["captions"] == later["summary"]["captions"] == 5
    assert len(bench.recogniser.jobs) == 1


def test_while_the_service_works_the_step_is_pending_and_the_transcript_not_ready() -> None:
    bench = Bench(Pending(15), Pending(15), HEARD)

    assert bench.run() == {"outcome": "pending", "wait_seconds": 15}
    assert bench.state() == "processing"
    assert bench.run(attempt=1)["outcome"] == "pending"
    assert bench.run(attempt=2)["outcome"] == "ok"


def test_a_step_that_is_asked_again_says_that_it_is_still_at_work() -> None:
    bench = Bench(Pending(15))
    bench.run()
    bench.now += timedelta(minutes=5)
    bench.run(attempt=1)

    kept = bench.log.of_run("vid_1", "transcript", 1)
    assert kept
    assert (kept.state, kept.updated_at) == ("processing", "2026-11-22T12:05:00.000Z")


def test_a_service_that_never_ends_is_given_up() -> None:
    bench = Bench(Pending(15))

    assert bench.run(attempt=MAX_ATTEMPTS)["reason"]["code"] == "speech_timeout"
    assert bench.state() == "failed"


def test_a_video_without_sound_is_skipped_without_asking_anybody() -> None:
    bench = Bench()

    outcome = bench.run(speech_key=None)

    assert outcome["outcome"] == "skipped"
    assert outcome["reason"] == {
        "code": "no_audio", "detail": "The video has no sound.", "step": "transcribe",
    }  # fmt: skip
    assert (bench.recogniser.jobs, bench.state()) == ([], "skipped")


def test_a_recording_in_which_nobody_speaks_is_skipped_and_no_document_is_written() -> None:
    silence = call(("anna", " "))
    bench = Bench(Recognised(silence, USAGE))

    outcome = bench.run()

    assert (outcome["outcome"], outcome["reason"]["code"]) == ("skipped", "no_speech")
    assert KEY not in bench.documents.stored
    kept = bench.log.of_run("vid_1", "transcript", 1)
    assert kept
    assert kept.usage == USAGE


@pytest.mark.parametrize(
    "kind",
    [
        "throttled",
        "timeout",
        "unavailable",
        "refused",
        "malformed",
        "misconfigured",
        "too_large",
        "over_budget",
    ],
)
def test_a_provider_that_fails_fails_the_artefact_with_a_sentence(kind: Any) -> None:
    bench = Bench(ProviderError(kind, "HTTP 500 internal detail"))

    outcome = bench.run()

    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", f"speech_{kind}")
    assert "HTTP" not in outcome["reason"]["detail"]
    assert outcome["reason"]["detail"].endswith(".")


def test_the_services_own_verdict_is_handed_on() -> None:
    reason = Reason(code="transcription_failed", detail="It could not be read.", step="transcribe")

    assert Bench(Failed(reason)).run() == {
        "outcome": "failed",
        "reason": reason.model_dump(),
        "usage": Usage().model_dump(),
    }


def test_a_recording_that_is_gone_fails_with_a_reason() -> None:
    assert Bench().run(speech_key="wsp_1/vid_1/1/gone.flac")["reason"]["code"] == "audio_missing"


@pytest.mark.parametrize(
    "key",
    ["wsp_2/vid_1/1/speech.flac", "wsp_1/vid_2/1/speech.flac", "wsp_1/vid_1/../x", "speech.flac"],
)
def test_a_key_outside_the_videos_own_files_is_never_read(key: str) -> None:
    with pytest.raises(ValueError, match="outside the video's own files"):
        Bench().run(speech_key=key)


def test_the_same_step_again_gives_the_same_outcome_and_asks_nobody() -> None:
    bench = Bench()
    first = bench.run()
    stored = dict(bench.documents.stored)

    again = bench.run()

    assert again == first
    assert len(bench.recogniser.jobs) == 1
    assert bench.documents.stored == stored


def test_a_crash_after_the_document_and_before_the_record_repeats_the_work() -> None:
    bench = Bench()
    bench.run()
    bench.log = MemoryLog()

    assert bench.run()["outcome"] == "ok"
    assert len(bench.recogniser.jobs) == 2


def test_a_later_run_of_the_same_recording_takes_the_transcript_over_for_nothing() -> None:
    bench = Bench()
    bench.run()

    outcome = bench.run(run=2)

    assert (outcome["outcome"], outcome["transcript_key"]) == (
        "ok",
        "wsp_1/vid_1/2/transcript.json",
    )
    assert outcome["usage"]["cost_usd"] == 0
    assert len(bench.recogniser.jobs) == 1
    copy = bench.documents.json("wsp_1/vid_1/2/transcript.json")
    assert (copy["run"], copy["words"]) == (2, bench.documents.json(KEY)["words"])


def _copied(bench: Bench) -> str:
    """Put the sound under another video's prefix as a copy: the same bytes under another checksum,
    as of a bucket that encrypts."""
    key = "wsp_1/vid_2/1/speech.flac"
    bench.documents.stored[key] = bench.documents.stored[SPEECH][:-1] + b"x"
    return key


def test_what_was_heard_in_a_video_of_the_same_bytes_is_taken_over_for_nothing() -> None:
    bench = Bench()
    bench.run()

    outcome = bench.run(video="vid_2", speech_key=_copied(bench), twin=SPEECH)
    again = bench.run(video="vid_2", speech_key=_copied(bench), twin=SPEECH)

    key = "wsp_1/vid_2/1/transcript.json"
    assert (outcome["outcome"], outcome["transcript_key"]) == ("ok", key)
    assert again == outcome
    assert outcome["usage"]["cost_usd"] == 0
    assert len(bench.recogniser.jobs) == 1
    copy = bench.documents.json(key)
    assert (copy["video_id"], copy["words"]) == ("vid_2", bench.documents.json(KEY)["words"])
    assert bench.documents.stored["wsp_1/vid_2/1/captions.vtt"]


def test_of_another_recogniser_or_a_transcript_that_is_gone_nothing_is_taken_over() -> None:
    for lose in ("recogniser", "transcript", "sound", "other sound"):
        bench = Bench()
        bench.run()
        copied = _copied(bench)
        if lose == "recogniser":
            bench.recogniser = FakeRecogniser(HEARD, identity="fake/2")
        elif lose == "transcript":
            del bench.documents.stored[KEY]
        elif lose == "sound":
            del bench.documents.stored[SPEECH]
        else:
            bench.documents.stored[SPEECH] += b"more"

        outcome = bench.run(video="vid_2", speech_key=copied, twin=SPEECH)

        assert outcome["outcome"] == "ok", lose
        assert len(bench.recogniser.jobs) == 1 + (lose != "recogniser"), lose


@pytest.mark.parametrize("key", ["wsp_2/vid_1/1/speech.flac", "wsp_1/../wsp_2/1/speech.flac"])
def test_another_workspace_s_sound_is_never_looked_at(key: str) -> None:
    bench = Bench()

    with pytest.raises(ValueError, match="outside the workspace"):
        bench.run(twin=key)


@pytest.mark.parametrize("change", ["recording", "recogniser", "document"])
def test_another_recording_or_recogniser_or_a_lost_document_is_transcribed_anew(
    change: str,
) -> None:
    bench = Bench()
    bench.run()
    if change == "recording":
        bench.documents.stored[SPEECH] += b"more"
    elif change == "recogniser":
        bench.recogniser = FakeRecogniser(HEARD, identity="fake/2")
    else:
        del bench.documents.stored[KEY]

    bench.run(run=2)

    assert len(bench.recogniser.jobs) == 1 + (change != "recogniser")


def test_a_failed_rerun_leaves_the_earlier_transcript_the_latest() -> None:
    bench = Bench()
    bench.run()
    bench.recogniser = FakeRecogniser(ProviderError("unavailable", "down"), identity="fake/2")

    assert bench.run(run=2)["outcome"] == "failed"

    latest = bench.log.latest("vid_1", "transcript")
    assert latest
    assert (latest.run, latest.state) == (1, "ready")
