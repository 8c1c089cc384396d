"""`reelate workspace limits`: the command line as the words of identity/set_limits."""

import io
import json
from typing import Any

import pytest

from infra.cli.commands import wanted_limits
from infra.cli.main import parser
from infra.local.failure import CloudError
from infra.local.seed import set_limits


def words(*more: str) -> dict[str, Any]:
    return wanted_limits(parser().parse_args(["workspace", "limits", "--workspace", "ws_1", *more]))


def test_what_is_not_named_is_not_asked_for() -> None:
    assert words() == {"workspace": "ws_1", "quotas": {}}


def test_rates_bursts_and_quotas_are_named() -> None:
    assert words(
        "--rate", "5", "--burst", "12", "--workspace-rate", "0.5",
        "--quota", "encoded_minutes=90", "--quota", "model_tokens=default",
    ) == {
        "workspace": "ws_1",
        "principal_rate": {"per_second": 5.0, "burst": 12},
        "workspace_rate": {"per_second": 0.5, "burst": 2},
        "quotas": {"encoded_minutes": 90, "model_tokens": None},
    }  # fmt: skip


@pytest.mark.parametrize(
    "more", [("--burst", "5"), ("--quota", "encoded_minutes"), ("--quota", "encoded_minutes=-1")]
)
def test_what_cannot_be_meant_is_refused(more: tuple[str, ...]) -> None:
    with pytest.raises(CloudError):
        words(*more)


def test_a_workspace_is_still_created_by_its_name() -> None:
    chosen = parser().parse_args(["workspace", "create", "Harbor", "--stage", "prod"])

    assert (chosen.act, chosen.name, chosen.stage) == ("create", "Harbor", "prod")


def test_the_function_s_refusal_is_told() -> None:
    class Lambda:
        def invoke(self, **asked: Any) -> dict[str, Any]:
            assert asked["FunctionName"] == "reelate-prod-identity-set-limits"
            assert json.loads(asked["Payload"]) == {"workspace": "ws_1"}
            payload = io.BytesIO(b'{"errorMessage": "There is no such workspace."}')
            return {"FunctionError": "Unhandled", "Payload": payload}

    with pytest.raises(CloudError, match="There is no such workspace"):
        set_limits(Lambda(), "prod", {"workspace": "ws_1"})
