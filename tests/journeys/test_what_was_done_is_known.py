"""The audit log as its workspace and its operator meet it: an act appears within seconds, is
sealed, and whoever touches it afterwards is found out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.cli.main import main
from infra.local.cloud import Cloud
from infra.local.contract import Contract
from infra.local.deployment import client
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]
SOON = 120.0  # seconds: everything starts cold here; warm it takes a fraction of one

Item = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def office(cloud: Cloud, contract: Contract) -> Iterator[Tenant]:
    """A workspace of its own: what is done to its log harms nobody's."""
    founded = Tenant.founded(cloud, contract, "Office")
    yield founded
    founded.leave()


@pytest.fixture(scope="module")
def contact(office: Tenant) -> dict[str, Any]:
    """A contact that was created and changed."""
    made = office.api.post("/v1/contacts", {"name": "Ada", "email": "ada@office.example"})
    changed = office.api.client.patch(f"/v1/contacts/{made['id']}", json={"title": "Countess"})
    assert changed.status_code == 200
    return dict(made)


def entries(office: Tenant, **query: str) -> list[dict[str, Any]]:
    return list(office.api.get("/v1/audit", limit=100, **query)["data"])


def verified(office: Tenant, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    state = str(office.cloud.layout.state)
    code = main(["--state", state, "audit", "verify", "--workspace", office.workspace])
    return code, capsys.readouterr().out


def test_a_change_by_a_key_appears_with_what_was_before_and_after(
    office: Tenant, contact: dict[str, Any]
) -> None:
    found = until(lambda: entries(office, subject=contact["id"]), lambda seen: len(seen) == 2, SOON)

    updated, created = found
    assert (updated["type"], created["type"]) == ("contact.updated", "contact.created")
    assert (updated["changed"], updated["before"], updated["after"]) == (
        ["title"], {}, {"title": "Countess"},
    )  # fmt: skip
    assert created["after"]["email"] == "ada@office.example"
    assert updated["actor"]["type"] == "api_key"
    assert updated["address"] == "127.0.0.1"


def test_reading_it_appears_too(office: Tenant, contact: dict[str, Any]) -> None:
    entries(office, subject=contact["id"])

    until(
        lambda: [each["type"] for each in entries(office)], lambda seen: "audit.read" in seen, SOON
    )


def test_another_workspace_sees_nothing_of_it(
    stranger: Tenant, contact: dict[str, Any], office: Tenant
) -> None:
    assert entries(stranger, subject=contact["id"]) == []


def test_its_hour_is_sealed_and_whoever_touches_it_is_found(
    office: Tenant, contact: dict[str, Any], contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint, table = contract.aws_endpoint, contract.tables["platform"]
    dynamodb, s3 = client("dynamodb", endpoint), client("s3", endpoint)
    until(lambda: entries(office, subject=contact["id"]), lambda seen: len(seen) >= 2, SOON)
    code, said = verified(office, capsys)
    assert code == 0, said
    assert "0 sealed hours" in said

    old = _as_of_this_morning(dynamodb, table, office.workspace, contact["id"])
    sealed = client("lambda", endpoint).invoke(FunctionName="reelate-local-identity-seal-audit")
    assert "FunctionError" not in sealed
    code, said = verified(office, capsys)
    assert code == 0, said
    assert "1 sealed hours" in said

    changed = {**old, "entry": {"S": old["entry"]["S"].replace("contact.", "company.")}}
    dynamodb.put_item(TableName=table, Item=changed)
    code, said = verified(office, capsys)
    assert code == 1
    assert f"entry {old['sk']['S']} was changed" in said

    dynamodb.put_item(TableName=table, Item=old)
    assert verified(office, capsys)[0] == 0

    bucket = contract.buckets["audit"]
    listed = s3.list_object_versions(Bucket=bucket, Prefix=f"audit/{office.workspace}/")
    (version,) = listed["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_object(Bucket=bucket, Key=version["Key"])
    code, said = verified(office, capsys)
    assert code == 1
    assert "the seal was deleted" in said


def _as_of_this_morning(dynamodb: Any, table: str, workspace: str, subject: str) -> Item:
    """Put the subject's oldest entry where it would be had it been recorded three hours ago: the
    hour that is running cannot be sealed. Return its item."""
    start = f"W#{workspace}#AUDIT#"
    newer: Item = dynamodb.query(
        TableName=table,
        Limit=1,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{start}S#{subject}"}},
    )["Items"][0]
    key = {"pk": {"S": f"{start}0"}, "sk": newer["sk"]}
    item: Item = dynamodb.get_item(TableName=table, Key=key)["Item"]
    entry = json.loads(item["entry"]["S"])
    at = (datetime.now(UTC) - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    place = {"S": f"{at}#{entry['id']}"}
    text = item["entry"]["S"].replace(entry["recorded_at"], at)
    views = [f"{start}S#{subject}", f"{start}A#{entry['actor']['id']}"]
    moved = {**item, "sk": place, "entry": {"S": text}}
    for old, new in [
        (item, moved),
        *(
            (
                found,
                {**found, "sk": place},
            )
            for view in views
            for found in [
                dynamodb.get_item(TableName=table, Key={"pk": {"S": view}, "sk": item["sk"]})[
                    "Item"
                ]
            ]
        ),
    ]:
        dynamodb.put_item(TableName=table, Item=new)
        dynamodb.delete_item(TableName=table, Key={"pk": old["pk"], "sk": old["sk"]})
    hour = {"pk": {"S": "W#SYSTEM#AUDIT#HOURS"}, "sk": {"S": f"{at[:13]}#{workspace}"}}
    dynamodb.put_item(TableName=table, Item=hour)
    return moved
