"""Saved views over HTTP: who has them, what they show to whom, what they refuse and cost."""

from typing import Any

import pytest

from functions.crm import dynamodb_definitions, views
from functions.crm.find_api.handler import handler as find
from functions.crm.setup_api.handler import handler as setup_handler
from functions.shared.ids import new_id
from functions.shared.policy import ROLES, Visibility
from tests.integration.cloud import Calls
from tests.integration.crm.test_list_requests import all_of, indexed, names
from tests.integration.gateway import Api, Member, Reply, problem

PATH = "/v1/views"
TEAM = new_id("tea")
VIEW = {
    "name": "Tagged", "record_type": "contact", "filters": {"tag": "t"}, "sort": "name",
    "columns": ["name", "email"],
}  # fmt: skip


def as_rep(name: str, visibility: Visibility = "all", **more: Any) -> Member:
    fields = {"scopes": tuple(ROLES["rep"]), "teams": (TEAM,), "member": new_id("mem"), **more}
    return Member(principal=f"key_{name}", role="rep", visibility=visibility, **fields)


def view(**fields: Any) -> dict[str, Any]:
    return {**VIEW, **fields}


def refusal(reply: Reply) -> tuple[int, str]:
    return reply.status, problem(reply)["code"]


@pytest.fixture
def admin(cloud: None) -> Api:
    return Api(find)


def test_a_view_is_saved_read_changed_and_deleted(admin: Api) -> None:
    made = admin.post(PATH, VIEW, idempotency_key="one")
    assert (made.status, made.etag) == (201, '"1"')
    assert made.headers["location"] == f"{PATH}/{made.json['id']}"
    assert made.json["sharing"] == "private"
    assert admin.post(PATH, VIEW, idempotency_key="one").json == made.json
    path = f"{PATH}/{made.json['id']}"
    assert admin.get(path).json == made.json
    assert admin.get(path, if_none_match='"1"').status == 304
    assert refusal(admin.patch(path, {"name": "x"}, if_match='"9"'))[0] == 412
    changed = admin.patch(path, {"filters": {"tag": None}, "sort": None}, if_match='"1"')
    assert (changed.json["filters"], changed.json["sort"]) == ({}, None)
    assert refusal(admin.patch(path, {"record_type": "deal"}))[0] == 422
    assert [each["id"] for each in admin.get(PATH).json["data"]] == [made.json["id"]]
    assert admin.get(f"{PATH}?record_type=deal").json["data"] == []
    assert admin.delete(path, if_match='"2"').status == 204
    assert refusal(admin.get(path)) == (404, "not_found")
    assert admin.get(PATH).json["data"] == []


@pytest.mark.parametrize("by", ["member", "key"])
def test_a_private_view_is_there_for_its_maker_alone(admin: Api, by: str) -> None:
    member = new_id("mem") if by == "member" else None
    maker = Api(find, as_rep("maker", member=member))
    path = f"{PATH}/{maker.make(PATH, VIEW)['id']}"
    others = [
        admin, Api(find, as_rep("mate")), Api(find, as_rep("program", member=None)),
        Api(find, Member(workspace="wsp_two", principal="key_maker", member=member)),
    ]  # fmt: skip
    for each in others:
        for reply in (
            each.get(path), each.get(f"{path}/records"), each.patch(path, {"name": "x"}),
            each.delete(path),
        ):  # fmt: skip
            assert refusal(reply) == (404, "not_found")
        assert each.get(PATH).json["data"] == []
    elsewhere = Api(find, as_rep("maker" if member is None else "other_key", member=member))
    assert elsewhere.get(path).status == 200
    assert len(elsewhere.get(PATH).json["data"]) == 1


def test_a_shared_view_is_everybody_s_to_read_and_few_people_s_to_change(admin: Api) -> None:
    maker = Api(find, as_rep("maker"))
    made = maker.make(PATH, view(sharing="shared"))
    path = f"{PATH}/{made['id']}"
    mate = Api(find, as_rep("mate"))
    viewer = Api(find, Member(principal="key_v", role="viewer"))
    strangers = Api(find, Member(workspace="wsp_two"))
    for each in (mate, viewer):
        assert each.get(path).json == made
        assert [one["id"] for one in each.get(PATH).json["data"]] == [made["id"]]
    assert strangers.get(PATH).json["data"] == []
    assert refusal(mate.patch(path, {"name": "x"})) == (403, "not_the_maker")
    assert refusal(mate.delete(path)) == (403, "not_the_maker")
    assert refusal(viewer.patch(path, {"name": "x"})) == (403, "missing_scope")
    assert refusal(viewer.delete(path)) == (403, "missing_scope")
    assert admin.patch(path, {"name": "Ours"}).json["maker_id"] == made["maker_id"]
    assert maker.patch(path, {"sharing": "private"}).status == 200
    assert mate.get(PATH).json["data"] == []
    assert refusal(admin.delete(path)) == (404, "not_found")
    assert maker.patch(path, {"sharing": "shared"}).status == 200
    assert [one["name"] for one in mate.get(PATH).json["data"]] == ["Ours"]
    assert admin.delete(path).status == 204
    assert mate.get(PATH).json["data"] == []


