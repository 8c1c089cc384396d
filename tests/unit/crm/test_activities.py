"""Activities: what each type has and lacks, and what follows from a task's words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.crm.activity_fields import ActivityFields, ActivityPatch
from functions.crm.model import Activity, Reference
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, InvalidError
from functions.shared.ids import new_id

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
CON, DEA, VID = (new_id(prefix) for prefix in ("con", "dea", "vid"))
AT = "2026-11-22T21:59:17Z"
OWN: dict[str, dict[str, Any]] = {
    "call": {"direction": "inbound", "duration_ms": 61_000, "outcome": "connected"},
    "meeting": {"starts_at": AT, "ends_at": AT, "attendees": [{"email": "Ada@Example.com"}]},
    "email": {"direction": "outbound", "message_id": "<1@example.com>",
              "sender": {"email": "a@example.com"}, "to": [{"email": "b@example.com"}]},
    "message": {"direction": "inbound", "channel": "whatsapp"},
    "task": {"due_at": AT, "priority": "high"},
}  # fmt: skip


def body(kind: str, **more: Any) -> dict[str, Any]:
    own = {kind: OWN[kind]} if kind in OWN else {}
    return {"type": kind, "subject": "S", "body": "b", **own, **more}


def made(**fields: Any) -> Activity:
    return Activity.of(ActivityFields.model_validate(fields), CALLER)


def task(**own: Any) -> Activity:
    return made(type="task", subject="S", task=own)


def patched(activity: Activity, **patch: Any) -> Activity:
    return activity.patched(ActivityPatch.model_validate(patch))


def pointers(fields: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        ActivityFields.model_validate(fields)
    return ["/".join(map(str, fault["loc"])) for fault in caught.value.errors()]


@pytest.mark.parametrize("kind", [*OWN, "note"])
def test_each_type_has_its_own_fields_and_no_others(kind: str) -> None:
    activity = made(**body(kind))
    assert activity.type == kind
    assert [name for name in OWN if getattr(activity, name)] == [
        name for name in OWN if name == kind
    ]
    for another in OWN.keys() - {kind}:
        assert pointers(body(kind, **{another: OWN[another]})) == [another]


@pytest.mark.parametrize("kind", ["call", "meeting", "email", "message"])
def test_what_a_type_is_about_must_be_said(kind: str) -> None:
    assert pointers({"type": kind}) == [kind]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"type": "note"}, "body"),
        ({"type": "task"}, "subject"),
        ({"type": "fax", "body": "b"}, "type"),
        (body("note", body="b" * 10_001), "body"),
        (body("note", links=[{"type": "deal", "id": CON}]), "links/0"),
        (body("note", links=[{"type": "activity", "id": new_id("act")}]), "links/0/type"),
        (body("note", links=[{"type": "contact", "id": new_id("con")} for _ in range(41)]),
         "links"),
        (body("note", links=[{"type": "contact", "id": CON, "role": "The Boss"}]), "links/0/role"),
        (body("note", occurred_at="yesterday"), "occurred_at"),
        (body("call", call={"direction": "up"}), "call/direction"),
        (body("call", call={"direction": "inbound", "duration_ms": -1}), "call/duration_ms"),
        (body("meeting", meeting={"starts_at": AT, "ends_at": "2026-11-22T21:59:16Z"}),
         "meeting/ends_at"),
        (body("meeting", meeting={"starts_at": AT, "attendees": [{}]}), "meeting/attendees/0"),
        (body("email", email={"direction": "inbound", "to": [{"email": "b"}]}), "email/to/0/email"),
        (body("task", task={"due_date": "2026-11-22"}), "task/time_zone"),
        (body("task", task={"due_time": "09:00"}), "task/due_time"),
        (body("task", task={"due_at": AT, "due_date": "2026-11-22", "time_zone": "UTC"}),
         "task/due_date"),
        (body("task", task={"due_date": "9999-12-31", "time_zone": "UTC"}), "task/due_date"),
        (body("task", task={"remind_before": 5}), "task/remind_before"),
        (body("task", task={"due_at": AT, "reminder_at": AT, "remind_before": 5}),
         "task/remind_before"),
        (body("task", task={"due_at": AT, "remind_before": 40_321}), "task/remind_before"),
    ],
)  # fmt: skip
def test_a_value_beyond_a_bound_is_named(fields: dict[str, Any], where: str) -> None:
    assert where in pointers(fields)


def test_an_activity_was_when_it_says_else_when_it_was_put_down() -> None:
    said = made(**body("call", occurred_at="2026-11-22T23:00:00+02:00"))
    assert said.occurred_at == "2026-11-22T21:00:00.000Z"
    assert made(**body("meeting")).occurred_at == "2026-11-22T21:59:17.000Z"
    now = made(**body("note"))
    assert now.created_at[:19] == now.occurred_at[:19]


def test_a_task_is_due_at_an_instant_that_follows_from_its_words() -> None:
    assert task().due_at is None
    assert task(due_at=AT).due_at == "2026-11-22T21:59:17.000Z"
    day = {"due_date": "2026-03-29", "time_zone": "Europe/Berlin"}
    assert task(**day).due_at == "2026-03-29T22:00:00.000Z"
    timed = task(**day, due_time="09:30", remind_before=90)
    assert (timed.due_at, timed.remind_at) == (
        "2026-03-29T07:30:00.000Z", "2026-03-29T06:00:00.000Z",
    )  # fmt: skip
    later = patched(timed, task={"due_date": "2026-03-30"})
    assert (later.due_at, later.remind_at) == (
        "2026-03-30T07:30:00.000Z", "2026-03-30T06:00:00.000Z",
    )  # fmt: skip
    never = patched(later, task=None)
    assert (never.due_at, never.remind_at) == (None, None)


def test_a_patch_that_changes_nothing_is_the_same_activity() -> None:
    before = task(due_at=AT, priority="high")
    assert (
        patched(before, task={"priority": "high", "due_at": "2026-11-22T22:59:17+01:00"}) is before
    )


def test_a_patch_cannot_make_another_type_of_it() -> None:
    with pytest.raises(ValidationError):
        patched(made(**body("note")), type="task")
    with pytest.raises(InvalidError) as refused:
        patched(made(**body("note")), task={"priority": "low"})
    assert [each.pointer for each in refused.value.errors] == ["/task"]


def test_a_task_is_done_and_open_again_and_nothing_else_is() -> None:
    open_ = task(due_at=AT)
    done = open_.in_state("done")
    assert (done.status, done.version, done.done_at is not None) == ("done", 2, True)
    assert done.in_state("done") is done
    again = done.in_state("open")
    assert (again.status, again.done_at, again.due_at) == ("open", None, open_.due_at)
    with pytest.raises(ConflictError):
        made(**body("note")).in_state("done")


def test_references_say_where_they_stand_and_videos_apart() -> None:
    links = [{"type": "deal", "id": DEA}, {"type": "video", "id": VID}]
    call = made(**body("call", links=links, call={"direction": "inbound", "video_id": VID}))
    assert call.references() == [Reference("/links/0/id", DEA)]
    assert call.videos() == [Reference("/links/1/id", VID), Reference("/call/video_id", VID)]
    meeting = made(type="meeting", meeting={"starts_at": AT, "attendees": [{"contact_id": CON}]})
    assert meeting.references() == [Reference("/meeting/attendees/0/contact_id", CON)]


def test_a_record_is_linked_once_in_its_last_role() -> None:
    link = {"type": "contact", "id": CON}
    fields = body("note", links=[link, {**link, "role": "buyer"}])
    assert [each.role for each in made(**fields).links] == ["buyer"]


@given(st.sampled_from([*OWN, "note"]), st.sampled_from(["subject", "body", "links", *OWN]))
def test_what_is_stored_can_be_patched_with_itself(kind: str, name: str) -> None:
    activity = made(**body(kind))
    own = activity.model_dump(mode="json")[name]
    if own is not None:
        assert patched(activity, **{name: own}) is activity
