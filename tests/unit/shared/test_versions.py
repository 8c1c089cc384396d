"""Dated versions: which one a request is answered in, and the steps to its shape."""

from datetime import UTC, datetime

import pytest

from functions.shared.errors import MalformedError
from functions.shared.versions import LEDGER, Change, Json, Ledger, Version, newer, older


def _renamed(old: str, new: str) -> Change:
    def reply(value: Json) -> Json:
        value[old] = value.pop(new)
        return value

    def body(value: Json) -> Json:
        value[new] = value.pop(old)
        return value

    return Change("get_x", f"{old} became {new}", reply, body, frozenset({old}))


THREE = Ledger(
    [
        Version("2026-01-01", "First."),
        Version("2026-02-01", "Second.", (_renamed("a", "b"),)),
        Version("2026-03-01", "Third.", (_renamed("b", "c"), Change("get_y", "Nothing."))),
    ]
)


def test_the_header_comes_before_the_pin_and_the_pin_before_the_newest() -> None:
    assert THREE.chosen(None, None).date == "2026-03-01"
    assert THREE.chosen(None, "2026-02-01").date == "2026-02-01"
    assert THREE.chosen("2026-01-01", "2026-02-01").date == "2026-01-01"


@pytest.mark.parametrize("asked", ["", "2026-01-02", "newest", "2026-01-01 ", "01.01.2026"])
def test_a_version_that_is_not_served_is_refused_with_the_list(asked: str) -> None:
    with pytest.raises(MalformedError, match="2026-01-01, 2026-02-01, 2026-03-01") as refused:
        THREE.chosen(asked, None)
    assert refused.value.code == "unknown_version"


@pytest.mark.parametrize(("date", "name"), [("2026-01-01", "a"), ("2026-02-01", "b")])
def test_an_old_shape_is_reached_step_by_step_in_both_directions(date: str, name: str) -> None:
    changes = THREE.changed_since(THREE.chosen(date, None), "get_x")

    assert older(changes, {"c": 1, "d": 2}) == {name: 1, "d": 2}
    assert newer(changes, {name: 1, "d": 2}) == {"c": 1, "d": 2}


def test_the_newest_has_no_steps_and_other_operations_have_theirs() -> None:
    assert THREE.changed_since(THREE.newest, "get_x") == ()
    assert len(THREE.changed_since(THREE.chosen("2026-01-01", None), "get_y")) == 1
    assert THREE.changed_since(THREE.chosen("2026-01-01", None), "get_z") == []


def test_a_version_that_ends_says_so_in_the_standard_headers() -> None:
    version = Version(
        "2026-01-01", "First.", deprecated=datetime(2026, 2, 1, tzinfo=UTC),
        sunset=datetime(2027, 2, 1, 12, tzinfo=UTC),
    )  # fmt: skip

    assert version.headers == {
        "reelate-version": "2026-01-01",
        "deprecation": "@1769904000",
        "sunset": "Mon, 01 Feb 2027 12:00:00 GMT",
        "link": '</docs>; rel="deprecation"; type="text/html", '
        '</docs>; rel="sunset"; type="text/html"',
    }


def test_the_served_versions_are_in_order_and_only_the_newest_is_not_deprecated() -> None:
    dates = [each.date for each in LEDGER.versions]

    assert dates == sorted(set(dates))
    assert [bool(each.deprecated) for each in LEDGER.versions] == [True] * (len(dates) - 1) + [
        False
    ]
    assert all(each.sunset for each in LEDGER.versions if each.deprecated)