def test_a_list_of_views_pages_through_shared_and_own_ones_each_once(admin: Api) -> None:
    maker = Api(find, as_rep("maker"))
    mine = [maker.make(PATH, view(sharing=("private", "shared")[n % 2]))["id"] for n in range(6)]
    theirs = [admin.make(PATH, view(sharing=("private", "shared")[n % 2]))["id"] for n in range(4)]
    seen = all_of(maker, f"{PATH}?record_type=contact", 2)
    assert seen == [theirs[3], theirs[1], *reversed(mine)]


def test_a_view_shows_each_reader_what_their_own_list_shows(api: Api, admin: Api) -> None:
    people = {
        "own": as_rep("own", "own"),
        "team": as_rep("team", "team"),
        "all": as_rep("all", "all", teams=()),
    }
    other = as_rep("other", teams=())
    made = [
        Api(api.handler, who).make("/v1/contacts", {"name": name, "tags": ["t"]})["id"]
        for name, who in [*people.items(), ("other", other)]
    ]
    made.append(api.make("/v1/contacts", {"name": "untagged"})["id"])
    indexed(*made)
    tagged = f"{PATH}/{admin.make(PATH, view(sharing='shared'))['id']}/records"
    mine = view(filters={"owner": "me"}, sort=None, sharing="shared")
    of_mine = f"{PATH}/{admin.make(PATH, mine)['id']}/records"
    everyone = f"{PATH}/{admin.make(PATH, view(filters={}, sort=None, sharing='shared'))['id']}"
    expected = {
        "own": ["own"], "team": ["own", "team"], "all": ["all", "other", "own", "team"],
    }  # fmt: skip
    for name, who in people.items():
        reader, lists = Api(find, who), Api(api.handler, who)
        assert names(reader.get(tagged)) == expected[name]
        assert (
            reader.get(tagged).json["data"]
            == (lists.get("/v1/contacts?tag=t&sort=name").json["data"])
        )
        assert names(reader.get(of_mine)) == [name]
        assert (
            reader.get(f"{everyone}/records").json["data"] == lists.get("/v1/contacts").json["data"]
        )
    assert refusal(admin.get(of_mine)) == (422, "invalid")
    assert problem(admin.get(of_mine))["errors"][0]["pointer"] == "/filters/owner"
    blind = Api(find, as_rep("blind", scopes=("views:read", "deals:read")))
    assert refusal(blind.get(tagged)) == (403, "missing_scope")
    assert blind.get(tagged.removesuffix("/records")).status == 200
    assert all_of(Api(find, people["all"]), f"{tagged}?", 1) == [
        each["id"] for each in Api(find, people["all"]).get(tagged).json["data"]
    ]


@pytest.mark.parametrize(
    ("record_type", "body"),
    [
        ("company", {"name": "Harbor"}), ("deal", {"name": "Rollout"}), ("lead", {"name": "Grace"}),
        ("activity", {"type": "note", "body": "Hello."}), ("product", {"name": "Plan"}),
    ],
)  # fmt: skip
def test_a_view_of_every_type_shows_its_records(
    api: Api, admin: Api, record_type: str, body: dict[str, Any]
) -> None:
    resource = {"company": "companies", "activity": "activities"}.get(
        record_type, f"{record_type}s"
    )
    made = api.make(f"/v1/{resource}", body)
    wanted = {"name": "All", "record_type": record_type, "sort": "-updated_at"}
    path = f"{PATH}/{admin.make(PATH, wanted)['id']}/records"
    indexed(made["id"])
    assert admin.get(path).json["data"] == [made]


