"""Every operation of the OpenAPI document, with data made of its schemas, against the real
functions: what is documented is what happens, and nothing ends in a 5xx."""

import io
import json
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from moto import mock_aws
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from functions.crm.check.handler import handler as crm_check
from functions.identity.create_workspace.handler import handler as create_workspace
from functions.shared import aws
from tests.contract import openapi
from tests.contract.gateway_app import Gateway
from tests.integration.cloud import REGION, environment, furnish
from tests.integration.gateway import CONTEXT

BUCKETS = {
    name: f"reelate-local-{name.split('_')[0]}-123456789012-{REGION}"
    for name in ("uploads_bucket", "media_bucket")
}
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:reelate-local-video"

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
        "generation": {"max-examples": 15, "deterministic": True},
    }
)
schema = schemathesis.openapi.from_dict(json.loads(openapi.PATH.read_text()), config=CONFIG)
gateway = Gateway()
schema.app = gateway


class World:
    """A workspace with something in it, so that ids can name what is there."""

    def __init__(self, key: str, other: str) -> None:
        self.key = key
        self.other = other
        self._there: dict[str, str] = {}
        self._makers: dict[str, Callable[[], Any]] = {
            "contacts": lambda: {"name": "Ada"},
            "companies": lambda: {"name": "Harbor"},
            "deals": lambda: {"name": "Rollout"},
            "notes": lambda: {
                "body": "Yes.", "links": [{"type": "deal", "id": self.record("deals")}],
            },
            "videos": lambda: {
                "filename": "call.mp4", "content_type": "video/mp4", "size_bytes": 5_000,
            },
            "api-keys": lambda: {"name": "Sync", "role": "viewer"},
        }  # fmt: skip

    def aim(self, case: Any) -> None:
        """Let two thirds of the well-formed ids be those of records; leave cursors, which nobody
        can make up, out of well-formed queries."""
        query = case.meta.components.get(ParameterLocation.QUERY)
        if query is not None and query.mode == GenerationMode.POSITIVE:
            case.query.pop("cursor", None)
        component = case.meta.components.get(ParameterLocation.PATH)
        well_formed = component is not None and component.mode == GenerationMode.POSITIVE
        if well_formed and "id" in case.path_parameters and len(repr(case.body)) % 3:
            resource = case.operation.path.split("/")[2]
            case.path_parameters["id"] = self.record(resource)

    def record(self, resource: str) -> str:
        """Return the id of a record that is there."""
        known = self._there.get(resource)
        if known is None or self.call("GET", f"/v1/{resource}/{known}")[0] != 200:
            status, made = self.call("POST", f"/v1/{resource}", self._makers[resource]())
            assert status == 201, made
            self._there[resource] = known = made["id"]
        return known

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        raw = b"" if body is None else json.dumps(body).encode()
        seen: list[str] = []
        sent = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(raw)),
            "CONTENT_TYPE": "application/json" if raw else "",
            "HTTP_AUTHORIZATION": f"Bearer {self.key}",
            "wsgi.input": io.BytesIO(raw),
        }
        text = b"".join(gateway(sent, lambda status, _headers: seen.append(status)))
        return int(seen[0].split()[0]), json.loads(text or b"null")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    functions = {"CRM_CHECK_FUNCTION": "reelate-local-crm-check", "STATE_MACHINE_ARN": MACHINE}
    buckets = {name.upper(): bucket for name, bucket in BUCKETS.items()}
    with environment(**functions, **buckets), mock_aws():
        furnish()
        _furnish_video()
        keys = [create_workspace({"name": name}, CONTEXT)["api_key"] for name in ("One", "Two")]
        yield World(*keys)


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
    world.aim(case)

    case.call_and_validate(headers={"Authorization": f"Bearer {world.key}"})


def _furnish_video() -> None:
    """Make buckets and state machine, and let a Lambda invoke reach the real crm/check: moto
    has no runtime of its own."""
    for bucket in BUCKETS.values():
        aws.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    aws.client("stepfunctions").create_state_machine(
        name="reelate-local-video",
        definition='{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )

    def invoke(params: Any, **_: Any) -> Any:
        assert re.search("crm-check", params["url_path"])
        answer = json.dumps(crm_check(json.loads(params["body"]), CONTEXT)).encode()
        return SimpleNamespace(status_code=200), {"Payload": io.BytesIO(answer)}

    aws.client("lambda").meta.events.register("before-call.lambda.Invoke", invoke)
