"""Associations: any two records, labelled, read from both ends, seen by who sees both."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.crm import associations, dynamodb_labels
from functions.crm.api.handler import handler
from functions.shared import aws
from functions.shared.attributes import marshal_item, unmarshal_item
from functions.shared.ids import new_id
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import deliver, published
from tests.integration.crm.joining import body, join, listed, people_and_company
from tests.integration.gateway import Api, Member
from tests.integration.parallel import shared_cloud

TABLE = ENVIRONMENT["CRM_TABLE"]


def items(*parts: str) -> list[dict[str, Any]]:
    """Return the table's items whose partition begins with these parts."""
    found = aws.client("dynamodb").scan(TableName=TABLE)["Items"]
    read = [unmarshal_item(each) for each in found]
    return [each for each in read if each["pk"].startswith("#".join(("W#wsp_one", *parts)))]


def test_an_association_is_read_from_both_ends_each_with_its_own_label(api: Api) -> None:
    contact, company = people_and_company(api)

    made = join(api, ("contact", contact), ("company", company), "works_at")

    assert (made["object"], made["label"], made["inverse_label"]) == (
        "association", "works_at", "employs",
    )  # fmt: skip
    (here,) = api.get(f"/v1/contacts/{contact}/associations").json["data"]
    (there,) = api.get(f"/v1/companies/{company}/associations").json["data"]
    assert here == made
    assert there == {
        **made, "from": made["to"], "to": made["from"], "label": "employs",
        "inverse_label": "works_at",
    }  # fmt: skip
    assert api.get(f"/v1/associations/{made['id']}").json == made


def test_the_same_association_again_is_the_one_there_is_whichever_end_it_is_made_from(
    api: Api,
) -> None:
    contact, company = people_and_company(api)
    made = join(api, ("contact", contact), ("company", company), "works_at")

    again = api.post("/v1/associations", body(("contact", contact), ("company", company),
                                              "works_at"))  # fmt: skip
    turned = api.post("/v1/associations", body(("company", company), ("contact", contact),
                                               "employs"))  # fmt: skip

    assert (again.status, again.json) == (200, made)
    assert turned.status == 200
    assert turned.json["id"] == made["id"]
    assert (turned.json["from"]["id"], turned.json["label"]) == (company, "employs")
    assert {each["living"] for each in items("ASSOCIATED")} == {1}


def test_two_records_may_be_joined_by_several_labels(api: Api) -> None:
    contact, company = people_and_company(api)
    for label in ("works_at", "champion", "billing"):
        join(api, ("contact", contact), ("company", company), label)

    path = f"/v1/contacts/{contact}/associations"
    assert [label for label, _ in listed(api, path)] == ["billing", "champion", "works_at"]
    assert listed(api, f"{path}?label=champion") == [("champion", company)]
    assert listed(api, f"{path}?label=champion&type=deal") == []
    assert len(listed(api, f"{path}?type=company")) == 3
    assert listed(api, f"{path}?label=no_such_label") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_show_each_association_once(api: Api, limit: int) -> None:
    contact, company = people_and_company(api)
    deals = [api.make("/v1/deals", {"name": f"D{n}"})["id"] for n in range(3)]
    for label in ("works_at", "champion"):
        join(api, ("contact", contact), ("company", company), label)
    for deal in deals:
        join(api, ("contact", contact), ("deal", deal), "champion")

    for query, count in (("", 5), ("&label=champion", 4), ("&type=deal", 3)):
        path = f"/v1/contacts/{contact}/associations?limit={limit}{query}"
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = api.get(path + (f"&cursor={cursor}" if cursor else "")).json
            seen += [each["id"] for each in page["data"]]
            cursor = page["next_cursor"]
        assert len(seen) == len(set(seen)) == count


def test_what_does_not_fit_is_refused_at_its_place(api: Api) -> None:
    contact, company = people_and_company(api)
    here, there = ("contact", contact), ("company", company)
    nobody = new_id("con")
    for sent, code, pointers in (
        (body(here, there, "reports_to"), "label_does_not_fit", ["/label"]),
        (body(here, there, "no_such"), "unknown_label", ["/label"]),
        (body(here, here), "same_record", ["/to/id"]),
        (body(("contact", nobody), there), "unknown_reference", ["/from/id"]),
        (body(("contact", nobody), ("video", new_id("vid"))), "unknown_reference", None),
        (body(here, ("video", new_id("vid"))), "unknown_reference", ["/to/id"]),
    ):
        reply = api.post("/v1/associations", sent)
        assert (reply.status, reply.json["code"]) == (422, code), reply.body
        if pointers is not None:
            assert [each["pointer"] for each in reply.json["errors"]] == pointers
    wrong = api.post("/v1/associations", body(("deal", contact), there))
    assert wrong.status == 422
    assert items("ASSOCI") == []