def test_a_cursor_ends_with_the_version_of_the_view_that_gave_it_out(api: Api, admin: Api) -> None:
    made = [api.make("/v1/contacts", {"name": f"C{n}", "tags": ["t"]})["id"] for n in range(3)]
    indexed(*made)
    one, two = (f"{PATH}/{admin.make(PATH, VIEW)['id']}" for _ in range(2))
    cursor = admin.get(f"{one}/records?limit=1").json["next_cursor"]
    assert names(admin.get(f"{one}/records?limit=1&cursor={cursor}")) == ["C1"]
    assert refusal(admin.get(f"{two}/records?cursor={cursor}")) == (400, "invalid_cursor")
    admin.patch(one, {"sort": "-name"})
    assert refusal(admin.get(f"{one}/records?cursor={cursor}")) == (400, "invalid_cursor")


def test_a_view_may_name_custom_fields_for_as_long_as_they_are_there(
    api: Api, setup: Api, admin: Api
) -> None:
    wanted = view(filters={"custom.tier": "gold"}, sort=None, columns=["custom.tier"])
    refused = problem(admin.post(PATH, wanted))["errors"]
    assert [each["pointer"] for each in refused] == ["/columns/0", "/filters/custom.tier"]
    field = setup.make(
        "/v1/fields",
        {"record_type": "contact", "name": "tier", "label": "Tier", "type": "text"},
    )
    path = f"{PATH}/{admin.make(PATH, wanted)['id']}/records"
    made = [
        api.make("/v1/contacts", {"name": name, "custom": {"tier": name}})["id"]
        for name in ("gold", "tin")
    ]
    indexed(*made)
    assert names(admin.get(path)) == ["gold"]
    assert setup.delete(f"/v1/fields/{field['id']}", if_match="*").status == 204
    dynamodb_definitions.forget()  # as in any other process, at the latest 30 seconds later
    gone = admin.get(path)
    assert refusal(gone) == (422, "invalid")
    assert problem(gone)["errors"][0]["pointer"] == "/filters/custom.tier"


def test_each_maker_has_so_many_and_no_more(admin: Api) -> None:
    maker, mate = Api(find, as_rep("maker")), Api(find, as_rep("mate"))
    made = [maker.make(PATH, view(sharing="shared")) for _ in range(views.MAX_VIEWS)]
    assert refusal(maker.post(PATH, VIEW)) == (409, "too_many_views")
    mate.make(PATH, VIEW)
    assert admin.delete(f"{PATH}/{made[0]['id']}").status == 204
    maker.make(PATH, VIEW)
    assert refusal(maker.post(PATH, VIEW)) == (409, "too_many_views")


@pytest.mark.parametrize("others", [0, 20])
def test_each_act_costs_what_the_table_of_patterns_says(
    api: Api, admin: Api, calls: Calls, others: int
) -> None:
    made = [
        api.make("/v1/contacts", {"name": f"C{n}", "tags": ["t"]})["id"] for n in range(1 + others)
    ]
    indexed(*made)
    for _ in range(1 + others):
        admin.make(PATH, VIEW)
    calls.clear()
    path = f"{PATH}/{admin.post(PATH, VIEW, idempotency_key='k').json['id']}"
    assert calls.take() == ["TransactWriteItems"]
    admin.get(path)
    assert calls.take() == ["GetItem"]
    admin.get(PATH)
    assert calls.take() == ["Query", "Query"]
    assert len(admin.get(f"{path}/records?limit=20").json["data"]) == min(1 + others, 20)
    assert calls.take() == ["GetItem", "Query", "BatchGetItem"]
    admin.patch(path, {"name": "New"}, idempotency_key="k")
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    admin.delete(path, idempotency_key="k")
    assert calls.take() == ["GetItem", "TransactWriteItems"]


def test_a_view_shows_its_columns_alone_when_they_are_asked_for(api: Api) -> None:
    admin, setup = Api(find), Api(setup_handler)
    for name in ("tier", "size"):
        field = {"record_type": "contact", "name": name, "label": name, "type": "text"}
        setup.make("/v1/fields", field)
    custom = {"tier": "gold", "size": "L"}
    made = api.make("/v1/contacts", {"name": "Ada", "tags": ["t"], "custom": custom})
    indexed(made["id"])
    told = {**VIEW, "filters": {"tag": "t"}, "columns": ["custom.tier", "name", "email"]}
    path = f"{PATH}/{admin.make(PATH, told)['id']}/records"
    (cut,) = admin.get(f"{path}?columns=true").json["data"]
    assert cut == {
        "id": made["id"], "object": "contact", "custom": {"tier": "gold"}, "name": "Ada",
        "email": None,
    }  # fmt: skip
    assert list(cut) == ["id", "object", "custom", "name", "email"]
    assert admin.get(path).json["data"] == [made]
    plain = f"{PATH}/{admin.make(PATH, {**told, 'columns': []})['id']}/records"
    assert admin.get(f"{plain}?columns=true").json["data"] == [made]
