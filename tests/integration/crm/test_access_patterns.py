"""Every access pattern costs the same requests with a thousand records and with a million.

The lists are those that each type declares, for whoever sees all, some, or their own. What is read
or written by key, whatever there is beside it, is counted where it is tested: COUNTED says where,
for every adapter that has a table of patterns.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from functions.crm import dynamodb_definitions, dynamodb_labels, dynamodb_pipelines, dynamodb_rates
from functions.crm.api.handler import handler as api_handler
from functions.crm.declared_lists import LISTINGS
from functions.crm.find_api.handler import handler as find_handler
from functions.crm.listing import texts
from functions.crm.pipelines import default_id
from functions.crm.setup_api.handler import handler as setup_handler
from functions.shared.ids import new_id
from tests.integration.cloud import Calls, environment, furnish
from tests.integration.crm.bus import deliver, published, video_event
from tests.integration.crm.counted_patterns import COUNTED
from tests.integration.crm.crowd import Crowd
from tests.integration.doors import put_member, put_team, serve_doors
from tests.integration.gateway import Api, Member

ME, MATE = f"mem_{'1' * 26}", f"mem_{'2' * 26}"
TEAMS = (f"tea_{'1' * 26}", f"tea_{'2' * 26}")
HANDLERS = {"api": api_handler, "find": find_handler, "setup": setup_handler}
WHO = {
    "all": Member(member=ME),
    "team": Member(principal="key_team", visibility="team", member=ME, teams=TEAMS),
    "own": Member(principal="key_own", visibility="own", member=ME),
}
PLURALS = {"contact": "contacts", "company": "companies", "deal": "deals", "lead": "leads",
           "activity": "activities", "product": "products"}  # fmt: skip
CROWD = {"contact": 600, "company": 60, "deal": 200, "lead": 60, "activity": 60, "product": 20}
GET, PUT, QUERY, MANY, WRITE = "GetItem", "PutItem", "Query", "BatchGetItem", "TransactWriteItems"


@dataclass(frozen=True)
class Case:
    """A request, and the requests to the table that it costs; `{contact}` stands for an id."""

    what: str
    path: str
    costs: tuple[str, ...]
    method: str = "GET"
    body: Any = None
    api: str = "api"
    who: str = "all"
    ordered: bool = True  # False: some go at the same time

    @property
    def id(self) -> str:
        return f"{self.what}, seeing {self.who}"


def lists() -> Iterator[Case]:
    """Every list that a type declares; a filter's value is that of the type's first record."""
    for kind, listing in LISTINGS.items():
        for who, strands in (("all", 1), ("team", 3), ("own", 1)):
            queries = (QUERY,) * (strands if listing.owned else 1)
            path = f"/v1/{PLURALS[kind]}"
            told = {"path": path, "who": who}
            yield Case(f"list {kind}", **{**told, "path": f"{path}?limit=20"}, costs=queries)
            rows = (*queries, MANY)
            for sort in listing.sorts:
                for sign in ("", "-"):
                    asked = f"{path}?limit=20&sort={sign}{sort.name}"
                    yield Case(f"{kind} by {sign}{sort.name}", asked, rows, who=who)
            for each in listing.filters:
                orders = ["", *(sort for name, sort in listing.pairs if name == each.name)]
                for order in orders if each.indexed else ():
                    more = f"&sort={order}" if order else ""
                    asked = f"{path}?limit=20&{each.name}={{{kind}.{each.name}}}{more}"
                    yield Case(f"{kind} of a {each.name} by {order}", asked, rows, who=who)
            if listing.owned and who == "all":
                for narrow in (f"owner={ME}", f"team={TEAMS[0]}"):
                    yield Case(f"{kind} {narrow[:5]}", f"{path}?limit=20&{narrow}", (QUERY,))
                    asked = f"{path}?limit=20&{narrow}&sort=-updated_at"
                    yield Case(f"{kind} {narrow[:5]} by change", asked, (QUERY, MANY))


def others() -> Iterator[Case]:
    """What is no list of records."""
    for kind, plural in PLURALS.items():
        one = f"/v1/{plural}/{{{kind}}}"
        field = "subject" if kind == "activity" else "name"
        yield Case(f"get {kind}", one, (GET,))
        yield Case(f"change {kind}", one, (GET, WRITE), "PATCH", {field: "New"})
        yield Case(f"delete {kind}", one, (GET, WRITE), "DELETE")
        body = {"type": "task", "subject": "T"} if kind == "activity" else {"name": "N"}
        yield Case(f"create {kind}", f"/v1/{plural}", (WRITE,), "POST", body)
        yield Case(f"deleted {kind}", f"/v1/{plural}?deleted=true&limit=20", (QUERY,))
        look = f"/v1/{plural}/lookup?by=external_id&value=x1"
        yield Case(f"look {kind} up", look, (GET, GET))
    for kind in ("contact", "company", "deal", "lead"):
        timeline = f"/v1/{PLURALS[kind]}/{{{kind}}}/timeline?limit=20"
        yield Case(f"timeline of a {kind}", timeline, (QUERY,))
    hub = "/v1/contacts/{contact}"
    yield Case("timeline by group", f"{hub}/timeline?limit=20&kind=videos", (GET, QUERY))
    # the last one is video/check's own
    some = (GET, QUERY, MANY, MANY)
    yield Case("timeline of some", f"{hub}/timeline?limit=20", some, who="own")
    yield Case("associations", f"{hub}/associations?limit=20", (MANY, QUERY, MANY))
    yield Case("one label", f"{hub}/associations?limit=20&label=works_at", (MANY, QUERY, MANY))
    yield Case("an association", "/v1/associations/{association}", (GET, MANY))
    ends = {name: {"type": kind, "id": f"{{{kind}}}"}
            for name, kind in (("from", "contact"), ("to", "company"))}  # fmt: skip
    yield Case("join", "/v1/associations", (WRITE,), "POST", {**ends, "label": "related"})
    yield Case("expand", "/v1/contacts?limit=20&expand=company", (QUERY, MANY))
    yield Case("move", "/v1/deals/{deal}/move", (GET, WRITE), "POST", {"stage": "won"})
    yield Case("visits", "/v1/deals/{deal}/stage-history?limit=20", (GET, QUERY))
    yield Case("lines", "/v1/deals/{deal}/line-items", (GET, GET))
    yield Case("a second filter", "/v1/deals?limit=20&tag=t&stage={deal.stage}", (QUERY, MANY))
    cap = (QUERY, MANY) * 5  # 500 rows, whatever there is
    yield Case("a filter that none has", "/v1/contacts?sort=name&tag=none", cap)
    yield Case("agenda", "/v1/activities?due=overdue&limit=20", (QUERY, MANY))
    words = (QUERY, QUERY)  # records and products
    yield Case("search", "/v1/search?q=harb&limit=20", (*words, MANY), api="find")
    yield Case("search own", "/v1/search?q=harb&limit=20", (*words, MANY), api="find", who="own")
    board = f"/v1/pipelines/{default_id('wsp_one', 'deal')}/board"
    for who in WHO:
        strands = 3 if who == "team" else 1  # of each of six columns, and of the sums
        cards = () if who == "all" else (MANY,)  # only one column has any
        costs = (*cards, GET, *(QUERY,) * (7 * strands))
        yield Case("board", f"{board}?limit=20", costs, api="find", who=who, ordered=False)
    yield Case("column", f"{board}/qualification?limit=20", (GET, QUERY), api="find")
    yield Case("views", "/v1/views?limit=20", (QUERY, QUERY), api="find")
    yield Case(
        "a view's records", "/v1/views/{view}/records?limit=20", (GET, QUERY, MANY), api="find"
    )
    yield Case("merge, tried", "/v1/contacts/merge", (MANY, QUERY, MANY), "POST",
               {"ids": ["{contact}", "{other}"], "dry_run": True}, api="find")  # fmt: skip
    for path in ("pipelines", "association-labels", "automations", "scoring-rules", "lead-sources"):
        yield Case(path, f"/v1/{path}", (QUERY,), api="setup")
    for who, strands in {"all": 1, "own": 1, "team": 3}.items():
        costs = (QUERY,) * (strands + 1)
        yield Case("counts by source", "/v1/lead-sources/counts", costs, api="setup", who=who)
    for path, change in {
        "exchange-rates": {"base_currency": "EUR"}, "record-settings": {"phone_region": "DE"},
    }.items():  # fmt: skip
        yield Case(path, f"/v1/{path}", (GET,), api="setup")
        yield Case(f"{path}, changed", f"/v1/{path}", (GET, WRITE), "PATCH", change, api="setup")
    yield Case("runs", "/v1/automations/{automation}/runs?limit=20", (GET, QUERY), api="setup")


CASES = [*lists(), *others()]


class World:
    """A workspace of a thousand records."""

    def __init__(self) -> None:
        put_member(ME, *TEAMS)
        for team in TEAMS:
            put_team(team)
        api = Api(api_handler, WHO["all"])
        mine = {"owner_id": ME, "team_id": TEAMS[0], "tags": ["t"], "external_id": "x1"}
        money = {"amount_minor": 5, "currency": "EUR"}
        self.ids: dict[str, str] = {}
        for kind, own in {
            "company": {"name": "Harbor", "domain": "harbor.example"},
            "contact": {"name": "Ada Harb", "email": "ada@harbor.example", "company_id": "company"},
            "deal": {"name": "Harbor deal", "amount": money, "close_date": "2026-12-01"},
            "lead": {"name": "Bo Harb", "email": "bo@harbor.example", "source": "web"},
            "activity": {"type": "task", "subject": "Call"},
            "product": {"name": "Harbor plan", "sku": "H1"},
        }.items():
            body: dict[str, Any] = {**own, **mine}
            if kind == "contact":
                body["company_id"] = self.ids["company"]
            if kind == "deal":
                body |= {"company_id": self.ids["company"], "contact_ids": [self.ids["contact"]]}
            if kind == "activity":
                body["task"] = {"due_at": "2026-01-01T00:00:00Z"}
                body["links"] = [{"type": "contact", "id": self.ids["contact"]}]
            if kind == "product":
                del body["owner_id"], body["team_id"]
            self.ids[kind] = api.make(f"/v1/{PLURALS[kind]}", body)["id"]
        self._histories(api)
        self.crowd = Crowd()
        for kind, times in CROWD.items():
            self.ids[f"{kind}.last"] = self.crowd.multiply(self.ids[kind], times)
        self.ids["other"] = self.ids["contact.last"]
        items = {kind: self.crowd.item(self.ids[kind]) for kind in LISTINGS}
        self.values = {
            f"{kind}.{each.name}": next(iter(texts(items[kind], each)), "none")
            for kind, listing in LISTINGS.items()
            for each in listing.filters
        }

    def _histories(self, api: Api) -> None:
        """What there is many of beside one record."""
        contact, deal = self.ids["contact"], self.ids["deal"]
        for stage in ("discovery", "proposal", "qualification"):
            api.post(f"/v1/deals/{deal}/move", {"stage": stage})
        for kind in ("contact", "company", "deal", "lead"):
            deliver(published(self.ids[kind]))
        links = [{"type": "contact", "id": contact}]
        deliver(*[video_event("video.updated", links) for _ in range(3)])
        company = {"type": "company", "id": self.ids["company"]}
        body = {"from": links[0], "to": company, "label": "works_at"}
        self.ids["association"] = api.make("/v1/associations", body)["id"]
        for kind, plural in PLURALS.items():
            body = {"type": "task", "subject": "T"} if kind == "activity" else {"name": "Gone"}
            gone = api.make(f"/v1/{plural}", body)["id"]
            assert api.delete(f"/v1/{plural}/{gone}").status == 204
        find, setup = Api(find_handler, WHO["all"]), Api(setup_handler, WHO["all"])
        view = {"name": "V", "record_type": "contact", "filters": {"tag": "t"}, "sharing": "shared"}
        self.ids["view"] = find.make("/v1/views", view)["id"]
        rule = {"name": "R", "record_type": "deal", "when": ["deal.won"],
                "actions": [{"type": "add_tag", "tag": "won"}], "enabled": False}  # fmt: skip
        self.ids["automation"] = setup.make("/v1/automations", rule)["id"]

    def filled(self, told: Any) -> Any:
        """Return a path or body with the ids and values of this workspace."""
        if isinstance(told, Mapping):
            return {name: self.filled(each) for name, each in told.items()}
        if isinstance(told, list):
            return [self.filled(each) for each in told]
        if not isinstance(told, str):
            return told
        known = {**self.ids, **self.values}
        return re.sub(r"\{([a-z_.]+)\}", lambda found: known[found[1]], told)

    def requests(self, case: Case) -> list[str]:
        """Return what a request costs once what is kept in memory is there."""
        for module in (
            dynamodb_definitions, dynamodb_labels, dynamodb_pipelines, dynamodb_rates,
        ):  # fmt: skip
            module.forget()
        api = Api(HANDLERS[case.api], WHO[case.who])
        path, body = self.filled(case.path), self.filled(case.body)
        with self.crowd:
            api.request(case.method, path, body)
            with Calls("dynamodb") as calls:
                reply = api.request(case.method, path, body)
                taken = calls.take()
        assert reply.status < 300, reply.body
        if self.crowd.endless and case.costs[0] == QUERY and case.api == "api":
            assert reply.json["next_cursor"] is not None, "a million end on no page"
        return taken if case.ordered else sorted(taken)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with environment(), mock_aws():
        furnish()
        serve_doors()
        yield World()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_pattern_costs_the_same_with_a_thousand_records_and_with_a_million(
    world: World, case: Case
) -> None:
    expected = list(case.costs)

    for world.crowd.endless in (False, True):
        assert world.requests(case) == expected


def test_a_list_whose_filter_has_no_index_is_short_of_rows_but_never_incomplete(
    world: World,
) -> None:
    crowd, api = world.crowd, Api(api_handler, WHO["all"])
    first = world.ids["contact"]
    rare = [
        crowd.add(first, new_id("con"), name=name, tags=["rare"]) for name in ("Zoe", "Zoë", "Abe")
    ]
    crowd.endless = False
    pages: list[list[str]] = []
    cursor: str | None = ""
    with crowd:
        while cursor is not None:
            page = api.get(f"/v1/contacts?sort=-name&tag=rare&limit=3{cursor}").json
            pages.append([each["id"] for each in page["data"]])
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert [len(page) for page in pages] == [2, 1], "500 of 603 were looked at, and the rest"
    assert sorted(pages[0] + pages[1]) == sorted(rare)


def test_every_adapter_with_a_table_of_patterns_has_its_requests_counted() -> None:
    tests = Path(__file__).parent
    adapters = (tests.parents[2] / "functions" / "crm").glob("dynamodb*.py")
    told = {path.stem: ast.get_docstring(ast.parse(path.read_text())) or "" for path in adapters}
    documented = {each for each, text in told.items() if re.search(r"pattern +.*requests", text)}

    assert documented - set(COUNTED) == set(), "say in counted_patterns where they are counted"
    for file, *names in COUNTED.values():
        text = (tests / file).read_text()
        for name in names:
            body = text.partition(f"def {name}(")[2].partition("\ndef ")[0]
            assert "calls" in body or "requests" in body, f"{file} counts nothing in {name}"
