"""From an event to the timelines it belongs on, and who sees what of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.dynamodb_timelines import Timelines
from functions.crm.fields import ContactFields
from functions.crm.model import Contact
from functions.crm.service import read_timeline
from functions.crm.timeline import GROUPS, Choice, TimelineEntry, group_of, project
from functions.shared.caller import Caller
from functions.shared.check import RecordName
from functions.shared.errors import MalformedError, NotFoundError
from functions.shared.events import CATALOGUE
from functions.shared.ids import new_id
from functions.shared.paging import Page
from functions.shared.table import Table

CON, OTHER, COM, OLD_COM, DEA = (new_id(p) for p in ("con", "con", "com", "com", "dea"))
VID = new_id("vid")
CALLER = Caller(
    "wsp_one", "key_one", "rep", frozenset({"contacts:read", "activities:read"}), "req_1"
)


def happening(
    kind: str, subject: str, data: dict[str, Any], previous: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return an event as the bus delivers it."""
    detail = {
        "id": new_id("evt"),
        "type": kind,
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "workspace": "wsp_one",
        "actor": {"type": "api_key", "id": "key_one"},
        "source": "api",
        "subject": {"type": kind.partition(".")[0], "id": subject},
        "data": data,
        "request_id": "req_1",
    }
    return {**detail, "previous": previous} if previous else detail


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (happening("contact.created", CON, {"company_id": COM}), {CON, COM}),
        (happening("contact.created", CON, {"company_id": None}), {CON}),
        (happening("contact.updated", CON, {"company_id": COM}, {"company_id": OLD_COM}),
         {CON, COM, OLD_COM}),
        (happening("company.updated", COM, {"name": "New"}), {COM}),
        (happening("deal.stage_moved", DEA, {"company_id": COM, "contact_ids": [CON, OTHER]}),
         {DEA, COM, CON, OTHER}),
        (happening("deal.updated", DEA, {"contact_ids": []}, {"contact_ids": [CON]}), {DEA, CON}),
        (happening("activity.created", new_id("act"), {"links": [{"type": "deal", "id": DEA}]}),
         {DEA}),
        (happening("video.ready", VID,
                   {"links": [{"type": "contact", "id": CON}, {"type": "deal", "id": DEA}]}),
         {CON, DEA, VID}),
        (happening("share.opened", new_id("shr"),
                   {"video_id": VID, "links": [{"type": "contact", "id": CON}]}), {CON, VID}),
        (happening("video.ready", new_id("vid"), {"links": []}), set()),
        (happening("workspace.created", "wsp_one", {"name": "One"}), set()),
        (happening("video.ready", new_id("vid"), {"links": [{"type": "contact", "id": "x#y"}]}),
         set()),
    ],
)  # fmt: skip
def test_an_event_belongs_to_every_record_it_concerns_once(
    event: dict[str, Any], expected: set[str]
) -> None:
    projection = project(event)
    assert set(projection.record_ids) == expected
    assert len(projection.record_ids) == len(expected)
    assert projection.workspace == "wsp_one"


def test_an_entry_says_what_the_event_said() -> None:
    event = happening("contact.updated", CON, {"name": "New"}, {"name": "Old"})
    entry = project(event).entry
    assert entry.model_dump(exclude_none=True) == {
        "id": event["id"],
        "object": "timeline_entry",
        "kind": "contact.updated",
        "group": "changes",
        "occurred_at": event["occurred_at"],
        "actor": {"type": "api_key", "id": "key_one"},
        "source": "api_key",
        "subject": {"type": "contact", "id": CON},
        "data": {"name": "New"},
        "previous": {"name": "Old"},
    }


