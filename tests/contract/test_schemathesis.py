"""Every operation of the OpenAPI document, with data made of its schemas, against the real
functions: what is documented is what happens, and nothing ends in a 5xx."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from tests.contract import openapi
from tests.contract.world import World, gateway, open_world

CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What a schema cannot say (an e-mail's own grammar, a stage that exists, a link whose
            # id fits its type) is refused with 422 and its reason; 409 and 412 are states.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "412", "422"]
            },
            "negative_data_rejection": {
                "expected-statuses": ["400", "401", "403", "404", "405", "409", "412", "415", "422"]
            },
        },
        # A batch whose items are wrong is answered: each item with its own refusal.
        "operations": [
            {
                "include-path-regex": "/batch$",
                "checks": {"negative_data_rejection": {"enabled": False}},
            }
        ],
        # U+0000 is refused with 400 in any text; no schema can say so.
        "generation": {"max-examples": 15, "deterministic": True, "allow-x00": False},
    }
)
schema = schemathesis.openapi.from_dict(json.loads(openapi.PATH.read_text()), config=CONFIG)
schema.app = gateway
_TURNS = count()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as made:
        yield made


def aim(world: World, case: Any) -> None:
    """Let two thirds of the well-formed ids be those of records; leave cursors, which nobody
    can make up, and selections out of well-formed queries."""
    query = case.meta.components.get(ParameterLocation.QUERY)
    if query is not None and query.mode == GenerationMode.POSITIVE:
        case.query.pop("cursor", None)
        case.query.pop("fields", None)  # the reply then has less than its schema requires
    component = case.meta.components.get(ParameterLocation.PATH)
    well_formed = component is not None and component.mode == GenerationMode.POSITIVE
    turn = next(_TURNS)
    if well_formed and "id" in case.path_parameters and turn % 3:
        if turn % 2:
            case.headers.pop("If-Match", None)  # made up, it is always another version's
        resource = case.operation.path.split("/")[2]
        case.path_parameters["id"] = world.record(resource)


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_an_operation_does_what_its_document_says(world: World, case: Any) -> None:
    aim(world, case)

    case.call_and_validate(headers={"Authorization": f"Bearer {world.key}"})
