"""Search over HTTP: who finds what, what it refuses, what its cursors hold."""

import pytest

from functions.crm.find_api.handler import handler as find
from functions.shared.ids import new_id
from functions.shared.policy import ROLES
from tests.integration.crm.test_list_requests import indexed
from tests.integration.gateway import Api, Member, problem


def test_records_are_found_as_they_are_now_of_all_types_that_one_may_read(api: Api) -> None:
    searching = Api(find)
    ada = api.make("/v1/contacts", {"name": "Ada Harbor", "email": "ada@example.com"})["id"]
    harbor = api.make("/v1/companies", {"name": "Harbor Foods"})["id"]
    product = api.make("/v1/products", {"name": "Harbor plan"})["id"]
    task = api.make("/v1/activities", {"type": "task", "subject": "Call harbor"})["id"]
    indexed(ada, harbor, product, task)

    def ids(query: str, of: Api = searching) -> set[str]:
        return {each["id"] for each in of.get(f"/v1/search?{query}").json["data"]}

    assert ids("q=harb") == {ada, harbor, product}
    assert ids("q=harb&types=activity,contact") == {ada, task}
    assert ids("q=harb+ada") == {ada}
    assert ids("q=ada@exam") == {ada}
    reader = Member(principal="key_two", role="admin", scopes=("companies:read",))
    assert ids("q=harb&types=contact,company", Api(find, reader)) == {harbor}
    mine = Member(principal="key_3", role="rep", visibility="own", member=new_id("mem"),
                  scopes=tuple(ROLES["rep"]))  # fmt: skip
    assert ids("q=harb", Api(find, mine)) == {product}
    assert ids("q=harb", Api(find, Member(workspace="wsp_two"))) == set()
    api.patch(f"/v1/contacts/{ada}", {"name": "Ada King"})
    api.delete(f"/v1/companies/{harbor}")
    assert ids("q=harb") == {product}  # at once, before the index knows
    indexed(ada, harbor)
    assert ids("q=king") == {ada}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "missing"),
        ("q=", 422, "string_too_short"),
        ("q=%20%21%3F", 422, "no_words"),
        ("q=" + "a" * 201, 422, "string_too_long"),
        ("q=" + "+".join("abcdefghijk"), 422, "too_many_words"),
        ("q=a&types=videos", 422, "unknown_type"),
        ("q=a&sort=name", 400, "unknown_parameter"),
        ("q=a&cursor=forged", 400, "invalid_cursor"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(
    cloud: None, query: str, status: int, code: str
) -> None:
    refusal = problem(Api(find).get(f"/v1/search?{query}"))

    assert refusal["status"] == status
    assert code in (refusal["code"], *(each["code"] for each in refusal.get("errors", ())))


def test_a_cursor_belongs_to_its_words_and_types(api: Api) -> None:
    made = [api.make("/v1/contacts", {"name": f"Ada {n}"})["id"] for n in range(3)]
    indexed(*made)
    searching = Api(find)
    cursor = searching.get("/v1/search?q=ada&limit=1").json["next_cursor"]
    assert searching.get(f"/v1/search?q=ADA&limit=2&cursor={cursor}").status == 200
    for query in ("q=adam", "q=ada&types=contact", "q=ada+1"):
        assert searching.get(f"/v1/search?{query}&cursor={cursor}").status == 400
    other = Api(find, Member(workspace="wsp_two"))
    assert other.get(f"/v1/search?q=ada&cursor={cursor}").status == 400
