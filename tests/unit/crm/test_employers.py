"""By which domains somebody's company is known, and which events tell of one."""

from typing import Any

import pytest

from functions.crm.employers import concerns, domains_of, named_after, waiting


@pytest.mark.parametrize(
    ("email", "domains"),
    [
        ("ada@harbor.example", ["harbor.example"]),
        ("ada@eu.harbor.example", ["eu.harbor.example", "harbor.example"]),
        ("ada@a.b.c.d.example", ["a.b.c.d.example", "b.c.d.example", "c.d.example"]),
        ("ada@gmail.com", []),
        ("ada@mail.gmail.com", ["mail.gmail.com"]),
        (None, []),
    ],
)
def test_a_company_is_known_by_the_domain_and_what_is_left_of_it(
    email: str | None, domains: list[str]
) -> None:
    assert domains_of(email) == domains


def test_a_contact_waits_for_its_company_while_it_has_none() -> None:
    contact = {"object": "contact", "email": "ada@eu.harbor.example"}

    def places(**more: Any) -> list[tuple[str, ...]]:
        return [each.partition for each in waiting({**contact, **more}, {})[0]]

    assert places() == [("EMPLOYABLE", "eu.harbor.example"), ("EMPLOYABLE", "harbor.example")]
    assert places(company_id="com_1") == places(deleted_at="2026") == places(email=None) == []
    assert places(object="lead") == places()
    assert places(object="lead", company_domain="quay.example") == [("EMPLOYABLE", "quay.example")]
    assert places(object="lead", converted_at="2026") == places(object="company") == []


@pytest.mark.parametrize(
    ("kind", "previous", "so"),
    [
        ("contact.created", None, True),
        ("contact.restored", None, True),
        ("contact.updated", {"email": None}, True),
        ("contact.updated", {"company_id": "com_1"}, False),
        ("contact.deleted", None, False),
        ("company.created", None, True),
        ("company.updated", {"domain": None}, True),
        ("company.updated", {"name": "Harbor"}, False),
        ("lead.created", None, True),
        ("lead.updated", {"company_domain": None}, True),
        ("lead.updated", {"score": 3}, False),
        ("deal.created", None, False),
    ],
)
def test_some_events_may_mean_that_a_company_is_known(kind: str, previous: Any, so: bool) -> None:  # noqa: FBT001
    assert concerns({"type": kind, "previous": previous}) is so


def test_a_company_is_called_after_its_domain() -> None:
    assert named_after("harbor-foods.co.example") == "Harbor Foods"
