"""What MiniStack alone would forget, leak or let through, our server around it does not.

Each test uses an emulator of its own, without Reelate: a table with a stream, a bucket, a state
machine and two small functions.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.emulator import Emulator, packed, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

CODE = """
import os, pathlib, subprocess, sys, time
here = pathlib.Path(os.environ["FOLDER"])
def note(name, text):
    with (here / name).open("a") as file: file.write(text + "\\n")
def stream(event, context):
    keys = [record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]]
    if not (here / "open").exists(): raise RuntimeError("not now")
    for key in keys: note("delivered", key)
def step(event, context):
    note("stepped", event["name"])
    while not (here / "open").exists(): time.sleep(0.05)
    return {"outcome": "ok"}
def fail(event, context):
    raise ValueError("the secret inside")
def look(event, context):
    layer = os.environ["_LAMBDA_LAYERS_DIRS"]
    said = subprocess.run([layer + "/bin/tool"], capture_output=True, text=True, check=True).stdout
    try:
        import infra
        project = True
    except ImportError:
        project = False
    return {"tool": said.strip(), "project": project, "aws": os.environ.get("AWS_PROFILE")}
"""


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    monkeypatch.setenv("AWS_PROFILE", "the-callers-own")
    running = Emulator(tmp_path, CODE)
    running.start()
    yield running
    running.stop()


def test_undelivered_records_open_uploads_and_executions_survive_a_restart(
    emulator: Emulator,
) -> None:
    dynamodb, s3 = emulator.aws("dynamodb"), emulator.aws("s3")
    table = dynamodb.create_table(
        TableName="things",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    emulator.aws("lambda").create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName=emulator.function("stream"),
        StartingPosition="TRIM_HORIZON",
    )
    s3.create_bucket(Bucket="files")
    upload = s3.create_multipart_upload(Bucket="files", Key="k")["UploadId"]
    part = s3.upload_part(Bucket="files", Key="k", UploadId=upload, PartNumber=1, Body=b"x" * 100)
    function = emulator.function("step")
    machine = emulator.aws("stepfunctions").create_state_machine(
        name="m",
        roleArn="arn:aws:iam::000000000000:role/step",
        definition=json.dumps(
            {
                "StartAt": "Step",
                "States": {"Step": {"Type": "Task", "Resource": function, "End": True}},
            }
        ),
    )["stateMachineArn"]
    execution = emulator.aws("stepfunctions").start_execution(
        stateMachineArn=machine, name="one", input='{"name": "one"}'
    )["executionArn"]
    until(lambda: emulator.lines("stepped"))
    dynamodb.put_item(TableName="things", Item={"pk": {"S": "before"}})

    emulator.stop()
    emulator.start()
    (emulator.folder / "open").touch()
    dynamodb.put_item(TableName="things", Item={"pk": {"S": "after"}})

    until(lambda: emulator.lines("delivered") == ["before", "after"])
    listed = s3.list_parts(Bucket="files", Key="k", UploadId=upload)["Parts"]
    assert [(found["PartNumber"], found["ETag"]) for found in listed] == [(1, part["ETag"])]
    states = emulator.aws("stepfunctions")
    until(lambda: states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    assert emulator.lines("stepped") == ["one", "one"]


def test_a_worker_sees_its_layer_as_packed_and_nothing_of_this_machine(emulator: Emulator) -> None:
    layer = emulator.aws("lambda").publish_layer_version(
        LayerName="tools",
        Content={"ZipFile": packed({"bin/tool": ("#!/bin/sh\necho runs\n", 0o755)})},
    )["LayerVersionArn"]
    emulator.function("look", (layer,))
    for _ in range(2):
        reply = emulator.aws("lambda").invoke(FunctionName="look")
        found = json.loads(reply["Payload"].read())
        assert found == {"tool": "runs", "project": False, "aws": None}


def test_a_distributed_map_in_jsonata_gives_each_child_what_is_selected_for_it(
    emulator: Emulator,
) -> None:
    (emulator.folder / "open").touch()
    function = emulator.function("step")
    child = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": "{% $states.input %}"},
        "End": True,
    }
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Begin",
        "States": {
            "Begin": {
                "Type": "Pass",
                "Assign": {"who": "{% $states.input.who %}", "of": "{% [$states.input.of] %}"},
                "Next": "Each",
            },
            "Each": {
                "Type": "Map",
                "Items": "{% $of %}",
                "MaxConcurrency": "{% 1 %}",
                "ItemSelector": {"name": "{% $who & $states.context.Map.Item.Value.part %}"},
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                    "StartAt": "Child",
                    "States": {"Child": child},
                },
                "Assign": {"count": "{% $count($states.result) %}"},
                "Output": {},
                "Next": "Done",
            },
            "Done": {"Type": "Pass", "Output": {"count": "{% $count %}"}, "End": True},
        },
    }
    states = emulator.aws("stepfunctions")
    made = states.create_state_machine(
        name="m", roleArn="arn:aws:iam::000000000000:role/step", definition=json.dumps(machine)
    )["stateMachineArn"]
    parts: list[list[dict[str, str]]] = [[{"part": "a"}, {"part": "b"}], [{"part": "c"}], []]
    for number, of in enumerate(parts):
        execution = states.start_execution(
            stateMachineArn=made, name=f"x{number}", input=json.dumps({"who": "x-", "of": of})
        )["executionArn"]

        def ended(arn: str = execution) -> Any:
            found = states.describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None

        found = until(ended)
        assert found["status"] == "SUCCEEDED", found
        assert json.loads(found["output"]) == {"count": len(of)}

    assert emulator.lines("stepped") == ["x-a", "x-b", "x-c"]


@pytest.fixture
def api(emulator: Emulator) -> str:
    """An API whose one method is a function that fails."""
    gateway = emulator.aws("apigateway")
    made = gateway.create_rest_api(name="a")["id"]
    (root,) = gateway.get_resources(restApiId=made)["items"]
    place = {"restApiId": made, "resourceId": root["id"], "httpMethod": "ANY"}
    gateway.put_method(**place, authorizationType="NONE")
    function = emulator.function("fail")
    gateway.put_integration(
        **place,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    for kind in ("DEFAULT_5XX", "REQUEST_TOO_LARGE"):
        gateway.put_gateway_response(
            restApiId=made,
            responseType=kind,
            responseTemplates={"application/json": json.dumps({"kind": kind})},
        )
    gateway.create_deployment(restApiId=made, stageName="s")
    emulator.layout.front_target.write_text(json.dumps({"api": made, "stage": "s"}))
    return emulator.ports.api_url


def test_a_failed_integration_is_told_in_the_apis_own_words(api: str) -> None:
    reply = httpx.get(f"{api}/", trust_env=False, timeout=30)
    assert reply.status_code >= 500
    assert reply.json() == {"kind": "DEFAULT_5XX"}


def test_a_body_above_the_gateways_limit_is_refused_in_the_apis_own_words(api: str) -> None:
    reply = httpx.post(
        f"{api}/", content=b"x" * (10 * 1024 * 1024 + 1), trust_env=False, timeout=30
    )
    assert reply.status_code == 413
    assert reply.json() == {"kind": "REQUEST_TOO_LARGE"}


def test_before_anything_is_deployed_the_plain_url_says_so(emulator: Emulator) -> None:
    reply = httpx.get(f"{emulator.ports.api_url}/v1/health", trust_env=False, timeout=30)
    assert reply.status_code == 503
    assert "make up" in reply.text
