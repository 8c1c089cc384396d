"""Rate limits in front of a real handler: what they cost, what they say, and when they give way."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from functions.crm.api.handler import handler
from functions.shared import aws
from functions.shared.admission import MAX_BUCKETS, WRITE_COST, Admission
from functions.shared.limits import Rate
from functions.shared.rate_cells import RateCell
from functions.shared.rate_limits import SECOND
from functions.shared.table import Table
from functions.shared.workspace_settings import change
from tests.integration.cloud import ENVIRONMENT, Calls, environment, furnish
from tests.integration.gateway import Api, Member, event
from tests.integration.parallel import at_once, shared_cloud

CONTACTS = "/v1/contacts"
ABSENT = f"{CONTACTS}/con_{'0' * 26}"
TINY = {"principal_per_second": 0.1, "principal_burst": 5}


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        yield


@pytest.fixture
def api(cloud: None) -> Api:
    return Api(handler)


@pytest.fixture
def calls(cloud: None) -> Iterator[Calls]:
    with Calls("dynamodb", of_limits=True) as recorded:
        yield recorded


def platform(workspace: str = "wsp_one") -> Table:
    return Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], workspace)


def standing(value: str) -> dict[str, dict[str, int]]:
    """Read a List of Strings with integer parameters (RFC 9651)."""
    found = {}
    for item in value.split(", "):
        name, *parameters = item.split(";")
        assert name[0] == name[-1] == '"'
        found[name[1:-1]] = {key: int(each) for key, each in (p.split("=") for p in parameters)}
    return found


def test_the_typical_request_adds_no_call(api: Api, calls: Calls) -> None:
    change(platform(), {"principal_burst": 400, "principal_per_second": 1})
    calls.clear()
    api.get(ABSENT)
    # the first of a lease: the settings, a block for the principal and one for the workspace
    settings, mine, ours, *reading = calls.take()
    assert [settings, mine, ours] == ["GetItem", "UpdateItem", "UpdateItem"]

    drawing = []  # blocks double while they do not last a second, or are a twentieth
    for number in range(2, 64):
        api.get(ABSENT)
        made = calls.take()
        assert [each for each in made if each != "UpdateItem"] == reading
        drawing += [number] * (made != reading)
    assert 2 <= len(drawing) <= 6


def test_a_reply_says_what_is_left(api: Api) -> None:
    change(platform(), {"principal_burst": 40, "principal_per_second": 2})
    first, second = api.get(ABSENT), api.get(ABSENT)

    assert standing(first.headers["ratelimit-policy"])["principal"] == {"q": 40, "w": 20}
    assert standing(first.headers["ratelimit"])["principal"] == {"r": 39, "t": 1}
    assert standing(second.headers["ratelimit"])["principal"] == {"r": 38, "t": 1}
    assert set(standing(second.headers["ratelimit"])) == {"principal", "workspace"}


def test_a_write_costs_more_than_a_read(api: Api) -> None:
    change(platform(), {"principal_burst": 40, "principal_per_second": 0.001})
    api.make(CONTACTS, {"name": "Ada"})

    assert standing(api.get(ABSENT).headers["ratelimit"])["principal"]["r"] == 37


def test_too_many_requests_are_refused_with_when_to_come_back(api: Api, calls: Calls) -> None:
    change(platform(), TINY)
    for _ in range(5):
        assert api.get(ABSENT).status == 404
    calls.clear()
    refused = api.get(ABSENT)

    assert refused.status == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json["type"] == "/problems/quota-exceeded"
    assert refused.json["code"] == "rate_limited"
    assert refused.json["violated-policies"] == ["principal"]
    assert refused.headers["retry-after"] == "10"
    assert standing(refused.headers["ratelimit"])["principal"] == {"r": 0, "t": 10}
    assert "x-request-id" in refused.headers
    # nothing was read of the records; the refusal was the shared bucket's or is remembered
    for _ in range(50):
        assert api.get(ABSENT).status == 429
    assert set(calls.take()) <= {"UpdateItem"}


def test_a_refusal_comes_before_the_body_is_read_and_the_scope_looked_at(api: Api) -> None:
    change(platform(), {"principal_per_second": 0.1, "principal_burst": 1})
    viewer = Api(handler, Member(principal="key_one", role="viewer"))
    api.get(ABSENT)

    assert api.request("POST", CONTACTS, raw="{not json").status == 429
    assert viewer.post(CONTACTS, {"name": "Ada"}).status == 429


@pytest.mark.parametrize(
    ("method", "target", "raw", "status"),
    [("GET", "/v1/nothing", None, 404), ("DELETE", CONTACTS, None, 405),
     ("POST", CONTACTS, "x" * 1_000_001, 413), ("POST", CONTACTS, "{", 400)],
)  # fmt: skip
def test_what_no_route_answers_is_limited_too(
    api: Api, method: str, target: str, raw: str | None, status: int
) -> None:
    change(platform(), {"principal_per_second": 0.1, "principal_burst": 2})

    first = api.request(method, target, raw=raw)
    assert first.status == status
    assert "ratelimit" in first.headers
    api.request(method, target, raw=raw)
    assert api.request(method, target, raw=raw).status == 429


def test_a_forbidden_request_says_what_is_left(api: Api) -> None:
    refused = Api(handler, Member(role="viewer")).post(CONTACTS, {"name": "Ada"})

    assert refused.status == 403
    assert set(standing(refused.headers["ratelimit"])) == {"principal", "workspace"}


def test_principals_have_buckets_of_their_own_and_workspaces_too(api: Api) -> None:
    change(platform(), TINY | {"workspace_per_second": 0.1, "workspace_burst": 8})
    second = Api(handler, Member(principal="key_two"))
    third = Api(handler, Member(principal="key_three"))
    other = Api(handler, Member(workspace="wsp_two"))

    assert [api.get(ABSENT).status for _ in range(6)] == [404] * 5 + [429]
    assert [second.get(ABSENT).status for _ in range(4)] == [404] * 3 + [429]
    refused = third.get(ABSENT)
    assert refused.json["violated-policies"] == ["workspace"]
    assert standing(refused.headers["ratelimit"])["principal"]["r"] == 5  # given back
    assert other.get(ABSENT).status == 404


def test_tokens_flow_in_again(cloud: None) -> None:
    change(platform(), TINY)
    now = [10**9 * SECOND]
    door = Admission(clock=lambda: now[0])
    for _ in range(5):
        assert door.ask(platform(), "local", "key_one", 1).refusal is None
    refusal = door.ask(platform(), "local", "key_one", 1).refusal
    assert refusal is not None
    assert refusal.retry_after is not None

    now[0] += refusal.retry_after * SECOND

    assert door.ask(platform(), "local", "key_one", 1).refusal is None
    assert door.ask(platform(), "local", "key_one", 1).refusal is not None


def test_many_environments_share_one_bucket() -> None:
    """20 at once at the edge; blocks of a burst this small are single tokens: it is exact."""
    with shared_cloud():
        change(platform(), {"principal_per_second": 0.01, "principal_burst": 10})
        doors = [Admission(clock=lambda: 10**9 * SECOND) for _ in range(20)]

        verdicts = at_once(20, lambda n: doors[n].ask(platform(), "local", "key_one", 1))

    let_in = [each for each in verdicts if each.refusal is None]
    # a draw that lost five races in a row refuses rather than guesses
    assert 5 <= len(let_in) <= 10


def test_fifty_writes_at_once_in_fifty_environments_are_within_the_burst() -> None:
    """What a new workspace may do by default; none of them has a lease yet."""
    with shared_cloud():
        doors = [Admission(clock=lambda: 10**9 * SECOND) for _ in range(50)]

        verdicts = at_once(50, lambda n: doors[n].ask(platform(), "prod", "key_one", WRITE_COST))

    assert [each.refusal for each in verdicts] == [None] * 50


def test_a_request_is_held_against_the_bucket_as_it_is_once_the_settings_are_read(
    cloud: None,
) -> None:
    """A cold environment's first read may take long; others draw meanwhile."""
    began = 10**9 * SECOND
    moments = iter([began, began + 5 * SECOND])
    RateCell(platform(), "key_one").start(began + 8 * SECOND, began)  # 150 of 200 at the end

    verdict = Admission(lambda: next(moments)).ask(platform(), "prod", "key_one", WRITE_COST)

    assert verdict.refusal is None


