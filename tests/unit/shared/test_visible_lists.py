"""Lists of who sees only some records, held against filtering the whole list: page by page the
same records in the same order, none twice, none left out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from functions.shared.caller import Caller
from functions.shared.record import OwnedRecord
from functions.shared.records import Records
from functions.shared.table import QueryPage, Table


class Thing(OwnedRecord):
    PREFIX: ClassVar[str] = "thi"
    OBJECT: ClassVar[str] = "thing"


class Shelf(Table):
    """A table's indexes in memory; a reply is cut after `cut` items, as DynamoDB cuts at 1 MB."""

    def __init__(self, cut: int) -> None:
        super().__init__(None, "things", "wsp_one")  # type: ignore[arg-type]
        self.items: list[dict[str, Any]] = []
        self.requests = 0
        self._cut = cut

    def query(self, pk: str, **asked: Any) -> QueryPage:
        self.requests += 1
        index = asked["index"]
        place = f"{index}sk"
        there = sorted(
            (each for each in self.items if each.get(f"{index}pk") == pk),
            key=lambda each: str(each[place]),
            reverse=True,
        )
        left = [x for x in there if asked["before"] is None or x[place] < asked["before"]]
        shown = left[: min(asked["limit"], self._cut)]
        # DynamoDB names a last key as soon as the limit is reached, were it the last item
        more = len(shown) == asked["limit"] or len(shown) < len(left)
        return QueryPage(items=shown, last_key=shown[-1] if more else None)


MEMBERS = [None, "mem_me", "mem_other"]
TEAMS = [None, "tea_a", "tea_b", "tea_c"]
OWNERSHIP = st.lists(
    st.tuples(st.sampled_from(MEMBERS), st.sampled_from(TEAMS), st.integers(0, 5)), max_size=30
)


def records(shelf: Shelf, caller: Caller) -> Records[Thing]:
    return Records(shelf, Thing, caller)


def caller(visibility: Any, teams: tuple[str, ...], member: str | None = "mem_me") -> Caller:
    return Caller(
        "wsp_one", "p", "rep", frozenset(), "r",
        member=member, teams=teams, visibility=visibility,
    )  # fmt: skip


def place(shelf: Shelf, number: int, owner: str | None, team: str | None, second: int) -> None:
    """Put a thing on the shelf as `Records` would; many are made within one second."""
    thing = Thing(
        id=f"thi_{number:026d}", object="thing", created_by={}, version=1,
        created_at=f"2026-11-22T21:59:{second:02d}.000Z", updated_at="", owner_id=owner,
        team_id=team,
    )  # fmt: skip
    shelf.items.append(records(shelf, caller("all", ()))._item(thing, []))


def walked(shelf: Shelf, who: Caller, limit: int, between: Any = lambda: None) -> list[str]:
    """Return the ids of all pages; `between` happens between every two."""
    found: list[str] = []
    start: Mapping[str, Any] | None = None
    for _ in range(200):
        page = records(shelf, who).page(limit=limit, start=start)
        assert len(page.items) <= limit
        found += [each.id for each in page.items]
        start = page.position
        if start is None:
            return found
        between()
    raise AssertionError("the list has no end")


@given(
    OWNERSHIP,
    st.sampled_from(["own", "team", "all"]),
    st.sets(st.sampled_from(TEAMS[1:])),
    st.sampled_from(MEMBERS[:2]),
    st.integers(1, 7),
    st.integers(1, 7),
)
def test_pages_are_the_whole_list_filtered(
    things: list[Any], visibility: str, teams: set[str], member: str | None, limit: int, cut: int
) -> None:
    shelf, who = Shelf(cut), caller(visibility, tuple(sorted(teams)), member)
    for number, (owner, team, second) in enumerate(things):
        place(shelf, number, owner, team, second)

    newest = sorted(shelf.items, key=lambda each: str(each["gsi1sk"]), reverse=True)
    naive = [x["id"] for x in newest if who.sees(x.get("owner_id"), x.get("team_id"))]

    assert walked(shelf, who, limit) == naive


@given(OWNERSHIP, st.integers(1, 4), st.sampled_from(["own", "team", "all"]))
def test_what_is_made_meanwhile_disturbs_no_later_page(
    things: list[Any], limit: int, visibility: str
) -> None:
    shelf, who = Shelf(100), caller(visibility, ("tea_a", "tea_b"))
    for number, (owner, team, second) in enumerate(things):
        place(shelf, number, owner, team, second)
    before = walked(shelf, who, 100)

    def newer() -> None:
        place(shelf, len(shelf.items), "mem_me", "tea_a", 59)

    assert walked(shelf, who, limit, newer) == before


def test_a_cursor_goes_on_in_another_view_of_the_same_list() -> None:
    """Somebody's visibility changes between two pages: nothing is shown twice."""
    shelf = Shelf(100)
    for number in range(6):
        place(shelf, number, "mem_me", "tea_a", number)
    first = records(shelf, caller("team", ("tea_a",))).page(limit=2)
    for visibility in ("own", "team", "all"):
        rest = records(shelf, caller(visibility, ("tea_a",))).page(limit=10, start=first.position)
        assert [each.id[-1] for each in rest.items] == ["3", "2", "1", "0"]


def test_a_page_costs_one_request_for_oneself_and_one_for_each_team() -> None:
    for visibility, teams, member, requests in (
        ("all", ("tea_a", "tea_b"), "mem_me", 1),
        ("own", ("tea_a", "tea_b"), "mem_me", 1),
        ("team", ("tea_a", "tea_b"), "mem_me", 3),
        ("team", ("tea_a", "tea_a"), None, 1),
        ("team", (), None, 0),
        ("own", ("tea_a",), None, 0),
    ):
        shelf = Shelf(100)
        page = records(shelf, caller(visibility, teams, member)).page(limit=5)
        assert (shelf.requests, list(page.items), page.position) == (requests, [], None)
