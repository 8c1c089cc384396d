"""Events as they are built from the images of a write."""

from typing import Any

import pytest

from functions.shared.caller import Caller
from functions.shared.events import CATALOGUE, detail_type, envelope
from functions.shared.record import stamp

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
NEW: dict[str, Any] = {
    "id": "con_1", "object": "contact", "version": 2, "name": "New", "email": "a@example.com",
    "pk": "W#wsp_one#con_1", "phone": "1", "_events": [],
}  # fmt: skip


def test_an_event_says_who_did_what_to_which_record_and_when() -> None:
    stamped = stamp("contact.created", CALLER)
    detail = envelope("wsp_one", stamped, NEW, None)
    assert detail["id"].startswith("evt_")
    assert detail == {
        "id": stamped["id"],
        "type": "contact.created",
        "occurred_at": stamped["occurred_at"],
        "workspace": "wsp_one",
        "actor": {"type": "api_key", "id": "key_one"},
        "source": "api",
        "subject": {"type": "contact", "id": "con_1"},
        "data": {
            "id": "con_1", "version": 2, "name": "New", "email": "a@example.com",
            "company_id": None, "owner_id": None, "team_id": None, "phone": "1",
            "title": None, "external_id": None, "tags": [], "custom": {}, "merged_into": None,
            "merged_ids": [],
        },
        "request_id": "req_1",
    }  # fmt: skip


def test_a_change_also_says_what_was_before_and_only_that() -> None:
    old = {**NEW, "version": 1, "name": "Old", "email": None}
    detail = envelope("wsp_one", stamp("contact.updated", CALLER), NEW, old)
    assert detail["previous"] == {"name": "Old", "email": None}


def test_a_change_of_unpublished_fields_has_no_before() -> None:
    detail = envelope("wsp_one", stamp("contact.updated", CALLER), {**NEW, "_touched": 1}, NEW)
    assert "previous" not in detail


def test_an_event_that_the_catalogue_lacks_is_refused() -> None:
    with pytest.raises(KeyError):
        envelope("wsp_one", stamp("contact.vanished", CALLER), NEW, None)


def test_the_bus_knows_an_event_by_its_versioned_name() -> None:
    assert detail_type("deal.stage_moved") == "deal.stage_moved.v1"


def test_every_crm_record_is_announced_from_birth_to_death() -> None:
    acts = ("created", "updated", "deleted", "restored", "purged", "expired")
    for kind in ("contact", "company", "lead", "deal", "activity", "product"):
        for act in acts:
            assert CATALOGUE[f"{kind}.{act}"].source == "reelate.crm"
    assert all(entry.meaning.endswith(".") for entry in CATALOGUE.values())
