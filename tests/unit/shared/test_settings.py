"""The environment as functions read it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from functions.shared.exchange_settings import WebSettings
from functions.shared.settings import Settings, find_binary, function_name, region


class _Own(Settings):
    crm_table: str
    retries: int = 3


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STAGE", "CRM_TABLE", "RETRIES", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]


def test_a_field_is_read_from_the_variable_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("CRM_TABLE", "reelate-local-crm")
    assert _Own.from_env() == _Own(stage="local", crm_table="reelate-local-crm", retries=3)
    monkeypatch.setenv("CRM_TABLE", "another")
    assert _Own.from_env().crm_table == "reelate-local-crm", "read once per process"


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    with pytest.raises(ValidationError, match="crm_table"):
        _Own.from_env()


def test_infra_learns_which_variables_a_function_needs() -> None:
    assert _Own.variables() == ["STAGE", "CRM_TABLE"]
    assert WebSettings.variables() == ["STAGE", "PLATFORM_TABLE", "SIGNING_SECRET"]


def test_a_layers_program_comes_before_the_laptops_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("layer/bin", "laptop"):
        (tmp_path / folder).mkdir(parents=True)
        program = tmp_path / folder / "frobnicate"
        program.touch()
        program.chmod(0o755)
    (tmp_path / "laptop" / "plain").touch()
    monkeypatch.setenv("PATH", str(tmp_path / "laptop"))
    assert find_binary("frobnicate") == tmp_path / "laptop" / "frobnicate"
    monkeypatch.setenv("_LAMBDA_LAYERS_DIRS", f"{tmp_path / 'none'}:{tmp_path / 'layer'}")
    assert find_binary("frobnicate") == tmp_path / "layer" / "bin" / "frobnicate"
    with pytest.raises(FileNotFoundError, match="plain is in no layer"):
        find_binary("plain")


def test_region_and_function_have_names_outside_lambda_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (region(), function_name()) == ("us-east-1", "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "reelate-local-crm-api")
    assert (region(), function_name()) == ("eu-west-1", "reelate-local-crm-api")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert region() == "eu-north-1"
