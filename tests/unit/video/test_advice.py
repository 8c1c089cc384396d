"""Every reason that a video can have is known, with what can be done about it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from functions.insight.ports import Kind
from functions.shared.quotas import EXCEEDED
from functions.video.advice import CODES, advice_on
from functions.video.origin import REFUSALS

FUNCTIONS = Path(__file__).parents[3] / "functions"
GIVEN = {"Reason", "RefusedError", "_reason"}


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def written() -> Iterator[str]:
    """Yield the codes that stand in the code of the two contexts that give reasons."""
    for context in ("video", "insight"):
        for file in (FUNCTIONS / context).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and _name(node) in GIVEN:
                    named = [each.value for each in node.keywords if each.arg == "code"]
                    code = [*named, *node.args[:1]][0]
                    if isinstance(code, ast.Constant):
                        yield code.value


def given() -> set[str]:
    computed = {f"{what}_{kind}" for what in ("speech", "model") for kind in get_args(Kind)}
    return {*written(), *computed, *REFUSALS, EXCEEDED}


def test_every_reason_is_known() -> None:
    found = given()

    assert len(set(written())) > 25
    assert found - CODES == set()
    assert CODES - found == set()


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("truncated", "upload_again"),
        ("not_media", "use_another_file"),
        ("source_forbidden", "check_the_address"),
        ("timeout", "run_again"),
        ("quota_exceeded", "ask_the_operator"),
        ("no_audio", None),
        ("of_a_provider", None),
    ],
)
def test_what_can_be_done_is_told(code: str, advice: str | None) -> None:
    assert advice_on(code) == advice
