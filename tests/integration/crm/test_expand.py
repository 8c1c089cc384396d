"""Related records in full: one level, one request, nothing that the caller may not see."""

from functions.crm.api.handler import handler
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member, problem


def test_each_relation_is_shown_in_full(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Harbor"})
    contacts = [
        api.make("/v1/contacts", {"name": name, "company_id": company["id"]})
        for name in ("Ada", "Bo")
    ]
    deal = api.make(
        "/v1/deals",
        {
            "name": "Rollout",
            "company_id": company["id"],
            "contact_ids": [each["id"] for each in reversed(contacts)],
        },
    )
    links = [{"type": "deal", "id": deal["id"]}, {"type": "company", "id": company["id"]}]
    note = api.make("/v1/activities", {"type": "note", "body": "Yes.", "links": links})

    contact = api.get(f"/v1/contacts/{contacts[0]['id']}?expand=company").json
    shown = api.get(f"/v1/deals/{deal['id']}?expand=company,contacts").json
    noted = api.get(f"/v1/activities/{note['id']}?expand=links").json

    assert contact == {**contacts[0], "company": company}
    assert shown == {**deal, "company": company, "contacts": contacts[::-1]}
    assert [each["record"] for each in noted["links"]] == [deal, company]


def test_a_page_is_expanded_by_one_request(api: Api, calls: Calls) -> None:
    companies = [api.make("/v1/companies", {"name": f"C{n}"})["id"] for n in range(3)]
    for n in range(9):
        api.make("/v1/contacts", {"name": f"P{n}", "company_id": companies[n % 3]})
    calls.clear()

    page = api.get("/v1/contacts?expand=company&limit=9").json["data"]

    assert calls.take() == ["Query", "BatchGetItem"]
    assert [each["company"]["name"] for each in page] == ["C2", "C1", "C0"] * 3


def test_nothing_named_is_no_request_and_null(api: Api, calls: Calls) -> None:
    deal = api.make("/v1/deals", {"name": "Alone"})
    calls.clear()

    shown = api.get(f"/v1/deals/{deal['id']}?expand=company,contacts").json

    assert calls.take() == ["GetItem"]
    assert (shown["company"], shown["contacts"]) == (None, [])


def test_what_is_gone_or_not_to_be_read_is_null(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'A', 'company_id': company})['id']}"
    half = Api(handler, Member(scopes=("contacts:read",)))

    assert half.get(f"{path}?expand=company").json["company"] is None
    assert api.get(f"{path}?expand=company").json["company"]["id"] == company
    assert api.delete(f"/v1/companies/{company}").status == 204
    assert api.get(f"{path}?expand=company").json["company"] is None


def test_a_record_outside_the_caller_s_sight_is_null(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Nobody's"})["id"]
    mine = f"mem_{'0' * 26}"
    own = Api(handler, Member(visibility="own", member=mine))
    contact = own.post("/v1/contacts", {"name": "Ada"}).json["id"]
    assert api.patch(f"/v1/contacts/{contact}", {"company_id": company}).status == 200

    assert own.get(f"/v1/contacts/{contact}?expand=company").json["company"] is None


def test_the_etag_follows_what_is_expanded(api: Api) -> None:
    """The contact's own version does not change with its company."""
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    contact = api.make("/v1/contacts", {"name": "Ada", "company_id": company})["id"]
    path = f"/v1/contacts/{contact}?expand=company"
    etag = api.get(path).etag
    assert api.get(path, If_None_Match=etag).status == 304

    api.patch(f"/v1/companies/{company}", {"name": "Harbor Foods"})

    assert api.get(path, If_None_Match=etag).json["company"]["name"] == "Harbor Foods"
    assert api.patch(f"/v1/contacts/{contact}", {"title": "Director"}, If_Match=etag).status == 200


def test_expansion_and_selection_go_together(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Harbor"})
    contact = api.make("/v1/contacts", {"name": "Ada", "company_id": company["id"]})["id"]

    shown = api.get(f"/v1/contacts/{contact}?expand=company&fields=name").json

    assert shown == {"id": contact, "object": "contact", "name": "Ada", "company": company}


def test_what_is_no_relation_is_refused(api: Api) -> None:
    for query in ("expand=company.owner", "expand=", "expand=owner", "expand=company,x"):
        refused = api.get(f"/v1/contacts?{query}")
        assert refused.status == 400
        assert problem(refused)["code"] == "unknown_expansion"
    assert api.get("/v1/companies?expand=contacts").status == 400


def test_more_than_a_hundred_related_records_are_refused_whole(api: Api) -> None:
    people = [api.make("/v1/contacts", {"name": f"P{n}"})["id"] for n in range(101)]
    for start in (0, 50, 51):
        api.make("/v1/deals", {"name": "Big", "contact_ids": people[start : start + 50]})

    refused = api.get("/v1/deals?expand=contacts")

    assert refused.status == 422
    assert problem(refused)["code"] == "expansion_too_large"
    assert api.get("/v1/deals?expand=contacts&limit=2").status == 200
