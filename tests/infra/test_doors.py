"""Who may ask whom at once: the contexts' doors, and what stands behind them."""

import pytest

from tests.infra.templates import Template, allowed, role_of


@pytest.mark.parametrize(
    ("context", "folder", "asked"),
    [
        ("crm", "api", {"identity", "video"}),
        ("video", "api", {"crm", "identity"}),
        ("insight", "api", {"video"}),
        ("crm", "reassign", {"identity"}),
        ("video", "reassign", {"identity"}),
    ],
)
def test_a_function_invokes_the_doors_that_it_asks_at_and_no_other_function(
    service: Template, context: str, folder: str, asked: set[str]
) -> None:
    invoked = {
        resource.rpartition(":")[2]
        for action, resource in allowed(service, role_of(service, context, folder))
        if action == "lambda:InvokeFunction"
    }

    assert invoked == {f"reelate-local-{each}-check" for each in asked}


@pytest.mark.parametrize("context", ["crm", "identity", "video"])
def test_a_door_only_reads_its_own_table(service: Template, context: str) -> None:
    reads = {
        (action, resource.rpartition(":")[2])
        for action, resource in allowed(service, role_of(service, context, "check"))
        if action.startswith("dynamodb:")
    }

    mine = f"table/reelate-local-{context}"
    assert ("dynamodb:BatchGetItem", mine) in reads
    assert {action for action, _ in reads} <= {
        "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query",
    }  # fmt: skip
    assert all(resource.split("/index/")[0] == mine for _, resource in reads)
