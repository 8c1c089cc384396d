"""The committed OpenAPI document: the code's, complete, and valid."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from functions.shared.ids import new_id
from functions.shared.policy import SCOPES
from tests.contract import openapi
from tests.contract.openapi_polish import polish

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
}
SECURED = {name: each for name, each in OPERATIONS.items() if each.get("security") != []}
PROBLEM = "application/problem+json"

every_operation = pytest.mark.parametrize("name", OPERATIONS)


def test_the_committed_document_is_the_code_s() -> None:
    assert openapi.PATH.read_text() == openapi.text(), "run `make openapi`"


def test_the_document_is_openapi_3_1() -> None:
    assert SPEC["openapi"].startswith("3.1.")
    # the OpenAPI Initiative's own schema of 3.1 documents, as schemathesis ships it
    meta = jsonschema_rs.validator_for(OPENAPI_31)
    assert [error.message for error in meta.iter_errors(SPEC)] == []


def test_every_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(SPEC))):
        assert openapi.resolve(SPEC, {"$ref": reference}), reference


def test_operation_ids_are_unique() -> None:
    ids = [each["operationId"] for each in OPERATIONS.values()]

    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z0-9_]+", each) for each in ids)


@every_operation
def test_an_operation_is_described(name: str) -> None:
    operation = OPERATIONS[name]
    known = {tag["name"] for tag in SPEC["tags"]}

    assert len(operation["summary"]) <= 60
    assert operation["description"].strip().endswith((".", "`"))
    assert operation["tags"]
    assert set(operation["tags"]) <= known


@every_operation
def test_bodies_carry_examples_that_are_valid(name: str) -> None:
    operation = OPERATIONS[name]
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]

    for media in (body.get("content", {}).get("application/json") for body in bodies):
        if media is not None:
            _validator(media["schema"]).validate(media["example"])


@every_operation
def test_a_success_is_told(name: str) -> None:
    told = [status for status in OPERATIONS[name]["responses"] if status[0] in "23"]

    assert told
    assert all(
        OPERATIONS[name]["responses"][status]["headers"]["X-Request-Id"]
        == {"$ref": "#/components/headers/RequestId"}
        for status in told
    )


@every_operation
def test_the_refusals_of_its_kind_are_told(name: str) -> None:
    operation = OPERATIONS[name]
    wanted = {429, 500, 503}
    if name in SECURED:
        wanted |= {401, 403}
    if "requestBody" in operation:
        wanted |= {400, 413, 415, 422}
    if "{id}" in name or "{token}" in name:
        wanted |= {404}
    if "If-Match" in _headers(operation):
        wanted |= {412}
    if "Idempotency-Key" in _headers(operation):
        wanted |= {400, 409, 422}

    assert {str(status) for status in wanted} <= set(operation["responses"])


@every_operation
def test_every_refusal_is_a_problem_with_an_example(name: str) -> None:
    for status, response in OPERATIONS[name]["responses"].items():
        if int(status) >= 400:
            media = openapi.resolve(SPEC, response)["content"]
            assert list(media) == [PROBLEM]
            _validator(media[PROBLEM]["schema"]).validate(media[PROBLEM]["example"])
            assert media[PROBLEM]["example"]["status"] == int(status)


@pytest.mark.parametrize(
    "name", [n for n in SECURED if n.split()[0] in ("POST", "PATCH", "DELETE")]
)
def test_a_write_takes_an_idempotency_key(name: str) -> None:
    # Addresses of parts and files, and what a body matches, may be asked for again at will: there
    # is no effect to repeat.
    questions = ("/parts", "/download", "/report", "/duplicates")
    assert "Idempotency-Key" in _headers(OPERATIONS[name]) or name.endswith(questions)


@pytest.mark.parametrize("name", [n for n in SECURED if n.split()[0] in ("PATCH", "DELETE")])
def test_a_change_takes_if_match(name: str) -> None:
    assert "If-Match" in _headers(OPERATIONS[name])


@pytest.mark.parametrize("name", SECURED)
def test_a_scope_is_named_that_some_role_has(name: str) -> None:
    ((scopes,),) = (each.values() for each in OPERATIONS[name].get("security", SPEC["security"]))

    assert set(scopes) <= SCOPES
    # what concerns the person, not the workspace; what shows of each type what its scope lets see
    assert scopes or name in {
        "GET /v1/limits", "GET /v1/me", "GET /v1/search", "GET /v1/workspaces",
        "POST /v1/invitations/accept", "POST /v1/workspaces/{id}/switch",
    }  # fmt: skip


def test_only_health_this_document_and_signed_links_need_no_credential() -> None:
    opened = set(OPERATIONS) - set(SECURED)

    assert {name for name in opened if not name.startswith("GET /v1/playback/{token}/")} == {
        "GET /v1/health",
        "GET /v1/openapi.json",
        "POST /v1/playback/sessions",
        "POST /v1/playback/{token}/views",
    }


@pytest.mark.parametrize("name", [n for n in OPERATIONS if "PATCH" in n or "POST" in n])
def test_inputs_refuse_unknown_fields(name: str) -> None:
    body = OPERATIONS[name].get("requestBody")
    if body is not None:
        for schema in _models(body["content"]["application/json"]["schema"]):
            assert schema["additionalProperties"] is False


def test_the_examples_kept_by_hand_are_all_in_use() -> None:
    used = json.dumps(SPEC["paths"])

    assert [name for name in openapi.EXAMPLES if name not in SPEC["components"]["schemas"]] == []
    assert "harbor" in used


def test_two_functions_that_answer_one_route_are_refused() -> None:
    merged = {"paths": {"/v1/x": {"get": {}}}, "components": {"schemas": {}}}

    with pytest.raises(ValueError, match="two functions answer"):
        openapi._add(merged, "crm", {"paths": {"/v1/x": {"get": {}}}})


def test_a_name_that_means_two_things_gets_its_context() -> None:
    merged = {"paths": {}, "components": {"schemas": {"Link": {"type": "object"}}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Link"}}}}
    part = {
        "paths": {"/v1/x": {"post": {"requestBody": body}}},
        "components": {"schemas": {"Link": {"type": "string"}}},
    }

    openapi._add(merged, "video", part)

    assert merged["components"]["schemas"]["VideoLink"] == {"type": "string"}
    assert "#/components/schemas/VideoLink" in json.dumps(merged["paths"])


def test_a_route_that_leaves_something_out_is_told_what() -> None:
    """Each sentence names the route, and what its author is to do."""
    spec = json.loads(openapi.PATH.read_text())
    operation = spec["paths"]["/v1/contacts/{id}"]["get"]
    del operation["description"], operation["parameters"][0]["description"], operation["security"]
    del operation["responses"]["200"]["content"]["application/json"]["example"]
    operation["tags"] = ["people"]

    with pytest.raises(ValueError, match="The OpenAPI document is not complete") as refused:
        polish(spec)

    told = str(refused.value).splitlines()[1:]
    assert len(told) == 5
    assert all("GET /v1/contacts/{id}: " in each for each in told)


def test_a_model_without_an_example_is_named() -> None:
    spec = {"components": {"schemas": {"Fresh": {"type": "object", "properties": {}}}}}

    with pytest.raises(LookupError, match="the model Fresh has no example: give it"):
        openapi._example(spec, {"$ref": "#/components/schemas/Fresh"})


def test_ids_in_paths_have_the_shape_of_their_type() -> None:
    shapes = {
        path: parameter["schema"]["pattern"]
        for path, item in SPEC["paths"].items()
        for operation in item.values()
        for parameter in operation["parameters"]
        if parameter.get("name") == "id"
    }

    assert re.fullmatch(shapes["/v1/contacts/{id}"], new_id("con"))
    assert not re.fullmatch(shapes["/v1/contacts/{id}"], new_id("com"))
    assert set(shapes) == {path for path in SPEC["paths"] if "/{id}" in path}


def _headers(operation: dict[str, Any]) -> set[str]:
    parameters = (openapi.resolve(SPEC, each) for each in operation["parameters"])
    return {each["name"] for each in parameters if each["in"] == "header"}


def _models(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in schema.get("anyOf", [schema]):
        if each.get("type") != "null":
            yield openapi.resolve(SPEC, each)


def _validator(schema: dict[str, Any]) -> Any:
    return jsonschema_rs.validator_for({**schema, "components": SPEC["components"]})