class Kept:
    """A timeline and a store of records in memory."""

    def __init__(self, entries: list[TimelineEntry] | None, *records: Contact) -> None:
        self._entries = entries
        self.asked: list[str] | None = None
        self._records = {each.id: each for each in records}

    def page(
        self, record_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[TimelineEntry] | None:
        if self._entries is None:
            return None
        return Page(self._entries[:limit], {"sk": "next"} if len(self._entries) > limit else None)

    def chosen(self, record_id: str, choice: Choice, **_: Any) -> Page[TimelineEntry]:
        return Page([each for each in self._entries or () if choice.takes(each.kind)], None)

    def get(self, record_id: str) -> Contact:
        if record_id not in self._records:
            raise NotFoundError("There is no such contact.")
        return self._records[record_id]

    def seen(self, subjects: Sequence[RecordName]) -> set[str]:
        self.asked = [each.id for each in subjects]
        return set(self.asked[:1])


def read(
    kept: Kept,
    record_id: str,
    *,
    start: Mapping[str, Any] | None = None,
    caller: Caller = CALLER,
) -> Any:
    return read_timeline(
        Contact, record_id, caller, kept, kept, kept, limit=10, start=start,  # type: ignore[type-var, arg-type]
    )  # fmt: skip


ADA = Contact.of(ContactFields(name="Ada"), CALLER)


def test_entries_about_what_the_caller_may_not_read_are_left_out() -> None:
    mine = project(happening("contact.updated", ADA.id, {"name": "N"})).entry
    note = project(happening("activity.created", new_id("act"), {"body": "b"})).entry
    deal = project(happening("deal.created", DEA, {"name": "D"})).entry
    video = project(happening("video.ready", new_id("vid"), {"title": "T"})).entry
    alien = project(happening("spaceship.landed", new_id("vid"), {})).entry
    page = read(Kept([mine, note, deal, video, alien], ADA), ADA.id)
    assert list(page.items) == [mine, note]


def test_who_sees_some_records_sees_entries_about_those() -> None:
    mine = project(happening("contact.updated", ADA.id, {"name": "N"})).entry
    shown, hidden = (
        project(happening("activity.created", new_id("act"), {"body": "b"})).entry for _ in range(2)
    )
    kept = Kept([shown, hidden, mine, hidden], ADA)
    page = read(kept, ADA.id, caller=replace(CALLER, visibility="own"))
    assert list(page.items) == [shown, mine]
    assert kept.asked == [shown.subject.id, hidden.subject.id]


def test_who_sees_all_asks_for_nothing() -> None:
    kept = Kept([project(happening("activity.created", new_id("act"), {"body": "b"})).entry], ADA)
    assert len(read(kept, ADA.id).items) == 1
    assert kept.asked is None


def test_an_empty_timeline_of_a_record_is_an_empty_page() -> None:
    assert list(read(Kept([], ADA), ADA.id).items) == []


def test_the_timeline_of_no_record_of_a_deleted_one_and_of_another_type_is_absent() -> None:
    for kept, record_id in ((Kept([]), ADA.id), (Kept(None, ADA), ADA.id), (Kept([], ADA), DEA)):
        with pytest.raises(NotFoundError, match="There is no such contact"):
            read(kept, record_id)


def test_a_further_page_that_is_empty_is_just_the_end() -> None:
    assert list(read(Kept([]), ADA.id, start={"sk": "x"}).items) == []


@pytest.mark.parametrize(
    ("source", "told"),
    [("api", "api_key"), ("automation", "automation"), ("import", "import"), ("ai", "ai")],
)
def test_an_entry_tells_how_it_came_about_and_where_that_was_taken_from(
    source: str, told: str
) -> None:
    evidence = {"video": new_id("vid"), "start_ms": 61_000}
    event = happening("contact.updated", CON, {}) | {"source": source, "evidence": evidence}
    entry = project(event).entry
    assert (entry.source, entry.evidence) == (told, evidence)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_event_belongs_to_one_group(name: str) -> None:
    group = group_of(name)
    assert Choice.of(group).takes(name)
    assert Choice.of(name).takes(name)
    assert not any(Choice.of(each).takes(name) for each in GROUPS if each != group)
    assert Choice.of(f"{name},{group}").kinds == frozenset()


@pytest.mark.parametrize(
    "text", ["", ",", "nothing", "deal.stage_moved,", "a.b#c", "Deal.moved", "x" * 90]
)
def test_a_kind_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        Choice.of(text)


MOMENTS = [f"2026-11-22T21:59:1{n}.000Z" for n in range(3)]  # several of them share one


@given(st.lists(st.sampled_from(MOMENTS), min_size=1, max_size=8), st.data())
def test_any_order_of_delivery_with_any_repeats_gives_one_timeline(
    moments: list[str], data: st.DataObject
) -> None:
    people = [CON, OTHER]
    events = [
        happening("activity.created", new_id("act"), {"links": [{"type": "contact", "id": each}
                  for each in data.draw(st.lists(st.sampled_from(people), max_size=2))]})
        | {"occurred_at": moment}
        for moment in moments
    ]  # fmt: skip
    once, often = Shelf(), Shelf()
    for event in events:
        once.deliver(event)
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=8))
    for event in data.draw(st.permutations([*events, *repeats])):
        often.deliver(event)
    for each in people:
        assert often.read(each) == once.read(each)
        times = [(entry.occurred_at, entry.id) for entry in often.read(each)]
        assert times == sorted(times, reverse=True)
        assert len(set(times)) == len(times)


class Shelf:
    """A table in memory: an item is put where there is none."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], dict[str, Any]] = {}
        self._table = Table(self, "crm", "wsp_one")  # type: ignore[arg-type]

    def deliver(self, event: dict[str, Any]) -> None:
        _, entry, record_ids = project(event)
        if record_ids:
            Timelines(self._table).add(entry, record_ids)

    def read(self, record_id: str) -> list[TimelineEntry]:
        page = Timelines(self._table).page(record_id, limit=100)
        assert page is not None
        return list(page.items)

    def put_item(self, *, Item: Any, **_: Any) -> Any:  # noqa: N803 - botocore's names
        self._items.setdefault((Item["pk"]["S"], Item["sk"]["S"]), Item)
        return {}

    def transact_write_items(self, *, TransactItems: Any) -> Any:  # noqa: N803
        puts = [each["Put"]["Item"] for each in TransactItems]
        if not any((each["pk"]["S"], each["sk"]["S"]) in self._items for each in puts):
            for each in puts:
                self.put_item(Item=each)
        return {}

    def query(self, *, ExpressionAttributeValues: Any, **_: Any) -> Any:  # noqa: N803
        pk = ExpressionAttributeValues[":pk"]["S"]
        keys = sorted((key for key in self._items if key[0] == pk), reverse=True)
        return {"Items": [self._items[key] for key in keys]}
