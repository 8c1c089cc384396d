"""The audit log as it is asked for: by actor, subject and time, in pages, by those who may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.identity.audit_entry import Draft
from functions.identity.dynamodb_audit import AuditLog
from functions.shared.clock import iso
from functions.shared.policy import ROLES
from tests.integration.audit.desk import WORKSPACE, Desk, platform
from tests.integration.cloud import Calls
from tests.integration.gateway import Member

START = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
ACTORS, SUBJECTS = ("key_a", "key_b", "mem_c"), ("con_1", "con_2", "dea_3")


def enter(number: int, minute: int, actor: str, subject: str, member: str | None = None) -> None:
    facts = {
        "id": f"evt_{number:04}", "type": "contact.updated", "workspace": WORKSPACE,
        "occurred_at": iso(START), "actor": {"type": "api_key", "id": actor},
        "subject": {"type": "contact", "id": subject}, "request_id": "r", "source": "api",
        "address": None, "agent": None, "member": member, "detail": None,
    }  # fmt: skip
    actors = (actor,) if member is None else (actor, member)
    draft = Draft(WORKSPACE, facts["id"], facts, subject, actors)
    assert AuditLog(platform()).append(draft.entry(START + timedelta(minutes=minute), None))


acts = st.lists(
    st.tuples(st.integers(0, 180), st.sampled_from(ACTORS), st.sampled_from(SUBJECTS)),
    max_size=14,
)
a_moment = st.none() | st.integers(-5, 185)


@settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    acts, st.none() | st.sampled_from(ACTORS), st.none() | st.sampled_from(SUBJECTS), a_moment,
    a_moment, st.integers(1, 7),
)  # fmt: skip
def test_pages_hold_exactly_what_is_asked_for_newest_first(
    desk: Desk, done: list[Any], actor: str | None, subject: str | None, since: int | None,
    until: int | None, limit: int,
) -> None:  # fmt: skip
    log = AuditLog(platform(f"{WORKSPACE}{_turn()}"))
    expected = []
    for number, (minute, who, what) in enumerate(done):
        entry = Draft("w", f"evt_{number:04}", {"id": number}, what, (who,)).entry(
            START + timedelta(minutes=minute), None
        )
        log.append(entry)
        if (
            actor in (None, who)
            and subject in (None, what)
            and (since is None or minute >= since)
            and (until is None or minute < until)
        ):
            expected.append(entry)
    if since is not None and until is not None and since >= until:
        return  # the route refuses it

    found: list[str] = []
    position, pages = None, 0
    while True:
        with Calls("dynamodb") as calls:
            page = log.page(
                limit=limit, actor=actor, subject=subject, start=position,
                since=None if since is None else iso(START + timedelta(minutes=since)),
                until=None if until is None else iso(START + timedelta(minutes=until)),
            )  # fmt: skip
        assert calls in (["Query"], ["Query", "BatchGetItem"])
        assert len(page.texts) <= limit
        found += page.texts
        position, pages = page.position, pages + 1
        if position is None:
            break

    newest = sorted(expected, key=lambda each: each.position, reverse=True)
    assert found == [entry.text for entry in newest]
    assert pages <= len(expected) // limit + 1


_turns = iter(range(1_000_000))


def _turn() -> int:
    return next(_turns)


def test_a_filter_s_cursor_is_of_no_use_to_another_one(desk: Desk) -> None:
    for number in range(3):
        enter(number, number, "key_a", "con_1")
    cursor = desk.identity.get("/v1/audit?limit=1&actor=key_a").json["next_cursor"]

    assert desk.identity.get(f"/v1/audit?limit=1&actor=key_a&cursor={cursor}").status == 200
    reply = desk.identity.get(f"/v1/audit?limit=1&actor=key_b&cursor={cursor}")
    assert (reply.status, reply.json["code"]) == (400, "invalid_cursor")


def test_what_a_member_did_is_found_whatever_credential_it_used(desk: Desk) -> None:
    enter(1, 1, "key_a", "con_1", member="mem_c")
    enter(2, 2, "key_b", "con_1", member="mem_c")
    enter(3, 3, "key_b", "con_1")

    assert [each["id"] for each in desk.entries("actor=mem_c")] == ["evt_0002", "evt_0001"]
    assert len(desk.entries("actor=key_b")) == 2


def test_other_workspaces_entries_are_not_there(desk: Desk) -> None:
    enter(1, 1, "key_a", "con_1")
    stranger = Desk(desk.as_member(workspace="ws_two").member)

    assert len(desk.entries()) == 1
    for query in ("", "actor=key_a", "subject=con_1", "actor=key_a&subject=con_1"):
        assert stranger.entries(query) == []


@pytest.mark.parametrize("role", ROLES)
def test_only_those_with_the_scope_may_look(desk: Desk, role: str) -> None:
    reply = desk.as_member(role=role).identity.get("/v1/audit")

    assert reply.status == (200 if "audit:read" in ROLES[role] else 403)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2026-11-22T20:00:00Z&to=2026-11-22T21:00:00%2B01:00", 422),  # the same moment
        ("from=yesterday", 422),
        ("from=2026-11-22", 422),
        ("from=1763841557", 422),
        ("from=17638415571763841557", 422),
        ("from=0001-01-01T00:00:00%2B23:59", 422),
        ("to=9999-12-31T23:59:59-23:59", 422),
        ("from=2026-13-22T20:00:00Z", 422),
        ("actor=a%23b", 422),
        ("subject=", 422),
        ("limit=0", 422),
        ("cursor=nonsense", 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(desk: Desk, query: str, status: int) -> None:
    assert desk.identity.get(f"/v1/audit?{query}").status == status


def test_a_time_of_another_zone_is_understood(desk: Desk) -> None:
    for number in range(3):
        enter(number, 30 * number, "key_a", "con_1")

    query = "from=2026-11-22T21:30:00%2B01:00&to=2026-11-22T21:00:00Z"
    assert [each["id"] for each in desk.entries(query)] == ["evt_0001"]


def test_who_does_not_see_all_records_sees_names_of_fields_and_no_values(desk: Desk) -> None:
    desk.crm.make("/v1/contacts", {"name": "Ada"})
    desk.pump()
    member = Member(WORKSPACE, "key_team", visibility="team")

    (entry,) = Desk(member).entries()

    assert (entry["values"], entry["before"], entry["after"]) == ("hidden", None, None)
    assert "name" in entry["changed"]
