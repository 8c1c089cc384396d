"""How long videos are kept, as transitions and moments: what is due when, whatever is chosen."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.shared.clock import iso, parse
from functions.shared.limits import MAX_RETENTION_DAYS
from functions.video import runs
from functions.video.due import next_due, rescheduled
from functions.video.facts import MediaFacts
from functions.video.model import Reason, Video
from functions.video.retention import (
    deletes_at,
    is_over,
    restored_days,
    source_deletes_at,
    taken_over,
    without_source,
    without_unused,
)
from tests.unit.video.control_fakes import NOON, video

DAYS = st.none() | st.integers(1, MAX_RETENTION_DAYS)


def played(**fields: object) -> Video:
    made = runs.ready(runs.arrived(video(), NOON), 1, MediaFacts(duration_ms=1), NOON)
    for name in ("transcript", "analysis"):
        result = {"outcome": "ok", f"{name}_key": name, "summary": {}}
        made = runs.finish(made, 1, name, result, NOON)  # type: ignore[arg-type]
    return made.model_copy(update={"created_at": iso(NOON), **fields})


@given(DAYS, DAYS, DAYS, DAYS)
def test_whatever_is_chosen_the_agenda_looks_when_the_first_time_is_over(
    whole: int | None, file: int | None, then_whole: int | None, then_file: int | None
) -> None:
    first = played()
    for days, source_days in ((whole, file), (then_whole, then_file)):
        chosen = first.changed(retention_days=days, source_retention_days=source_days)
        first = rescheduled(first, chosen)

    ends = [each for each in (deletes_at(first), source_deletes_at(first)) if each]
    assert first.due_at == next_due(first) == min(ends, default=None)
    for end in ends:
        assert parse(end) > NOON


@given(DAYS, st.integers(0, 60))
def test_other_days_never_put_off_what_is_due_already(days: int | None, minutes: int) -> None:
    sooner = iso(NOON + timedelta(minutes=minutes))
    busy = played(due_at=sooner, sweeps_at=sooner, retention_days=5)

    after = rescheduled(busy, busy.changed(retention_days=days))

    assert after.due_at == sooner


def test_a_file_s_time_is_over_exactly_when_it_is_said_to_be() -> None:
    kept = played(source_retention_days=1)
    end = parse(source_deletes_at(kept) or "")

    assert without_source(kept, end - timedelta(milliseconds=1)) is kept
    gone = without_source(kept, end)
    assert (gone.source_deleted_at, gone.left_sources) == (iso(end), (1,))
    assert source_deletes_at(gone) is None
    assert without_source(gone, end + timedelta(days=9)) is gone
    assert without_unused(kept, end + timedelta(days=9)) is kept


def test_a_run_that_fails_leaves_the_file_s_time_on_the_agenda() -> None:
    waiting = runs.arrived(video(source_retention_days=1), NOON)

    failed = runs.fail(waiting, 1, Reason(code="x", detail="y"), NOON)

    assert failed.due_at == failed.sweeps_at == iso(NOON + runs.AFTERMATH)
    swept = failed.model_copy(update={"sweeps_at": None})
    assert next_due(swept) == iso(NOON + timedelta(days=1))


def test_only_days_that_would_delete_it_again_are_taken_off_a_restored_video() -> None:
    kept = played(retention_days=10, deleted_at=iso(NOON))

    assert not is_over(kept, NOON + timedelta(days=99)), "it is deleted"
    assert restored_days(kept, NOON + timedelta(days=9)) == 10
    assert restored_days(kept, NOON + timedelta(days=10)) is None


def test_named_days_go_before_the_workspace_s_and_none_is_a_name_too() -> None:
    usual = {"retention_days": 365, "source_retention_days": 30}

    assert taken_over(usual, {}) == usual
    assert taken_over(usual, {"retention_days": None}) == {**usual, "retention_days": None}
    assert taken_over({}, {"source_retention_days": 3}) == {
        "retention_days": None, "source_retention_days": 3,
    }  # fmt: skip
