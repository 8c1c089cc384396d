"""A converted lead becomes itself again; many who convert, change and take back at once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.crm import conversion
from functions.crm.api.handler import handler
from functions.shared import aws
from functions.shared.attributes import marshal_item, unmarshal_item
from functions.shared.ids import new_id
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import image
from tests.integration.crm.converting import PASSING, convert, counts, lead, steady, unconvert
from tests.integration.doors import serve_doors
from tests.integration.gateway import Api, Member
from tests.integration.parallel import at_once, shared_cloud


def test_a_lead_is_itself_again_within_the_hour(api: Api) -> None:
    made = lead(api)
    api.post(f"/v1/leads/{made}/move", {"stage": "working"})
    before = api.get(f"/v1/leads/{made}").json
    view = convert(api, made, {"deal": {}}).json

    back = unconvert(api, made)

    assert back.status == 200
    assert steady(back.json) == steady(before)
    assert back.json == api.get(f"/v1/leads/{made}").json
    assert counts(api) == (0, 0, 0)
    assert "lead.unconverted" in {each["type"] for each in image(made)["_events"]}
    assert api.get(f"/v1/contacts/{view['contact']['id']}").status == 404
    refused = unconvert(api, made)
    assert (refused.status, refused.json["code"]) == (409, "not_converted")
    again = convert(api, made, {"deal": {}})  # the address and the domain are free again
    assert (again.status, again.json["created"]) == (200, ["company", "contact", "deal"])


def test_what_was_attached_stays_as_it_is(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "A. Lovelace", "email": "ada@big.example"})
    made = lead(api)
    convert(api, made)
    changed = api.patch(f"/v1/contacts/{contact['id']}", {"title": "Countess"}).json
    assert unconvert(api, made).status == 200
    assert api.get(f"/v1/contacts/{contact['id']}").json == changed
    assert counts(api) == (1, 0, 0)


@pytest.mark.parametrize("touched", [("contact",), ("company", "deal")])
def test_what_has_been_changed_since_is_named_and_nothing_is_taken_back(
    api: Api, touched: tuple[str, ...]
) -> None:
    made = lead(api)
    view = convert(api, made, {"deal": {}}).json
    paths = {"contact": "contacts", "company": "companies", "deal": "deals"}
    for name in touched:
        api.patch(f"/v1/{paths[name]}/{view[name]['id']}", {"name": "Changed"})
    converted = api.get(f"/v1/leads/{made}").json

    refused = unconvert(api, made)

    assert (refused.status, refused.json["code"]) == (409, "records_edited")
    assert {e["pointer"] for e in refused.json["errors"]} == {f"/{name}" for name in touched}
    assert api.get(f"/v1/leads/{made}").json == converted
    assert counts(api) == (1, 1, 1)


def test_after_an_hour_it_stays_converted(api: Api) -> None:
    made = lead(api)
    convert(api, made)
    item = image(made)
    item["converted_at"] = "2026-11-22T21:59:17.123Z"
    aws.client("dynamodb").put_item(TableName=ENVIRONMENT["CRM_TABLE"], Item=marshal_item(item))
    refused = unconvert(api, made)
    assert (refused.status, refused.json["code"]) == (409, "unconvert_too_late")


def test_conversions_cost_what_is_said(api: Api, calls: Calls) -> None:
    made = lead(api)
    calls.clear()
    convert(api, made, {"deal": {}}, idempotency_key="k")
    read = calls.take()
    assert (read[0], read[-1]) == ("GetItem", "TransactWriteItems")
    assert Counter(read) == {"GetItem": 3, "BatchGetItem": 1, "TransactWriteItems": 1}
    unconvert(api, made, idempotency_key="k")
    assert Counter(calls.take()) == {"GetItem": 6, "TransactWriteItems": 1}
    convert(api, made, {"deal": {}})  # knows the pipelines now
    assert Counter(calls.take()) == {"GetItem": 2, "BatchGetItem": 1, "TransactWriteItems": 1}
    other = lead(api)
    calls.clear()
    convert(api, other, {"deal": {}})
    assert Counter(calls.take()) == {"GetItem": 2, "BatchGetItem": 2, "TransactWriteItems": 1}


fields = st.fixed_dictionaries(
    {"name": st.sampled_from(["Ada", "Grace", "Łukasz"])},
    optional={
        "email": st.sampled_from(["ada@big.example", "grace@small.example", None]),
        "title": st.sampled_from(["CTO", None]),
        "company_name": st.sampled_from(["Big", None]),
        "company_domain": st.sampled_from(["big.example", "small.example", None]),
        "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2),
        "source": st.sampled_from(["web_form", "ads"]),
        "stage": st.sampled_from(["new", "working", "qualified", "disqualified"]),
    },
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "company": st.sampled_from([None, {"create": {"name": "Made"}}]),
        "contact": st.just({"create": {"title": "Told"}}),
        "deal": st.sampled_from([{}, {"stage": "won"}, {"tags": ["x"]}]),
    },
)


def table(workspace: str) -> dict[tuple[str, str], Any]:
    """Return every record of a workspace that is not deleted, but for what passes."""
    found = aws.client("dynamodb").scan(TableName=ENVIRONMENT["CRM_TABLE"])["Items"]
    items = [unmarshal_item(each) for each in found]
    passing = {*PASSING, "_events"}
    return {
        (item["pk"], item["sk"]): {k: v for k, v in item.items() if k not in passing}
        for item in items
        if item["pk"].startswith(f"W#{workspace}#")
        and "deleted_at" not in item
        and "#VISITS#" not in item["pk"]
        and "TIMELINE" not in item["pk"]
    }


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(fields, bodies)
def test_convert_and_unconvert_leave_the_table_as_it_was(
    parallel: None, own: dict[str, Any], body: dict[str, Any]
) -> None:
    workspace = new_id("wsp")
    api = Api(handler, Member(workspace=workspace))
    api.make("/v1/contacts", {"name": "There", "email": "grace@small.example"})
    api.make("/v1/companies", {"name": "There", "domain": "small.example"})
    made = api.make("/v1/leads", own)["id"]
    before = table(workspace)

    done = convert(api, made, body)
    assert done.status == 200, done.body
    assert table(workspace) != before
    assert unconvert(api, made).status == 200

    assert table(workspace) == before


@pytest.fixture(scope="module")
def parallel() -> Iterator[None]:
    with shared_cloud(serve_doors):
        yield


def test_of_two_conversions_at_once_one_makes_its_records(parallel: None) -> None:
    for _ in range(5):
        api = Api(handler, Member(workspace=new_id("wsp")))
        made = lead(api)
        replies = at_once(2, lambda _n: convert(api, made, {"deal": {}}))  # noqa: B023
        assert sorted(each.status for each in replies) == [200, 409]
        assert counts(api) == (1, 1, 1)


def test_of_two_leads_with_one_address_converted_at_once_both_share_the_contact(
    parallel: None,
) -> None:
    for _ in range(5):
        api = Api(handler, Member(workspace=new_id("wsp")))
        leads = [lead(api) for _ in range(2)]
        replies = at_once(2, lambda n: convert(api, leads[n]))  # noqa: B023
        assert [each.status for each in replies] == [200, 200], [each.body for each in replies]
        assert counts(api) == (1, 1, 0)
        assert len({each.json["contact"]["id"] for each in replies}) == 1


def test_of_a_conversion_and_a_change_at_once_neither_is_lost(parallel: None) -> None:
    for _ in range(8):
        api = Api(handler, Member(workspace=new_id("wsp")))
        made = lead(api)

        def act(who: int, made: str = made, api: Api = api) -> Any:
            if who:
                return api.patch(f"/v1/leads/{made}", {"title": "Changed"})
            return convert(api, made)

        converted, changed = at_once(2, act)
        assert converted.status == 200, converted.body
        assert changed.status in (200, 409)
        title = converted.json["contact"]["title"]
        assert title == ("Changed" if changed.status == 200 else "CTO")
        assert api.get(f"/v1/leads/{made}").json["title"] == title


def test_of_an_unconversion_and_a_change_of_what_it_made_one_wins(parallel: None) -> None:
    for _ in range(8):
        api = Api(handler, Member(workspace=new_id("wsp")))
        made = lead(api)
        contact = convert(api, made).json["contact"]["id"]

        def act(who: int, made: str = made, contact: str = contact, api: Api = api) -> Any:
            if who:
                return api.patch(f"/v1/contacts/{contact}", {"title": "Changed"})
            return unconvert(api, made)

        back, changed = at_once(2, act)
        assert (back.status, changed.status) in ((200, 404), (409, 200)), back.body
        assert counts(api) == ((0, 0, 0) if back.status == 200 else (1, 1, 0))


def test_an_hour_is_what_is_said() -> None:
    assert conversion.RETURN_TIME.total_seconds() == 3_600
