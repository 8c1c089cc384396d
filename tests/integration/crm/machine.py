"""The import and export machines of a test: the real functions, called in the machines' order, with
the real JSON between them. moto runs no state machine."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from functions.crm.detect_import.handler import handler as detect
from functions.crm.export_rows.handler import handler as export_rows
from functions.crm.finish_import.handler import handler as finish
from functions.crm.import_rows.handler import handler as import_rows
from functions.crm.revert_rows.handler import handler as revert_rows
from functions.crm.split_import.handler import handler as split
from functions.shared import aws
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import Api

BUCKET = ENVIRONMENT["EXCHANGE_BUCKET"]
Function = Callable[[dict[str, Any], Any], dict[str, Any]]


def context(remaining_ms: int = 900_000) -> Any:
    return SimpleNamespace(
        aws_request_id="4b6f8d5e-0000-4000-8000-000000000000",
        get_remaining_time_in_millis=lambda: remaining_ms,
    )


def call(function: Function, payload: dict[str, Any], remaining_ms: int = 900_000) -> Any:
    """Invoke a function as Step Functions does."""
    reply = function(json.loads(json.dumps(payload)), context(remaining_ms))
    return json.loads(json.dumps(reply))


def send(api: Api, text: bytes, **body: Any) -> Any:
    """Open an import, put its file into the bucket and let the event of its arrival be handled;
    return the import."""
    fields = {"record_type": "contact", "filename": "people.csv", "size_bytes": len(text), **body}
    job = api.make("/v1/imports", fields)
    workspace = api.member.workspace
    key = f"imports/{workspace}/{job['id']}"
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text)
    arrived = {"id": "evt-1", "detail": {"object": {"key": key, "size": len(text)}}}
    record = {"messageId": "1", "body": json.dumps(arrived)}
    assert detect({"Records": [record]}, context()) == {"batchItemFailures": []}
    return api.get(f"/v1/imports/{job['id']}").json


def execution(api: Api, job: str, name: str = "IMPORT_MACHINE_ARN") -> dict[str, Any]:
    """Return the input of the newest execution that was started for a job."""
    client = aws.client("stepfunctions")
    machine = ENVIRONMENT[name]
    inputs = [
        json.loads(client.describe_execution(executionArn=each["executionArn"])["input"])
        for each in client.list_executions(stateMachineArn=machine)["executions"]
        if each["name"].startswith(job)
    ]
    return max(inputs, key=lambda each: each["number"])


def work(api: Api, job: str, lanes: int | None = None) -> Any:
    """Do what the import machine does; return the import."""
    asked = execution(api, job)
    names = {"workspace": asked["workspace"], "job": job}
    began = call(split, {**names, "act": asked["act"]})
    problem = None
    if began["outcome"] == "ok":
        step = revert_rows if asked["act"] == "revert" else import_rows
        numbers = began["lanes"] if lanes is None else range(lanes)
        for lane in numbers:
            while call(step, {**names, "lane": lane, "lanes": len(numbers)})["outcome"] == "more":
                pass
    elif began["outcome"] != "stopped":
        problem = began["outcome"]
    call(finish, {**names, "number": asked["number"], "problem": problem})
    return api.get(f"/v1/imports/{job}").json


def export(api: Api, job: str) -> Any:
    """Do what the export machine does; return the export."""
    asked = execution(api, job, "EXPORT_MACHINE_ARN")
    names = {"workspace": api.member.workspace, "job": job, "number": asked["number"]}
    while call(export_rows, names)["outcome"] == "more":
        pass
    return api.get(f"/v1/exports/{job}").json


def content(address: str) -> bytes:
    """Return what lies under an address that was given out."""
    key = address.split("?")[0].split(".amazonaws.com/")[1].removeprefix(f"{BUCKET}/")
    body: bytes = aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body