def test_a_record_has_a_thousand_and_no_more(api: Api) -> None:
    contact, company = people_and_company(api)
    count = {"pk": f"W#wsp_one#ASSOCIATED#{contact}", "sk": "COUNT",
             "living": associations.MAX_OF_RECORD - 1}  # fmt: skip
    aws.client("dynamodb").put_item(TableName=TABLE, Item=marshal_item(count))
    last = join(api, ("contact", contact), ("company", company))

    refused = api.post("/v1/associations", body(("company", company), ("contact", contact),
                                                "employs"))  # fmt: skip
    assert (refused.status, refused.json["code"]) == (409, "too_many_associations")
    # the one there is may still be asked for, and what goes makes room
    again = api.post("/v1/associations", body(("contact", contact), ("company", company)))
    assert again.status == 200
    assert api.delete(f"/v1/associations/{last['id']}").status == 204
    join(api, ("company", company), ("contact", contact), "employs")


def test_many_at_once_never_exceed_the_limit() -> None:
    with shared_cloud():
        api = Api(handler)
        contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
        others = [api.make("/v1/companies", {"name": f"C{n}"})["id"] for n in range(8)]
        count = {"pk": f"W#wsp_one#ASSOCIATED#{contact}", "sk": "COUNT",
                 "living": associations.MAX_OF_RECORD - 3}  # fmt: skip
        aws.client("dynamodb").put_item(TableName=TABLE, Item=marshal_item(count))
        sent = [body(("contact", contact), ("company", each)) for each in others]

        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda each: api.post("/v1/associations", each), sent))

        statuses = [each.status for each in replies]
        assert set(statuses) <= {201, 409, 503}
        assert statuses.count(201) <= 3
        assert len(listed(api, f"/v1/contacts/{contact}/associations")) == statuses.count(201)


def test_a_deleted_end_hides_it_from_the_other(api: Api) -> None:
    contact, company = people_and_company(api)
    made = join(api, ("contact", contact), ("company", company), "works_at")

    api.delete(f"/v1/companies/{company}")

    assert listed(api, f"/v1/contacts/{contact}/associations") == []
    assert api.get(f"/v1/companies/{company}/associations").status == 404
    assert api.get(f"/v1/associations/{made['id']}").status == 404
    assert api.delete(f"/v1/associations/{made['id']}").status == 404


def test_another_label_moves_it_at_both_ends_under_its_precondition(api: Api) -> None:
    contact, company = people_and_company(api)
    made = join(api, ("contact", contact), ("company", company), "champion")
    path = f"/v1/associations/{made['id']}"

    assert api.patch(path, {"label": "blocker"}).json["code"] == "label_does_not_fit"
    assert api.patch(path, {"label": "billing"}, if_match='"7"').status == 412
    assert api.patch(path, {}).json == made
    changed = api.patch(path, {"label": "billing"}, if_match='"1"')

    assert (changed.status, changed.json["version"]) == (200, 2)
    assert listed(api, f"/v1/contacts/{contact}/associations") == [("billing", company)]
    assert listed(api, f"/v1/companies/{company}/associations") == [("billed_through", contact)]
    join(api, ("contact", contact), ("company", company), "champion")
    twice = api.patch(path, {"label": "champion"})
    assert (twice.status, twice.json["code"]) == (409, "duplicate_association")


def test_deleting_leaves_nothing_of_it_but_the_event(api: Api) -> None:
    contact, company = people_and_company(api)
    made = join(api, ("contact", contact), ("company", company))

    assert api.delete(f"/v1/associations/{made['id']}", if_match='"2"').status == 412
    assert api.delete(f"/v1/associations/{made['id']}", if_match='"1"').status == 204

    assert items("ASSOCIATIONS") == []
    assert {each["living"] for each in items("ASSOCIATED")} == {0}
    assert published(made["id"])["type"] == "association.deleted"
    assert api.delete(f"/v1/associations/{made['id']}").status == 404
    assert join(api, ("contact", contact), ("company", company))["id"] != made["id"]


@pytest.fixture
def own(cloud: None) -> Api:
    member = Member(principal="key_mine", role="rep", visibility="own", member=new_id("mem"))
    return Api(handler, member)


