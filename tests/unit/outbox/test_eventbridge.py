"""PutEvents: within its limits, refused entries again, and never a silent loss."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.outbox.eventbridge import MAX_BYTES, EventBridge
from functions.shared.errors import UnavailableError

Refuses = Callable[[int, dict[str, Any]], bool]


class Bus:
    """A bus that refuses entries as it is told: (attempt, entry) → refused?"""

    def __init__(self, refuses: Refuses = lambda _attempt, _entry: False) -> None:
        self.refuses = refuses
        self.requests: list[list[dict[str, Any]]] = []
        self.taken: list[str] = []

    def put_events(self, **arguments: Any) -> dict[str, Any]:
        entries = arguments["Entries"]
        self.requests.append(entries)
        results = []
        for entry in entries:
            refused = self.refuses(len(self.requests), entry)
            if not refused:
                self.taken.append(entry["Detail"])
            results.append({"ErrorCode": "Throttled"} if refused else {"EventId": "1"})
        return {"FailedEntryCount": len(results), "Entries": results}


def entry(detail: str) -> dict[str, Any]:
    return {"Source": "reelate.crm", "DetailType": "activity.created.v1", "Detail": detail}


def put(bus: Bus, details: list[str]) -> list[float]:
    pauses: list[float] = []
    EventBridge(bus, pauses.append).put([entry(each) for each in details])
    return pauses


def test_nothing_is_no_request() -> None:
    bus = Bus()

    put(bus, [])

    assert bus.requests == []


def test_a_request_has_at_most_ten_entries() -> None:
    bus = Bus()
    details = [str(number) for number in range(25)]

    assert put(bus, details) == []

    assert [len(request) for request in bus.requests] == [10, 10, 5]
    assert bus.taken == details


def test_a_request_has_at_most_256_kb() -> None:
    bus = Bus()

    put(bus, ["語" * 30_000] * 5)

    sizes = [sum(len(each["Detail"].encode()) for each in request) for request in bus.requests]
    assert [len(request) for request in bus.requests] == [2, 2, 1]
    assert max(sizes) < MAX_BYTES


def test_a_refused_entry_is_sent_again_alone() -> None:
    bus = Bus(lambda attempt, each: attempt == 1 and each["Detail"] == "b")

    pauses = put(bus, ["a", "b", "c"])

    assert [[each["Detail"] for each in request] for request in bus.requests] == [
        ["a", "b", "c"],
        ["b"],
    ]
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 0.2


def test_an_entry_that_keeps_being_refused_is_an_error() -> None:
    bus = Bus(lambda _attempt, each: each["Detail"] == "b")

    with pytest.raises(UnavailableError, match="refused 1 events"):
        put(bus, ["a", "b", "c"])

    assert len(bus.requests) == 4
    assert bus.taken == ["a", "c"]


def test_what_comes_after_a_lasting_refusal_is_not_sent() -> None:
    """The stream delivers the batch again: sent now, it would overtake what failed."""
    details = [str(number) for number in range(15)]
    bus = Bus(lambda _attempt, each: each["Detail"] == "3")

    with pytest.raises(UnavailableError):
        put(bus, details)

    assert set(bus.taken) == set(details[:10]) - {"3"}


def test_an_error_of_the_bus_is_an_error() -> None:
    class Broken:
        def put_events(self, **_: Any) -> Any:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        EventBridge(Broken()).put([entry("a")])
