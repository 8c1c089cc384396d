"""Quotas in the platform table: exact at the edge, reserved once, settled and given back."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from moto import mock_aws

from functions.shared import aws
from functions.shared.limits import Kind
from functions.shared.meter import Meter
from functions.shared.quotas import (
    Claim,
    QuotaExceededError,
    minutes,
    next_month,
    of_run,
    spent_on,
    stored,
)
from functions.shared.table import ConditionFailedError, Put, Table
from functions.shared.workspace_settings import change
from tests.integration.cloud import ENVIRONMENT, Calls, environment, furnish
from tests.integration.parallel import at_once, shared_cloud

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTH = "2026-11"
CALL = spent_on("encoded_minutes", "vid_1", 1)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        change(platform(), {"quota_encoded_minutes": 10, "quota_stored_bytes": 1_000})
        yield


@pytest.fixture
def calls(cloud: None) -> Iterator[Calls]:
    with Calls("dynamodb", of_limits=True) as recorded:
        yield recorded


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(cloud: None, clock: Clock) -> Meter:
    return Meter(platform(), "local", clock)


def platform(workspace: str = "wsp_one") -> Table:
    return Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], workspace)


def counted(meter: Meter, kind: Kind = "encoded_minutes") -> tuple[int, int]:
    return meter.usage(MONTH, standing=True)[kind]


def test_what_is_reserved_is_settled_to_what_it_was_in_truth(meter: Meter) -> None:
    meter.reserve(CALL, 8)
    assert counted(meter) == (0, 8)

    meter.settle(CALL, 3)

    assert counted(meter) == (3, 0)


def test_a_reservation_costs_one_transaction(meter: Meter, calls: Calls) -> None:
    meter.reserve(CALL, 8)
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    meter.settle(CALL, 8)
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    meter.release(CALL)
    assert calls.take() == ["GetItem"]


def test_a_step_tried_again_finds_its_own_reservation(meter: Meter) -> None:
    """It died between reserving and spending; the quota may be used up by now."""
    for _ in range(3):
        meter.reserve(CALL, 8)
    meter.reserve(spent_on("encoded_minutes", "vid_2", 1), 2)
    meter.reserve(CALL, 8)
    meter.reserve(CALL, 11)

    assert counted(meter) == (0, 10)


def test_a_reservation_that_does_not_fit_is_refused_and_takes_nothing(meter: Meter) -> None:
    meter.reserve(CALL, 8)

    with pytest.raises(QuotaExceededError) as refused:
        meter.reserve(spent_on("encoded_minutes", "vid_2", 1), 3)

    assert refused.value.status == 429
    assert refused.value.code == "quota_encoded_minutes"
    assert refused.value.policies == ("encoded_minutes",)
    assert "3 needed, 2 left" in refused.value.detail
    assert refused.value.retry_after == (next_month(NOON) - NOON).total_seconds()
    assert counted(meter) == (0, 8)
    meter.reserve(spent_on("encoded_minutes", "vid_3", 1), 2)


def test_more_than_the_whole_quota_is_refused_without_when_to_come_back(meter: Meter) -> None:
    with pytest.raises(QuotaExceededError) as refused:
        meter.reserve(CALL, 11)

    assert refused.value.retry_after is None
    assert counted(meter) == (0, 0)


def test_a_quota_that_was_raised_or_lowered_holds_at_once(meter: Meter) -> None:
    meter.reserve(CALL, 10)
    other = spent_on("encoded_minutes", "vid_2", 1)
    with pytest.raises(QuotaExceededError):
        meter.reserve(other, 1)

    platform().write(_limit(11))
    meter.reserve(other, 1)
    platform().write(_limit(5))

    with pytest.raises(QuotaExceededError):
        meter.reserve(spent_on("encoded_minutes", "vid_3", 1), 1)


def _limit(value: int) -> Put:
    """As another process writes it: nothing in this one's memory hears of it."""
    return Put({"pk": platform().key("SETTINGS"), "sk": "SETTINGS", "quota_encoded_minutes": value})


def test_what_is_released_may_be_reserved_again(meter: Meter) -> None:
    meter.reserve(CALL, 10)
    meter.release(CALL)
    meter.release(CALL)
    assert counted(meter) == (0, 0)

    meter.reserve(CALL, 4)

    assert counted(meter) == (0, 4)


def test_what_is_settled_stays_used_whatever_comes_later(meter: Meter) -> None:
    meter.reserve(CALL, 4)
    meter.settle(CALL, 4)
    meter.settle(CALL, 9)
    meter.release(CALL)
    meter.reserve(CALL, 4)

    assert counted(meter) == (4, 0)


def test_work_that_ended_after_its_release_is_counted_all_the_same(meter: Meter) -> None:
    """A worker that outlived its run has spent the money."""
    meter.reserve(CALL, 4)
    meter.release(CALL)
    meter.settle(CALL, 3)

    assert counted(meter) == (3, 0)


