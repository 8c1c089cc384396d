"""The audit log's walls: its functions can put and not change, nobody else can touch it, its seals
are locked, its key turns."""

import json

import pytest
from aws_cdk import App

from functions.identity.audit_seal import GRACE
from functions.shared.audit import ACT
from infra.data import DataStack
from infra.function import AUDIT_KEYS
from infra.names import Names
from infra.packaging import ROOT
from infra.stage import Stage
from tests.infra.templates import Resource, Template, flat, listed, statements, synthesised
from tests.infra.test_functions import HANDLERS, allowed, function, role_of

CHANGES = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"}


@pytest.mark.parametrize("folder", ["record_audit", "seal_audit"])
def test_the_functions_that_write_the_log_cannot_change_or_delete(
    service: Template, folder: str
) -> None:
    rights = {action for action, _ in allowed(service, role_of(service, "identity", folder))}

    assert "dynamodb:PutItem" in rights
    assert not rights & CHANGES
    assert not {right for right in rights if right.startswith(("s3:Delete", "s3:Bypass"))}


@pytest.mark.parametrize(("context", "folder"), HANDLERS)
def test_every_other_writer_of_the_platform_table_is_denied_the_log(
    service: Template, context: str, folder: str
) -> None:
    role = role_of(service, context, folder)
    writes = any(
        action in CHANGES | {"dynamodb:PutItem"}
        and resource.endswith("table/reelate-local-platform")
        for action, resource in allowed(service, role)
    )
    if not writes or folder in ("record_audit", "seal_audit"):
        return
    (denied,) = [
        statement
        for policy in service.of("AWS::IAM::Policy")
        if role.name in [each["Ref"] for each in policy.properties["Roles"]]
        for statement in statements(policy)
        if statement["Effect"] == "Deny"
    ]

    assert CHANGES - {"dynamodb:BatchWriteItem"} <= set(listed(denied["Action"]))
    assert "dynamodb:PutItem" in denied["Action"]
    assert flat(denied["Resource"]).endswith("table/reelate-local-platform")
    assert denied["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": AUDIT_KEYS}}


def test_only_the_recorder_and_the_api_may_use_the_key(service: Template) -> None:
    users = {
        (context, folder, action)
        for context, folder in HANDLERS
        for action, _ in allowed(service, role_of(service, context, folder))
        if action.startswith("kms:")
    }

    assert users == {
        ("identity", "api", "kms:Decrypt"),
        ("identity", "record_audit", "kms:Decrypt"),
        ("identity", "record_audit", "kms:GenerateDataKey"),
    }


def test_of_the_platform_table_the_recorder_hears_acts_alone(service: Template) -> None:
    recorder = function(service, "identity", "record_audit")
    filters = {
        mapping.name: mapping.properties["FilterCriteria"]["Filters"]
        for mapping in service.of("AWS::Lambda::EventSourceMapping")
        if service.named(mapping.properties["FunctionName"]).name == recorder.name
        and "FilterCriteria" in mapping.properties
    }

    ((name, (pattern,)),) = filters.items()
    assert "PlatformStream" in name
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"NewImage": {"object": {"S": [ACT]}}}}


def test_an_hour_is_sealed_after_the_last_recorder_of_it_must_have_ended(
    service: Template,
) -> None:
    recorder = function(service, "identity", "record_audit").properties
    (rule,) = [
        rule
        for rule in service.of("AWS::Events::Rule")
        if "SealAudit" in json.dumps(rule.properties["Targets"])
    ]

    assert recorder["Timeout"] * 2 < GRACE.total_seconds()
    assert rule.properties["ScheduleExpression"] == "cron(6 * * * ? *)"
    assert GRACE.total_seconds() < 6 * 60
    sealer = function(service, "identity", "seal_audit").properties
    assert sealer["ReservedConcurrentExecutions"] == 1


@pytest.mark.parametrize(
    ("name", "mode", "days"), [("local", "GOVERNANCE", 30), ("prod", "COMPLIANCE", 730)]
)
def test_a_stage_s_seals_are_locked_and_its_key_turns(name: str, mode: str, days: int) -> None:
    app = App(context=json.loads((ROOT / "cdk.json").read_text())["context"] | {"stage": name})
    stage = Stage.of(app.node)
    made = Template(synthesised(app, DataStack(app, Names(stage), stage)))

    (bucket,) = [each for each in made.of("AWS::S3::Bucket") if _is_locked(each)]
    (key,) = made.of("AWS::KMS::Key")
    (alias,) = made.of("AWS::KMS::Alias")

    assert flat(bucket.properties["BucketName"]).startswith(f"reelate-{name}-audit-")
    assert bucket.properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Mode": mode, "Days": days,
    }  # fmt: skip
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert not [
        rule
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]
        if rule.keys() & {"ExpirationInDays", "NoncurrentVersionExpiration"}
    ]
    assert key.properties["EnableKeyRotation"] is True
    assert alias.properties["AliasName"] == f"alias/reelate-{name}-audit"


def _is_locked(bucket: Resource) -> bool:
    return bucket.properties.get("ObjectLockEnabled") is True
