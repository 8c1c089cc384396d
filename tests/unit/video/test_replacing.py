"""Another file for a video, as transitions: what is refused, and what is due when."""

from datetime import timedelta
from typing import Any

import pytest

from functions.shared.clock import iso
from functions.shared.errors import ConflictError
from functions.video import keys, runs
from functions.video.addresses import Way
from functions.video.due import next_due
from functions.video.facts import MediaFacts
from functions.video.intake import completed
from functions.video.model import MAX_LEFT_SOURCES, MAX_SOURCES, Replacement, SourceFile, Video
from functions.video.part_plan import PartPlan
from functions.video.replacing import check_replaceable, replaced_by
from tests.unit.video.control_fakes import NOON, video

FACTS = MediaFacts(duration_ms=60_000, audio_codec="aac")
TOMORROW = iso(NOON + timedelta(days=1))


def played(**fields: Any) -> Video:
    made = runs.ready(runs.arrived(video(), NOON), 1, FACTS, NOON)
    for name in ("transcript", "analysis"):
        result = {"outcome": "ok", f"{name}_key": name, "summary": {}}
        made = runs.finish(made, 1, name, result, NOON)  # type: ignore[arg-type]
    return made.model_copy(update=fields)


def opened(number: int = 2) -> Replacement:
    source = SourceFile(filename="cut.mp4", content_type="video/mp4", size_bytes=5)
    return Replacement(
        number=number, source=source, upload=Way().upload(PartPlan.of(5), TOMORROW)
    )  # fmt: skip


def test_files_that_wait_for_their_deletion_are_bounded() -> None:
    """A purge gives all their bytes back in one transaction, which takes a hundred writes."""
    left = tuple(range(1, MAX_LEFT_SOURCES))
    check_replaceable(played(left_sources=left))

    with pytest.raises(ConflictError) as refused:
        check_replaceable(played(left_sources=(*left, MAX_LEFT_SOURCES)))
    assert (refused.value.code, refused.value.retry_after) == ("sources_being_deleted", 300)


def test_a_video_has_had_a_thousand_files_at_most() -> None:
    with pytest.raises(ConflictError) as refused:
        check_replaceable(played(sources=MAX_SOURCES))
    assert refused.value.code == "too_many_sources"


def test_what_is_due_next_is_the_first_of_all_that_is() -> None:
    coming = replaced_by(played(), opened(), TOMORROW)
    assert coming.due_at == next_due(coming) == TOMORROW

    there = completed(coming, iso(NOON), iso(NOON + timedelta(minutes=5)))
    assert next_due(there) == iso(NOON), "nobody has heard of it yet"

    begun = runs.arrived(there, NOON)
    assert begun.due_at == iso(NOON + runs.START_GRACE)

    switched = runs.ready(begun, 2, FACTS, NOON)
    assert switched.left_sources == (1,)
    assert switched.due_at == iso(NOON)
    swept = switched.model_copy(update={"left_sources": ()})
    assert next_due(swept) == iso(NOON + runs.LINGERING)


def test_a_new_file_takes_away_what_was_said_in_the_old_one() -> None:
    begun = runs.arrived(completed(replaced_by(played(), opened(), TOMORROW), iso(NOON), ""), NOON)
    assert begun.artefacts == played().artefacts

    switched = runs.ready(begun, 2, FACTS, NOON)

    assert switched.artefacts.transcript.state == switched.artefacts.analysis.state == "pending"
    assert runs.ready(switched, 2, FACTS, NOON) is switched


@pytest.mark.parametrize(
    "key",
    ["wsp_one/{}/source/x", "wsp_one/{}/1/source", "wsp_one/{}/02/source", "wsp_one/{}/-2/source",
     "wsp_one/{}/²/source", "wsp_one/{}//source", "/{}/2/source", "wsp_one/{}/0/source", "{}"],
)  # fmt: skip
def test_only_keys_that_we_gave_are_sources(key: str) -> None:
    assert keys.source_of(key.format(video().id)) is None


@pytest.mark.parametrize("number", [1, 2, 1_000])
def test_a_source_s_key_tells_its_number(number: int) -> None:
    record = video()

    assert keys.source_of(keys.source("wsp_one", record.id, number)) == (
        "wsp_one", record.id, number,
    )  # fmt: skip
