"""Prices, durations, settings, keys, and how a result is found."""

import struct
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from functions.insight.keys import belongs, recogniser_key, transcript_key
from functions.insight.model import Reason, Transcript, Usage
from functions.insight.ports import Result, State
from functions.insight.prices import language_cost, speech_cost
from functions.insight.reading import SILENCE, find
from functions.insight.settings import AnalyseSettings, TranscribeSettings
from functions.insight.sound import duration_ms
from functions.shared.clock import iso
from functions.shared.errors import NotFoundError
from functions.shared.ids import new_id
from tests.unit.insight.factories import call
from tests.unit.insight.fakes import MemoryLog

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BASE = {"stage": "local", "insight_table": "t", "platform_table": "p", "media_bucket": "b"}


def test_tokens_are_priced_by_model_also_through_an_inference_profile() -> None:
    assert language_cost("amazon.nova-lite-v1:0", 1_000_000, 1_000_000) == 0.30
    assert language_cost("us.amazon.nova-lite-v1:0", 2_500, 400) == 0.000246
    assert language_cost("gpt-4o-mini", 1_200, 310) == 0.000366


def test_the_own_offline_models_cost_nothing_and_unknown_ones_an_unknown_sum() -> None:
    assert language_cost("reelate-extractive-1", 5_000, 500) == 0
    assert speech_cost("reelate-whisper-base", 60) == 0
    assert language_cost("qwen3", 1, 1) is None
    assert speech_cost("canary", 60) is None
    assert Usage(cost_usd=0.5).plus(Usage(cost_usd=None)).cost_usd is None


def test_audio_is_priced_by_the_minute_with_the_services_minimum() -> None:
    assert speech_cost("amazon-transcribe", 90) == 0.036
    assert speech_cost("amazon-transcribe", 2) == 0.006
    assert speech_cost("whisper-1", 2) == 0.0002


def flac(rate: int, samples: int) -> bytes:
    packed = rate << 44 | 0 << 41 | 15 << 36 | samples
    return b"fLaC" + bytes((0x80, 0, 0, 34)) + bytes(10) + packed.to_bytes(8, "big") + bytes(16)


def wav(byte_rate: int, size: int, extra: bytes = b"") -> bytes:
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, byte_rate // 2, byte_rate, 2, 16)
    return b"RIFF" + bytes(4) + b"WAVE" + fmt + extra + b"data" + struct.pack("<I", size)


@pytest.mark.parametrize(
    ("head", "milliseconds"),
    [
        (flac(16_000, 1_192_000), 74_500),
        (flac(16_000, 16_000 * 3_600 * 100), 360_000_000),
        (flac(16_000, 0), None),
        (flac(0, 10), None),
        (wav(32_000, 64_000), 2_000),
        (wav(32_000, 64_000, b"LIST" + struct.pack("<I", 3) + b"abc\0"), 2_000),
        (wav(32_000, 0xFFFFFFFF), None),
        (wav(0, 64_000), None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"fLaC", None),
        (b"ID3", None),
        (b"", None),
    ],
)
def test_a_header_tells_how_long_the_sound_is(head: bytes, milliseconds: int | None) -> None:
    assert duration_ms(head) == milliseconds


def test_keys_lie_below_the_tenant_and_only_those_belong_to_a_video() -> None:
    key = transcript_key("wsp_1", "vid_1", 3)

    assert key == "wsp_1/vid_1/3/transcript.json"
    assert belongs(recogniser_key("wsp_1", "vid_1", 3), "wsp_1", "vid_1")
    assert not belongs(key, "wsp_1", "vid_")
    assert not belongs(key, "wsp_2", "vid_1")
    assert not belongs("wsp_1/vid_1/../vid_2/x", "wsp_1", "vid_1")


def test_language_providers_are_tried_in_the_order_of_the_setting() -> None:
    settings = AnalyseSettings(
        **BASE,
        language_provider="openai, bedrock",
        language_model="gpt-4o-mini, us.amazon.nova-lite-v1:0",
        model_base_url="http://127.0.0.1:1/v1",
    )

    assert settings.order == (("openai", "gpt-4o-mini"), ("bedrock", "us.amazon.nova-lite-v1:0"))


