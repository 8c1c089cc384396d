"""What an import is told, told again: the same reply, one effect, and work that is begun."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler
from functions.shared import aws
from tests.integration.cloud import ENVIRONMENT, furnish_exchange
from tests.integration.crm import machine
from tests.integration.gateway import Api

TEXT = b"name,email\nAda,ada@example.com\n"


@pytest.fixture
def bulk(cloud: None) -> Api:
    furnish_exchange()
    return Api(handler)


class Died(BaseException):
    """The process is gone."""


@contextmanager
def dying(event: str) -> Iterator[None]:
    events = aws.client(event.split(".")[1]).meta.events

    def die(**_: Any) -> None:
        raise Died

    events.register(event, die, unique_id="die")
    try:
        yield
    finally:
        events.unregister(event, unique_id="die")


def begun(job: str) -> list[str]:
    """Return the names of an import's executions."""
    listed = aws.client("stepfunctions").list_executions(
        stateMachineArn=ENVIRONMENT["IMPORT_MACHINE_ARN"]
    )
    return sorted(each["name"] for each in listed["executions"] if each["name"].startswith(job))


def prepared(bulk: Api, act: str) -> str:
    """Return an import that may do an act."""
    job: str = machine.send(bulk, TEXT)["id"]
    if act in ("resume", "revert"):
        bulk.post(f"/v1/imports/{job}/run", {})
        if act == "resume":
            bulk.post(f"/v1/imports/{job}/cancel")
        machine.work(bulk, job)
    return job


@pytest.mark.parametrize("act", ["preview", "run", "resume", "revert"])
@pytest.mark.parametrize(
    "lost", ["after-call.dynamodb.TransactWriteItems", "before-call.stepfunctions.StartExecution"]
)
def test_an_act_whose_process_died_is_begun_by_asking_again(bulk: Api, act: str, lost: str) -> None:
    job = prepared(bulk, act)
    body: Any = {} if act in ("preview", "run") else None
    path, before = f"/v1/imports/{job}/{act}", begun(job)
    with dying(lost):
        assert bulk.post(path, body, idempotency_key="k").status == 500

    again = bulk.post(path, body, idempotency_key="k")

    assert again.status == 200, again.body
    assert again.headers["idempotency-replayed"] == "true"
    assert len(begun(job)) == len(before) + 1
    assert bulk.post(path, body, idempotency_key="k").body == again.body
    assert len(begun(job)) == len(before) + 1
    assert machine.work(bulk, job)["state"] == {
        "preview": "ready", "run": "done", "resume": "done", "revert": "reverted",
    }[act]  # fmt: skip


def test_looking_at_a_file_and_completing_it_in_parts_are_replayed(bulk: Api) -> None:
    job = bulk.make("/v1/imports", {"record_type": "contact", "filename": "a.csv",
                                    "size_bytes": (128 << 20) + 1})  # fmt: skip
    assert job["upload"]["url"] is None
    assert [each["size_bytes"] for each in job["upload"]["parts"]] == [64 << 20, 64 << 20, 1]
    key = f"imports/wsp_one/{job['id']}"
    s3 = aws.client("s3")
    upload = s3.list_multipart_uploads(Bucket=machine.BUCKET)["Uploads"][0]["UploadId"]
    parts = []
    for number, data in enumerate([TEXT * 200_000, TEXT * 200_000, b"x"], start=1):
        done = s3.upload_part(
            Bucket=machine.BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=data
        )
        parts.append({"part_number": number, "etag": done["ETag"]})
    path = f"/v1/imports/{job['id']}"
    assert bulk.post(f"{path}/complete", {"parts": parts[:2]}).status == 422

    first = bulk.post(f"{path}/complete", {"parts": parts}, idempotency_key="k")

    assert first.status == 200, first.body
    assert json.loads(first.body)["reason"]["code"] == "wrong_size"
    again = bulk.post(f"{path}/complete", {"parts": parts}, idempotency_key="k")
    assert again.status in (200, 409)


def test_a_file_that_has_not_arrived_cannot_be_looked_at(bulk: Api) -> None:
    body = {"record_type": "contact", "filename": "a.csv", "size_bytes": len(TEXT)}
    job = bulk.make("/v1/imports", body)
    path = f"/v1/imports/{job['id']}/start"
    assert bulk.post(path).status == 409
    aws.client("s3").put_object(
        Bucket=machine.BUCKET, Key=f"imports/wsp_one/{job['id']}", Body=TEXT
    )

    first = bulk.post(path, None, idempotency_key="k")

    assert (first.status, first.json["state"]) == (200, "ready")
    assert bulk.post(path, None, idempotency_key="k").body == first.body


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"mapping": [{"column": 3, "field": "name"}]}, "no_such_column"),
        ({"mode": "update", "match_on": "email",
          "mapping": [{"column": 1, "field": "nonsense"}, {"column": 2, "field": "email"}]},
         "unknown_field"),
        ({"mapping": [{"column": 2, "field": "email"}]}, "name_unmapped"),
        ({"mapping": [{"column": 1, "field": "name"}, {"column": 1, "field": "title"}]},
         "column_repeated"),
        ({"mapping": [{"column": 1, "field": "name"}, {"column": 2, "field": "id"}]},
         "id_of_create"),
        ({"mode": "upsert", "match_on": "external_id"}, "match_unmapped"),
        ({"mode": "upsert", "match_on": "name"}, "unknown_match"),
        ({"mode": "create", "match_on": "email"}, "match_of_create"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_refused_with_its_fault(
    bulk: Api, choice: Any, code: str
) -> None:
    job = machine.send(bulk, TEXT)["id"]

    reply = bulk.post(f"/v1/imports/{job}/run", choice)

    assert reply.status == 422
    assert [each["code"] for each in reply.json["errors"]] == [code]
    assert begun(job) == []
