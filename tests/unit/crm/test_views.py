"""Saved views: what they may ask for, whose they are, and how they are changed."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from functions.crm.declared_lists import LISTINGS
from functions.crm.list_reading import filter_names, parse
from functions.crm.views import ARRANGES, View, ViewFields, ViewPatch
from functions.shared.caller import Caller
from functions.shared.errors import InvalidError
from functions.shared.ids import new_id

ME, MATE = new_id("mem"), new_id("mem")
FIELDS = {"tier": ("enum", True), "size": ("number", True)}


def caller(member: str | None = ME, **more: Any) -> Caller:
    given = {"scopes": frozenset({"views:read", "views:write"}), "request_id": "req_1", **more}
    return Caller("wsp_one", "key_one", "rep", member=member, **given)


def view(by: Caller | None = None, **fields: Any) -> View:
    sent = {"name": "Mine", "record_type": "contact", **fields}
    return View.of(ViewFields.model_validate(sent), by or caller())


def custom(names: Iterable[str]) -> Mapping[str, tuple[str, bool]]:
    return {name: FIELDS[name] for name in names if name in FIELDS}


def faults(found: View) -> list[tuple[str, str]]:
    with pytest.raises(InvalidError) as refused:
        found.checked(caller(), custom)
    return [(each.pointer, each.code) for each in refused.value.errors]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"filters": {"colour": "red"}}, ("/filters/colour", "unknown_filter")),
        ({"filters": {"a/b~c": "red"}}, ("/filters/a~1b~0c", "unknown_filter")),
        ({"filters": {"": "red"}}, ("/filters/", "unknown_filter")),
        ({"filters": {"sort": "name"}}, ("/filters/sort", "unknown_filter")),
        ({"filters": {"deleted": "true"}}, ("/filters/deleted", "unknown_filter")),
        ({"filters": {"limit": "3"}}, ("/filters/limit", "unknown_filter")),
        ({"filters": {"status": "open"}}, ("/filters/status", "unknown_filter")),
        ({"filters": {"custom.nope": "x"}}, ("/filters/custom.nope", "unknown_field")),
        ({"filters": {"custom_min.size": "big"}}, ("/filters/custom_min.size", "invalid_filter")),
        ({"filters": {"owner": "you"}}, ("/filters/owner", "invalid_filter")),
        ({"filters": {"updated_since": "monday"}}, ("/filters/updated_since", "invalid_filter")),
        ({"sort": "colour"}, ("/sort", "unknown_sort")),
        ({"sort": "custom.tier"}, ("/sort", "unknown_sort")),
        ({"columns": ["name", "amount"]}, ("/columns/1", "unknown_field")),
        ({"columns": ["custom.nope"]}, ("/columns/0", "unknown_field")),
        ({"columns": ["custom."]}, ("/columns/0", "unknown_field")),
        ({"record_type": "product", "filters": {"owner": "me"}}, ("/filters/owner",
                                                                  "unknown_filter")),
    ],
)  # fmt: skip
def test_what_the_list_does_not_take_a_view_cannot_keep(
    fields: dict[str, Any], told: tuple[str, str]
) -> None:
    assert faults(view(**fields)) == [told]


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = view(filters={"colour": "red", "team": "x"}, sort="colour", columns=["colour"])
    assert faults(wrong) == [
        ("/filters/colour", "unknown_filter"), ("/columns/0", "unknown_field"),
        ("/filters/team", "invalid_filter"), ("/sort", "unknown_sort"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", LISTINGS)
def test_every_declared_filter_is_one_that_a_view_may_keep(kind: str) -> None:
    values = {
        "owner": "me", "team": new_id("tea"), "active": "true", "company_id": new_id("com"),
        "contact_id": new_id("con"), "pipeline_id": new_id("pip"), "amount_min": "5",
        "amount_max": "6", "score_min": "1", "score_max": "2", "close_since": "2026-11-22",
        "close_before": "2026-11-23",
    }  # fmt: skip
    asked = {
        name: values.get(
            name, "2026-11-22T21:59:17.123Z" if name.endswith(("_since", "_before")) else "x"
        )
        for name in filter_names(LISTINGS[kind])
    }
    for name in ("due", "tz"):  # go with each other, and with one order
        asked.pop(name, None)
    for name, text in {**asked, "custom.tier": "a", "custom_max.size": "3"}.items():
        kept = view(record_type=kind, filters={name: text}, sort="custom.size")
        assert kept.checked(caller(None), custom) is kept
        query = kept.read(lambda told, k=kind: parse(LISTINGS[k], told, caller(), custom))
        assert query.asked == {name: text, "sort": "custom.size"}


def test_a_view_keeps_an_agenda() -> None:
    mine = {"due": "today", "tz": "Europe/Berlin", "owner": "me"}
    kept = view(record_type="activity", filters=mine, sort=None)
    assert kept.checked(caller(None), custom) is kept
    assert faults(view(record_type="activity", filters={"due": "today"}, sort="updated_at")) == [
        ("/sort", "unknown_sort")
    ]
    assert faults(view(record_type="activity", filters={"tz": "Mars"}, sort=None)) == [
        ("/filters/tz", "invalid_filter")
    ]


def test_me_is_whoever_opens_it_and_nobody_when_that_is_a_program() -> None:
    kept = view(caller(None), filters={"owner": "me"}, sharing="shared")

    def read(who: Caller) -> Any:
        return kept.read(lambda told: parse(LISTINGS["contact"], told, who, custom))

    assert [read(caller(each)).owner for each in (ME, MATE)] == [ME, MATE]
    with pytest.raises(InvalidError) as refused:
        read(caller(None))
    assert refused.value.errors[0].pointer == "/filters/owner"


def test_a_view_is_its_maker_s_and_shared_ones_are_who_arranges_s_too() -> None:
    kept = view(sharing="shared")
    assert kept.maker_id == ME
    assert view(caller(None)).maker_id == "key_one"
    assert kept.held_by(caller())
    assert not kept.held_by(caller(MATE))
    arranging = frozenset({ARRANGES})
    assert kept.held_by(caller(MATE, scopes=arranging))
    assert not kept.held_by(caller(MATE, scopes=arranging, visibility="team"))


def test_a_patch_merges_filters_and_one_that_changes_nothing_is_no_change() -> None:
    old = view(filters={"tag": "a", "owner": "me"}, sort="name", columns=["name", "name", "email"])
    assert old.columns == ["name", "email"]

    def patched(**sent: Any) -> View:
        return old.patched(ViewPatch.model_validate(sent))

    assert patched(filters={"tag": None, "email": "a@example.com"}).filters == {
        "owner": "me", "email": "a@example.com",
    }  # fmt: skip
    assert patched(sort=None).sort is None
    assert patched(sharing="shared").version == 2
    same = {"name": "Mine", "filters": {"tag": "a"}, "columns": ["name", "email"], "sort": "name"}
    assert patched(**same) is old
    assert patched() is old
    many = {f"custom.f{number}": "x" for number in range(20)}
    assert ("/filters", "too_many_filters") in faults(patched(filters=many))