def test_nothing_is_settled_or_released_that_was_not_reserved(meter: Meter, calls: Calls) -> None:
    meter.settle(CALL, 3)
    meter.release(CALL)

    assert calls.take() == ["GetItem", "GetItem"]
    assert counted(meter) == (0, 0)


def test_what_is_released_together_is_one_write_of_the_counter(meter: Meter, calls: Calls) -> None:
    files = [stored("vid_1", number) for number in (1, 2, 3)]
    for size, each in enumerate(files, 100):
        meter.reserve(each, size)
    meter.settle(files[0], 100)
    assert counted(meter, "stored_bytes") == (100, 203)
    calls.take()

    writes = meter.releasing(*files, files[0], stored("vid_2"))
    platform().transact(list(writes))

    assert len(writes) == 4
    assert calls.take() == ["GetItem"] * 4 + ["TransactWriteItems"]
    assert counted(meter, "stored_bytes") == (0, 0)
    assert meter.releasing(*files) == []


def test_stored_bytes_are_free_again_when_they_are_gone(meter: Meter) -> None:
    meter.reserve(stored("vid_1"), 900)
    meter.settle(stored("vid_1"), 900)
    assert counted(meter, "stored_bytes") == (900, 0)

    meter.release(stored("vid_1"))
    meter.release(stored("vid_1"))

    assert counted(meter, "stored_bytes") == (0, 0)
    with pytest.raises(QuotaExceededError) as refused:
        meter.reserve(stored("vid_2"), 1_001)
    assert refused.value.retry_after is None


def test_a_month_begins_at_nothing_and_settles_what_it_reserved(meter: Meter, clock: Clock) -> None:
    late = spent_on("encoded_minutes", "vid_2", 1)
    meter.reserve(late, 10)
    clock.time = datetime(2026, 12, 1, tzinfo=UTC)
    meter.reserve(CALL, 10)
    meter.settle(late, 7)

    assert meter.usage("2026-11", standing=False)["encoded_minutes"] == (7, 0)
    assert meter.usage("2026-12", standing=False)["encoded_minutes"] == (0, 10)
    assert "stored_bytes" not in meter.usage("2026-12", standing=False)


def test_workspaces_have_quotas_of_their_own(meter: Meter) -> None:
    meter.reserve(CALL, 10)

    Meter(platform("wsp_two"), "local", Clock()).reserve(CALL, 10)

    assert counted(meter) == (0, 10)


def test_50_reservations_at_once_never_exceed_the_quota() -> None:
    with shared_cloud():
        change(platform(), {"quota_encoded_minutes": 10})

        def reserve(number: int) -> bool:
            claim = spent_on("encoded_minutes", f"vid_{number}", 1)
            try:
                Meter(platform(), "local", Clock()).reserve(claim, 3)
            except QuotaExceededError:
                return False
            return True

        taken = at_once(50, reserve)
        used = Meter(platform(), "local", Clock()).usage(MONTH, standing=False)

    assert sum(taken) == 3
    assert used["encoded_minutes"] == (0, 9)


def test_50_attempts_of_one_step_reserve_once() -> None:
    with shared_cloud():
        change(platform(), {"quota_encoded_minutes": 10})
        at_once(50, lambda _: Meter(platform(), "local", Clock()).reserve(CALL, 3))
        at_once(50, lambda _: Meter(platform(), "local", Clock()).settle(CALL, 2))
        used = Meter(platform(), "local", Clock()).usage(MONTH, standing=False)

    assert used["encoded_minutes"] == (2, 0)


def test_a_refusal_of_something_else_is_not_the_quota_s(meter: Meter) -> None:
    other = Put({"pk": "W#wsp_one#x", "sk": "x"}, "attribute_exists(pk)")
    with pytest.raises(ConditionFailedError) as failed:
        platform().transact([other, *meter.reserving(CALL, 1)])

    assert meter.refusal(failed.value) is None


@pytest.mark.parametrize(
    ("duration_ms", "started"), [(0, 1), (1, 1), (60_000, 1), (60_001, 2), (3_600_000, 60)]
)
def test_minutes_are_started_minutes(duration_ms: int, started: int) -> None:
    assert minutes(duration_ms) == started


def test_every_step_of_a_run_has_a_claim_of_its_own() -> None:
    assert len(set(of_run("vid_1", 1)) | set(of_run("vid_1", 2)) | set(of_run("vid_2", 1))) == 15
    assert Claim("stored_bytes", "vid_1") == stored("vid_1")


@pytest.mark.parametrize(
    ("moment", "following"),
    [(datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
     (datetime(2027, 1, 31, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))],
)  # fmt: skip
def test_the_next_month_begins_on_its_first_day(moment: datetime, following: datetime) -> None:
    assert next_month(moment) == following