def test_a_principal_in_no_workspace_has_its_own_bucket(cloud: None) -> None:
    verdict = Admission().ask(platform(""), "local", "sub-1", 1)

    assert verdict.refusal is None
    assert set(standing(verdict.headers["ratelimit"])) == {"principal"}


def test_the_buckets_in_memory_are_bounded(cloud: None) -> None:
    door = Admission()
    for number in range(MAX_BUCKETS + 5):
        door._bucket("wsp_one", str(number))

    assert len(door._buckets) == MAX_BUCKETS
    assert ("wsp_one", "0") not in door._buckets


@contextmanager
def unreachable() -> Iterator[list[str]]:
    """Let DynamoDB throttle every request of the rate limits; gives what was asked for."""
    asked: list[str] = []
    events = aws.client("dynamodb").meta.events

    def throttle(model: Any, params: Any, **_: Any) -> Any:
        if "#RATE" in str(params["body"]) or "#SETTINGS" in str(params["body"]):
            asked.append(model.name)
            error = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
            return SimpleNamespace(status_code=400, headers={}), error
        return None

    events.register_first("before-call.dynamodb.*", throttle)
    try:
        yield asked
    finally:
        events.unregister("before-call.dynamodb.*", throttle)


def test_requests_are_let_in_while_the_platform_table_does_not_answer(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    change(platform(), TINY)
    with unreachable() as asked:
        replies = [api.get(ABSENT) for _ in range(20)]

    assert {reply.status for reply in replies} == {404}
    assert all("ratelimit" in reply.headers for reply in replies)
    assert len(asked) == 1, "it is left alone for a while"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["RateLimitBlind"] for line in lines if "RateLimitBlind" in line] == [[1.0]]


