"""/v1/usage and /v1/limits, and the operators' function that sets them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from functions.identity.api import limits as limit_routes
from functions.identity.api.handler import _meter, _settings
from functions.identity.set_limits.handler import handler as set_limits
from functions.shared import aws
from functions.shared.errors import NotFoundError
from functions.shared.limits import defaults
from functions.shared.meter import Meter
from functions.shared.quotas import spent_on, stored
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT, Api, Member
from tests.integration.identity.conftest import Door

Found = Callable[[str], dict[str, str]]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def platform(workspace: str) -> Table:
    return Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], workspace)


@pytest.fixture
def workspace(admin: Door) -> str:
    name: str = admin.decision()["context"]["workspace"]
    return name


@pytest.fixture
def november(workspace: str) -> Api:
    """The routes on a day in November, for the workspace's admin."""
    app = build_app("limits", limit_routes.routes(_meter, _settings, lambda: NOON))
    return Api(lambda_handler(app), Member(workspace=workspace))


def by_kind(reply: Any) -> dict[str, dict[str, Any]]:
    return {each["kind"]: each for each in reply.json["data"]}


def test_usage_shows_what_is_used_and_reserved(november: Api, workspace: str) -> None:
    meter = Meter(platform(workspace), "local", lambda: NOON)
    meter.reserve(spent_on("encoded_minutes", "vid_1", 1), 8)
    meter.settle(spent_on("encoded_minutes", "vid_1", 1), 5)
    meter.reserve(spent_on("encoded_minutes", "vid_2", 1), 3)
    meter.reserve(stored("vid_1"), 1_000)

    reply = november.get("/v1/usage")

    assert reply.status == 200
    assert reply.json["month"] == "2026-11"
    assert by_kind(reply)["encoded_minutes"] == {
        "kind": "encoded_minutes",
        "period": "month",
        "used": 5,
        "reserved": 3,
        "limit": defaults("local").quotas["encoded_minutes"],
        "reset_at": "2026-12-01T00:00:00.000Z",
    }
    assert by_kind(reply)["stored_bytes"]["reserved"] == 1_000
    assert by_kind(reply)["stored_bytes"]["reset_at"] is None
    assert by_kind(reply)["model_tokens"]["used"] == 0


def test_another_month_shows_what_it_used(november: Api, workspace: str) -> None:
    october = Meter(platform(workspace), "local", lambda: NOON.replace(month=10))
    october.reserve(spent_on("model_tokens", "vid_1", 1), 70)

    reply = november.get("/v1/usage?month=2026-10")

    assert by_kind(reply)["model_tokens"]["reserved"] == 70
    assert by_kind(reply)["model_tokens"]["reset_at"] == "2026-11-01T00:00:00.000Z"
    assert "stored_bytes" not in by_kind(reply)
    assert by_kind(november.get("/v1/usage"))["model_tokens"]["reserved"] == 0


@pytest.mark.parametrize("month", ["2026-12", "2026-13", "2026-1", "1999-01", "now", ""])
def test_a_month_that_is_none_or_ahead_is_refused(november: Api, month: str) -> None:
    assert november.get(f"/v1/usage?month={month}").status == 422


def test_what_the_caller_has_seen_is_not_sent_again(november: Api, workspace: str) -> None:
    for path in ("/v1/usage", "/v1/limits"):
        first = november.get(path)
        assert november.get(path, if_none_match=first.etag).status == 304
    Meter(platform(workspace), "local", lambda: NOON).reserve(stored("vid_1"), 1)
    assert november.get("/v1/usage", if_none_match=november.get("/v1/limits").etag).status == 200


def test_usage_needs_its_scope_and_limits_any_credential(november: Api, workspace: str) -> None:
    viewer = Api(november.handler, Member(workspace=workspace, role="viewer"))

    assert viewer.get("/v1/usage").status == 403
    assert viewer.get("/v1/limits").status == 200


def test_limits_show_all_that_holds(november: Api) -> None:
    usual = defaults("local")
    shown = november.get("/v1/limits").json

    assert shown["rates"]["principal"] == {
        "burst": usual.principal_rate.burst,
        "per_second": usual.principal_rate.per_second,
    }
    assert {each["kind"]: each["limit"] for each in shown["quotas"]} == usual.quotas
    assert shown["costs"] == {
        "read": 1,
        "write": 2,
        "batch": 50,
        "open_upload": 10,
        "start_run": 10,
    }
    assert shown["sizes"] == {
        "body_bytes": 1_000_000, "batch_operations": 100, "page_default": 25, "page_max": 100,
    }  # fmt: skip


def test_an_operator_sets_limits(admin: Door, workspace: str) -> None:
    made = set_limits(
        {
            "workspace": workspace,
            "principal_rate": {"per_second": 2, "burst": 5},
            "quotas": {"encoded_minutes": 7},
        },
        CONTEXT,
    )

    assert made["workspace"] == workspace
    assert made["principal_rate"] == {"per_second": 2.0, "burst": 5}
    assert made["quotas"]["encoded_minutes"] == 7
    assert made["quotas"]["model_tokens"] == defaults("local").quotas["model_tokens"]
    shown = admin.request("GET", "/v1/limits").json
    assert shown["rates"]["principal"] == {"per_second": 2.0, "burst": 5}
    assert shown["rates"]["workspace"]["burst"] == defaults("local").workspace_rate.burst


def test_what_is_not_named_stays_and_null_takes_it_back(workspace: str) -> None:
    rate = {"per_second": 1, "burst": 3}
    set_limits({"workspace": workspace, "workspace_rate": rate, "quotas": {"model_tokens": 0}},
               CONTEXT)  # fmt: skip

    kept = set_limits({"workspace": workspace}, CONTEXT)
    assert kept["workspace_rate"] == rate
    assert kept["quotas"]["model_tokens"] == 0

    back = set_limits(
        {"workspace": workspace, "workspace_rate": None, "quotas": {"model_tokens": None}}, CONTEXT
    )
    usual = defaults("local")
    assert back["workspace_rate"]["burst"] == usual.workspace_rate.burst
    assert back["quotas"]["model_tokens"] == usual.quotas["model_tokens"]


@pytest.mark.parametrize(
    "words",
    [{"principal_rate": {"per_second": 0, "burst": 1}},
     {"principal_rate": {"per_second": 5, "burst": 4}},
     {"principal_rate": {"per_second": 1}},
     {"quotas": {"encoded_minutes": -1}},
     {"quotas": {"gold": 1}},
     {"allowed_origins": ["*"]}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(workspace: str, words: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        set_limits({"workspace": workspace, **words}, CONTEXT)


def test_no_limits_are_set_for_a_workspace_that_is_not_there(admin: Door) -> None:
    for name in ("ws_" + "0" * 26, "nobody"):
        with pytest.raises(NotFoundError):
            set_limits({"workspace": name, "quotas": {"model_tokens": 1}}, CONTEXT)


def test_nobody_inside_a_workspace_can_raise_its_limits(admin: Door) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/v1/limits", "/v1/usage"):
            assert admin.request(method, path, {"quotas": {"model_tokens": 1}}).status == 405
