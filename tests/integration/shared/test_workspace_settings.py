"""A workspace's own settings: read once a minute, changed one by one, defaults for the rest."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.shared import aws, workspace_settings
from functions.shared.limits import Rate, defaults
from functions.shared.table import Table, Update
from functions.shared.workspace_settings import KEPT_SECONDS, MAX_KEPT, change, settings_of
from tests.integration.cloud import ENVIRONMENT, Calls, environment, furnish


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def calls() -> Iterator[Calls]:
    with environment(), mock_aws():
        furnish()
        with Calls("dynamodb", of_limits=True) as recorded:
            yield recorded


def platform(workspace: str = "wsp_one") -> Table:
    return Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], workspace)


def test_a_workspace_for_which_nothing_was_chosen_has_the_stage_s_defaults(calls: Calls) -> None:
    assert settings_of(platform(), "local") == defaults("local")
    assert settings_of(platform("wsp_two"), "prod") == defaults("prod")
    assert defaults("prod") != defaults("local")


def test_the_table_is_asked_once_a_minute_for_each_workspace(calls: Calls) -> None:
    clock = Clock()
    for _ in range(3):
        settings_of(platform(), "local", clock=clock)
        settings_of(platform("wsp_two"), "local", clock=clock)
    assert calls.take() == ["GetItem", "GetItem"]

    clock.time = KEPT_SECONDS
    settings_of(platform(), "local", clock=clock)
    settings_of(platform(), "local", clock=clock)

    assert calls.take() == ["GetItem"]


def test_a_change_is_seen_by_others_within_a_minute_and_by_its_maker_at_once(
    calls: Calls,
) -> None:
    clock = Clock()
    settings_of(platform(), "local", clock=clock)
    table = platform()
    table.write(
        Update(
            {"pk": table.key("SETTINGS"), "sk": "SETTINGS"},
            "SET principal_burst = :b", values={":b": 7},
        )
    )  # fmt: skip
    assert settings_of(platform(), "local", clock=clock) == defaults("local")
    clock.time = KEPT_SECONDS
    assert settings_of(platform(), "local", clock=clock).principal_rate.burst == 7

    change(platform(), {"principal_burst": 8})

    assert settings_of(platform(), "local", clock=clock).principal_rate.burst == 8


def test_settings_are_changed_one_by_one_and_taken_back_by_none(calls: Calls) -> None:
    change(platform(), {"allowed_origins": ["https://app.example.com"]})
    change(platform(), {"principal_per_second": 2.5, "principal_burst": 5, "quota_model_tokens": 9})

    found = settings_of(platform(), "local")
    assert found.principal_rate == Rate(2.5, 5)
    assert found.quotas["model_tokens"] == 9
    assert found.quotas["stored_bytes"] == defaults("local").quotas["stored_bytes"]
    assert found.allowed_origins == ("https://app.example.com",)
    change(platform(), {"allowed_origins": None, "principal_burst": None, "quota_model_tokens": 0})
    found = settings_of(platform(), "local")
    assert found.allowed_origins == ()
    assert found.principal_rate == Rate(2.5, defaults("local").principal_rate.burst)
    assert found.quotas["model_tokens"] == 0


def test_a_setting_that_is_none_is_refused(calls: Calls) -> None:
    with pytest.raises(ValueError, match="no such settings"):
        change(platform(), {"pk": "W#wsp_two#SETTINGS"})
    assert calls.take() == []


def test_the_workspaces_kept_in_memory_are_bounded(calls: Calls) -> None:
    for number in range(MAX_KEPT):
        workspace_settings._kept[("t", str(number))] = (0.0, defaults("local"))
    settings_of(platform(), "local")

    assert len(workspace_settings._kept) == MAX_KEPT
    assert ("t", "0") not in workspace_settings._kept
