"""Schemathesis over the OpenAPI document, against the real functions: data made of the schemas,
every check it has, and its boundary cases."""

import json
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    response_schema_conformance,
)

from functions.shared.versions import LEDGER
from tests.contract import openapi
from tests.contract.world import World, gateway

# Of every operation, beside the boundary cases that its schemas have; `make fuzz` asks for more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
# PATCH …/lookup is a change of the record whose id is `lookup`: there is none, and no 405.
_PATHS = json.loads(openapi.PATH.read_text())["paths"]
_NAMED = "|".join(
    f"^{re.escape(path)}$"
    for path in _PATHS
    if "{" not in path.rsplit("/", 1)[1] and f"{path.rsplit('/', 1)[0]}/{{id}}" in _PATHS
)
_ANSWERS = ["2xx", "3xx", "401", "403", "404", "409", "412", "413", "422", "428"]
_REFUSALS = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What a schema cannot say (an e-mail's own grammar, a stage that exists, a link whose
            # id fits its type) is refused with 422 and its reason, what is larger together than a
            # body may be with 413; 409 and 412 are states, 428 is asked of those who purge.
            "positive_data_acceptance": {"expected-statuses": _ANSWERS},
            "negative_data_rejection": {"expected-statuses": _REFUSALS},
        },
        # A batch whose items are wrong is answered: each item with its own refusal.
        "operations": [
            {
                "include-path-regex": "/batch$",
                "checks": {"negative_data_rejection": {"enabled": False}},
            },
            {
                # Conditions are any JSON, whose numbers no schema bounds: beyond 2^53 it is 400.
                "include-path-regex": "^/v1/(scoring-rules|assignment-rules|automations)",
                "checks": {"positive_data_acceptance": {"expected-statuses": [*_ANSWERS, "400"]}},
            },
            {"include-path-regex": _NAMED, "checks": {"unsupported_method": {"enabled": False}}},
        ],
        # U+0000 is refused with 400 in any text; no schema can say so.
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "allow-x00": False},
    }
)
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
SEQUENCES = EXAMPLES  # of up to six operations
OLDER = {each.date for each in LEDGER.versions[:-1]}
_TURNS = count()


def described() -> Any:
    """Return the document's operations, with the whole API behind them."""
    made = schemathesis.openapi.from_dict(json.loads(openapi.PATH.read_text()), config=CONFIG)
    made.app = gateway
    return made


def clean(case: Any) -> None:
    """Leave out of a well-formed query what nobody can make up (cursors), and selections of
    fields: the reply then has less than its schema requires."""
    query = case.meta.components.get(ParameterLocation.QUERY)
    if query is not None and query.mode == GenerationMode.POSITIVE:
        case.query.pop("cursor", None)
        case.query.pop("fields", None)
        case.query.pop("columns", None)


def aim(world: World, case: Any) -> None:
    """Let two thirds of the well-formed ids be those of records."""
    clean(case)
    component = case.meta.components.get(ParameterLocation.PATH)
    well_formed = component is not None and component.mode == GenerationMode.POSITIVE
    turn = next(_TURNS)
    if well_formed and "id" in case.path_parameters and turn % 3:
        if turn % 2:
            case.headers.pop("If-Match", None)  # made up, it is always another version's
        resource = case.operation.path.split("/")[2]
        case.path_parameters["id"] = world.record(resource)


def check(world: World, case: Any) -> None:
    """Send a case as the workspace's admin; fail unless what happens is what is documented."""
    aim(world, case)
    case.call_and_validate(
        headers={"Authorization": f"Bearer {world.key}"}, excluded_checks=beyond_the_schema(case)
    )


def beyond_the_schema(case: Any) -> list[Any]:
    """Return the checks that do not fit a request."""
    version = (case.headers or {}).get("Reelate-Version")
    # schemas are those of whole records in the newest version, and a query that is wrong
    # elsewhere, or a header, may ask for others
    asked = bool({"fields", "columns"} & set(case.query or {})) or version in OLDER
    unfit = [response_schema_conformance] if asked else []
    # what is wrong may lie in a parameter with no value to send, or in blanks around a text, which
    # are not counted
    unsent = any(value in ([], {}) for value in (case.query or {}).values())
    return [*unfit, negative_data_rejection] if unsent or _has_blanks_around(case.body) else unfit


def _has_blanks_around(value: Any) -> bool:
    if isinstance(value, str):
        return value != value.strip()
    if isinstance(value, dict):
        return any(_has_blanks_around(each) for each in value.values())
    return isinstance(value, list) and any(_has_blanks_around(each) for each in value)


def sequences(schema: Any, open_world: Callable[[], AbstractContextManager[World]]) -> None:
    """Run sequences along the links of the document, each in a world of its own: what one reply
    names goes into the next request."""

    class Sequence(schema.as_state_machine()):  # type: ignore[misc]
        """One sequence, as the workspace's admin."""

        def setup(self) -> None:
            self._worlds = ExitStack()
            self._key = self._worlds.enter_context(open_world()).key

        def teardown(self) -> None:
            self._worlds.close()

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {self._key}"}}

        def before_call(self, case: Any) -> None:
            clean(case)

        def validate_response(self, response: Any, case: Any, *_: Any, **sent: Any) -> None:
            # told of the key, the checks know that a success needs it, and try without
            case.validate_response(
                response, transport_kwargs=sent, headers=sent["headers"],
                excluded_checks=beyond_the_schema(case),
            )  # fmt: skip

    Sequence.run(settings=settings(SETTINGS, max_examples=SEQUENCES, stateful_step_count=6))