@pytest.mark.parametrize(
    ("fault", "given"),
    [
        ("as many entries", {"language_provider": "bedrock,openai", "model_base_url": "http://x"}),
        ("as many entries", {"language_provider": "", "language_model": ""}),
        ("unknown language_provider: acme", {"language_provider": "acme"}),
        ("needs model_base_url", {"language_provider": "openai"}),
    ],
)
def test_settings_that_contradict_themselves_are_refused_at_the_start(
    fault: str, given: dict[str, str]
) -> None:
    with pytest.raises(ValidationError, match=fault):
        AnalyseSettings(**BASE, **given)


def test_speech_settings_name_languages_and_need_a_server_for_openai() -> None:
    assert TranscribeSettings(**BASE, speech_languages="en-US, de-DE").languages == (
        "en-US",
        "de-DE",
    )
    assert TranscribeSettings(**BASE).languages == ()
    with pytest.raises(ValidationError, match="needs model_base_url"):
        TranscribeSettings(**BASE, speech_provider="openai")


def recorded(log: MemoryLog, video: str, run: int, state: State) -> None:
    reason = Reason(code="no_speech", detail="Nobody speaks in the video.", step="transcribe")
    kept = None if state == "ready" else reason
    log.record(Result("transcript", video, run, state, reason=kept, updated_at=iso(NOW)))


def test_the_latest_ready_result_is_found_or_that_of_a_run() -> None:
    log, video = MemoryLog(), new_id("vid")
    recorded(log, video, 1, "ready")
    recorded(log, video, 2, "ready")

    assert find(log, video, "transcript", None, NOW).run == 2
    assert find(log, video, "transcript", 1, NOW).run == 1


@pytest.mark.parametrize(
    ("state", "code", "retry_after"),
    [
        ("processing", "transcript_not_ready", 10),
        ("skipped", "transcript_skipped", None),
        ("failed", "transcript_failed", None),
    ],
)
def test_a_result_that_is_not_there_yet_says_why(
    state: State, code: str, retry_after: int | None
) -> None:
    log, video = MemoryLog(), new_id("vid")
    recorded(log, video, 1, state)

    with pytest.raises(NotFoundError) as caught:
        find(log, video, "transcript", None, NOW)

    assert (caught.value.code, caught.value.retry_after) == (code, retry_after)


def test_work_that_has_given_no_sign_for_long_has_broken_off() -> None:
    log, video = MemoryLog(), new_id("vid")
    recorded(log, video, 1, "processing")

    with pytest.raises(NotFoundError) as caught:
        find(log, video, "transcript", None, NOW + SILENCE + timedelta(seconds=1))

    assert (caught.value.code, caught.value.retry_after) == ("transcript_failed", None)


def test_an_unknown_video_run_artefact_and_a_malformed_id_are_one_and_the_same_refusal() -> None:
    log, video = MemoryLog(), new_id("vid")
    recorded(log, video, 1, "ready")

    for asked in [
        (new_id("vid"), "transcript", None),
        (new_id("con"), "transcript", None),
        ("../../etc", "transcript", None),
        (video, "transcript", 7),
    ]:
        with pytest.raises(NotFoundError) as caught:
            find(log, *asked, NOW)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.detail) == (
            "not_found",
            "There is no transcript of this video.",
        )


@pytest.mark.parametrize("fault", [{"words": [0, 2]}, {"turn": (0, 99)}, {"turn": (3, 2)}])
def test_a_transcript_file_whose_indices_do_not_fit_is_refused(fault: dict) -> None:
    stored = call().model_dump()
    if "turn" in fault:
        stored["turns"][0]["first_word"], stored["turns"][0]["last_word"] = fault["turn"]
    else:
        stored["words"][1]["i"] = 2

    with pytest.raises(ValidationError):
        Transcript.model_validate(stored)
