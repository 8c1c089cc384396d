"""Distributed Maps in JSONata, which MiniStack runs in JSONPath alone.

AWS takes both; a machine whose language is JSONata has no other. MiniStack takes the field `Items`
for one literal item and passes over `ItemSelector`, `Output` and `Assign`.
"""

# ruff: noqa: SLF001  (MiniStack offers no public way to what its services keep)
# mypy: disable-error-code=import-not-found

from typing import Any

from ministack.services import stepfunctions

_JSONATA = ("Items", "ItemSelector", "MaxConcurrency", "Output", "Assign", "QueryLanguage")


def install() -> None:
    """Evaluate what JSONata says of a Distributed Map, and let MiniStack run the rest."""
    plain = stepfunctions._run_distributed_map

    def run(
        state: dict[str, Any], given: Any, effective: Any, processor: Any, execution: Any, ctx: Any
    ) -> Any:
        if stepfunctions._state_query_language(state, ctx) != "JSONata" or "Items" not in state:
            return plain(state, given, effective, processor, execution, ctx)
        field = stepfunctions._jsonata_state_field
        items = field(state, "Items", "array", given, ctx)
        rest = {name: value for name, value in state.items() if name not in _JSONATA}
        if "MaxConcurrency" in state:
            rest["MaxConcurrency"] = field(state, "MaxConcurrency", "number", given, ctx)
        inputs = [_selected(state, given, ctx, *pair) for pair in enumerate(items)]
        results, following = plain(rest, given, inputs, processor, execution, ctx)
        output = stepfunctions._apply_jsonata_output(
            state, given, ctx, result=results, default=results
        )
        stepfunctions._apply_state_assign(state, given, ctx, result=results)
        return output, following

    stepfunctions._run_distributed_map = run


def _selected(state: dict[str, Any], given: Any, ctx: Any, index: int, item: Any) -> Any:
    """Return the input of one child."""
    if "ItemSelector" not in state:
        return item
    of_item = {**ctx, "Map": {"Item": {"Index": index, "Value": item}}}
    return stepfunctions._apply_jsonata_template(state["ItemSelector"], given, of_item)