def test_a_table_that_answers_again_is_heeded_again(cloud: None) -> None:
    change(platform(), TINY | {"principal_burst": 1})
    now = [10**9 * SECOND]
    door = Admission(clock=lambda: now[0])
    with unreachable():
        for _ in range(3):
            assert door.ask(platform(), "local", "key_one", 1).refusal is None
    now[0] += 6 * SECOND

    assert door.ask(platform(), "local", "key_one", 1).refusal is None
    assert door.ask(platform(), "local", "key_one", 1).refusal is not None


def test_a_cell_is_started_when_it_is_over_and_pushed_while_it_is_not(cloud: None) -> None:
    cell = RateCell(platform(), "key_one")

    assert cell.push(10, 1_000, now=5) == (False, 0)
    assert cell.start(100, now=5) == (True, 100)
    assert cell.start(900, now=99) == (False, 100)
    assert cell.push(10, 100, now=99) == (True, 110)
    assert cell.push(10, 109, now=99) == (False, 110)
    assert cell.push(10, 1_000, now=110) == (False, 110)
    assert cell.start(200, now=110) == (True, 200)
    assert RateCell(platform("wsp_two"), "key_one").start(7, now=5) == (True, 7)


def test_a_cell_is_forgotten_once_it_means_nothing(cloud: None) -> None:
    now = 10**9 * SECOND
    RateCell(platform()).start(now + 5 * SECOND, now)
    RateCell(platform()).push(5 * SECOND, now + 60 * SECOND, now)

    key = {"pk": {"S": "W#wsp_one#RATE"}, "sk": {"S": "RATE"}}
    item = aws.client("dynamodb").get_item(TableName=ENVIRONMENT["PLATFORM_TABLE"], Key=key)["Item"]
    assert int(item["expires_at_epoch"]["N"]) > 10**9 + 10


def test_the_window_is_the_time_in_which_the_burst_flows_in(cloud: None) -> None:
    rate = Rate(0.3, 7)
    change(platform(), {"principal_per_second": rate.per_second, "principal_burst": rate.burst})
    policy = Admission().ask(platform(), "local", "key_one", 1).headers["ratelimit-policy"]

    assert standing(policy)["principal"]["w"] == math.ceil(rate.burst / rate.per_second)


def test_an_open_route_has_no_limits(api: Api) -> None:
    from functions.identity.api.handler import handler as identity

    reply = identity(event("GET", "/v1/health", member=None), SimpleNamespace(aws_request_id="x"))

    assert reply["statusCode"] == 200
    assert "ratelimit" not in reply["headers"]