def test_who_does_not_see_both_ends_sees_no_association_and_makes_none(api: Api, own: Api) -> None:
    mine = own.make("/v1/contacts", {"name": "Mine"})["id"]
    theirs = api.make("/v1/companies", {"name": "Theirs"})["id"]
    made = join(api, ("contact", mine), ("company", theirs))

    assert listed(own, f"/v1/contacts/{mine}/associations") == []
    assert own.get(f"/v1/companies/{theirs}/associations").status == 404
    for reply in (
        own.get(f"/v1/associations/{made['id']}"),
        own.patch(f"/v1/associations/{made['id']}", {"label": "works_at"}),
        own.delete(f"/v1/associations/{made['id']}"),
    ):
        assert reply.status == 404
    refused = own.post("/v1/associations", body(("contact", mine), ("company", theirs)))
    absent = own.post("/v1/associations", body(("contact", mine), ("company", new_id("com"))))
    assert refused.status == absent.status == 422
    assert refused.json["errors"] == absent.json["errors"]


def test_who_lacks_the_scope_of_an_end_sees_and_makes_none(api: Api, cloud: None) -> None:
    contact, company = people_and_company(api)
    made = join(api, ("contact", contact), ("company", company))
    scopes = ("contacts:read", "associations:read", "associations:write")
    half = Api(handler, Member(principal="key_half", scopes=scopes))

    assert listed(half, f"/v1/contacts/{contact}/associations") == []
    assert half.get(f"/v1/associations/{made['id']}").status == 404
    reply = half.post("/v1/associations", body(("contact", contact), ("company", company)))
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/to/id")


def test_another_workspace_s_records_and_associations_are_not_there(api: Api, other: Api) -> None:
    contact, company = people_and_company(api)
    made = join(api, ("contact", contact), ("company", company))
    assert other.get(f"/v1/associations/{made['id']}").status == 404
    assert other.get(f"/v1/contacts/{contact}/associations").status == 404
    wanted = body(("contact", contact), ("company", company))
    assert other.post("/v1/associations", wanted).status == 422


def test_both_timelines_tell_of_it_to_who_sees_both_ends(api: Api, own: Api) -> None:
    mine = own.make("/v1/contacts", {"name": "Mine"})["id"]
    theirs = api.make("/v1/companies", {"name": "Theirs"})["id"]
    made = join(api, ("contact", mine), ("company", theirs), "works_at")
    assert deliver(published(made["id"])) == []
    api.delete(f"/v1/associations/{made['id']}")
    assert deliver(published(made["id"])) == []

    for path in (f"/v1/contacts/{mine}/timeline", f"/v1/companies/{theirs}/timeline"):
        kinds = [each["kind"] for each in api.get(path).json["data"]]
        assert kinds == ["association.deleted", "association.created"]
    assert own.get(f"/v1/contacts/{mine}/timeline").json["data"] == []
    half = Api(handler, Member(principal="key_half",
                               scopes=("contacts:read", "associations:read")))  # fmt: skip
    assert half.get(f"/v1/contacts/{mine}/timeline").json["data"] == []


@pytest.mark.parametrize("others", [0, 30])
def test_each_act_costs_what_the_table_of_patterns_says(
    api: Api, calls: Calls, others: int
) -> None:
    contact, company = people_and_company(api)
    for number in range(others):
        deal = api.make("/v1/deals", {"name": f"D{number}"})["id"]
        join(api, ("contact", contact), ("deal", deal), "champion")
    dynamodb_labels.forget()
    join(api, ("contact", contact), ("company", company), "related")
    calls.clear()

    made = join(api, ("contact", contact), ("company", company), "works_at")
    assert calls.take() == ["TransactWriteItems"]
    api.post("/v1/associations", body(("contact", contact), ("company", company), "works_at"))
    assert calls.take() == ["TransactWriteItems"]
    api.get(f"/v1/contacts/{contact}/associations?limit=20")
    assert calls.take() == ["BatchGetItem", "Query", "BatchGetItem"]
    api.get(f"/v1/contacts/{contact}/associations?label=works_at")
    assert calls.take() == ["BatchGetItem", "Query", "BatchGetItem"]
    api.get(f"/v1/associations/{made['id']}")
    assert calls.take() == ["GetItem", "BatchGetItem"]
    api.patch(f"/v1/associations/{made['id']}", {"label": "billing"})
    assert calls.take() == ["GetItem", "BatchGetItem", "TransactWriteItems"]
    api.delete(f"/v1/associations/{made['id']}")
    assert calls.take() == ["GetItem", "BatchGetItem", "TransactWriteItems"]
