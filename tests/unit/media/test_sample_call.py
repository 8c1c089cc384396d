"""The committed sample call is what its README and ground truth say."""

import json
import re
import struct
import subprocess
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from tests.media.sample_call import script

VIDEO = script.HERE.parent / "sample_call.mp4"
CALL = script.read()
TURNS = json.loads((script.HERE / "turns.json").read_text(encoding="utf-8"))
SPOKEN = " ".join(turn.text for turn in CALL.turns)


def _claims(kind: str) -> list[dict[str, Any]]:
    found = CALL.truth[kind]
    return found if isinstance(found, list) else [found]


QUOTED = [
    claim
    for kind in ("price", "competitor_price", "objections", "commitments")
    for claim in _claims(kind)
]


@pytest.fixture(scope="module")
def described() -> str:
    """What FFmpeg says about the file; it exits with 1 because no output is asked for."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(VIDEO)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return run.stderr


def _seconds(described: str) -> float:
    found = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", described)
    assert found, described
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _boxes(path: Path) -> list[str]:
    names = []
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, name = struct.unpack(">I4s", header)
            names.append(name.decode())
            file.seek(size - 8, 1)
    return names


def test_the_file_is_small_enough_to_live_in_the_repository():
    assert 1_000_000 < VIDEO.stat().st_size <= 6 * 1024 * 1024


def test_the_call_lasts_between_sixty_and_ninety_seconds(described: str):
    assert 60 <= _seconds(described) <= 90


def test_the_picture_is_high_profile_h264_at_720p_and_25_frames(described: str):
    video = next(line for line in described.splitlines() if "Video:" in line)
    assert "h264 (High)" in video
    assert "yuv420p" in video
    assert " 1280x720" in video
    assert " 25 fps" in video


def test_the_sound_is_aac_at_48_khz(described: str):
    audio = next(line for line in described.splitlines() if "Audio:" in line)
    assert "aac" in audio
    assert "48000 Hz" in audio


def test_the_index_stands_before_the_media_so_that_playback_starts_at_once():
    boxes = _boxes(VIDEO)
    assert boxes.index("moov") < boxes.index("mdat")


def test_the_recording_carries_the_time_of_the_call(described: str):
    assert f"creation_time   : {CALL.recorded_at.removesuffix('Z')}" in described


def test_the_timed_turns_are_the_turns_of_the_dialogue():
    assert [(turn["speaker"], turn["text"]) for turn in TURNS] == [
        (turn.speaker, turn.text) for turn in CALL.turns
    ]


def test_turns_follow_each_other_with_a_natural_gap_inside_the_recording(described: str):
    assert all(turn["start_ms"] < turn["end_ms"] for turn in TURNS)
    gaps = [after["start_ms"] - before["end_ms"] for before, after in pairwise(TURNS)]
    assert all(200 <= gap <= 1500 for gap in gaps)
    assert TURNS[-1]["end_ms"] < _seconds(described) * 1000


def test_two_people_of_two_companies_take_turns_with_two_voices():
    people = list(CALL.speakers.values())
    assert {person.role for person in people} == {"rep", "customer"}
    assert len({person.voice for person in people}) == len({p.company for p in people}) == 2
    speakers = [turn.speaker for turn in CALL.turns]
    assert all(one != other for one, other in pairwise(speakers))


@pytest.mark.parametrize("claim", QUOTED, ids=lambda claim: claim["quote"][:40])
def test_every_quote_is_said_by_its_speaker(claim: dict[str, Any]):
    assert any(
        claim["quote"] in turn.text for turn in CALL.turns if turn.speaker == claim["speaker"]
    )


@pytest.mark.parametrize("claim", CALL.truth["names"], ids=lambda claim: claim["name"])
def test_every_name_is_spoken(claim: dict[str, Any]):
    assert claim["name"] in SPOKEN


def test_every_claim_lists_how_a_transcript_may_spell_it():
    assert all(claim["heard"] for claim in [*QUOTED, *CALL.truth["names"]])


def test_each_side_makes_one_commitment_with_a_date_after_the_call():
    commitments = CALL.truth["commitments"]
    assert {commitment["speaker"] for commitment in commitments} == set(CALL.speakers)
    called_on = datetime.fromisoformat(CALL.recorded_at).date()
    due = [date.fromisoformat(commitment["due_on"]) for commitment in commitments]
    assert all(day > called_on for day in due)
    assert due[0].strftime("%A") in commitments[0]["due_text"]
    assert due[1].strftime("%B") in commitments[1]["due_text"]
    assert all(commitment["due_text"] in commitment["quote"] for commitment in commitments)


def test_the_competitor_and_the_product_are_among_the_names():
    names = {claim["name"] for claim in CALL.truth["names"]}
    assert {CALL.truth["competitor"], CALL.truth["product"]} <= names


def test_slides_change_in_the_order_of_the_turns():
    shown_from = [slide.from_turn for slide in CALL.slides]
    assert shown_from[0] == 0
    assert shown_from == sorted(set(shown_from))
    assert shown_from[-1] < len(CALL.turns)
