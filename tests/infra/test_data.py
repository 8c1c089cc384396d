"""What must outlive a deployment: tables, buckets, bus, secret."""

import json

import pytest
from aws_cdk import App

from infra.data import DataStack
from infra.names import INDEXES, Names
from infra.packaging import ROOT
from infra.stage import Stage
from tests.infra.templates import Template, flat, listed, synthesised

CONTEXTS = ("Crm", "Identity", "Insight", "Platform", "Video")


def test_there_is_a_table_for_every_context_and_the_platform(data: Template) -> None:
    names = {each.properties["TableName"] for each in data.of("AWS::DynamoDB::GlobalTable")}

    assert names == {f"reelate-local-{context.lower()}" for context in CONTEXTS}


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_table_is_recoverable_encrypted_and_heard(data: Template, context: str) -> None:
    (table,) = [
        each
        for each in data.of("AWS::DynamoDB::GlobalTable")
        if each.properties["TableName"] == f"reelate-local-{context.lower()}"
    ]
    properties = table.properties

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert properties["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at_epoch", "Enabled": True,
    }  # fmt: skip
    for replica in properties["Replicas"]:
        recovery = replica["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_table_has_its_indexes_with_all_that_a_list_shows(data: Template, context: str) -> None:
    (table,) = [
        each.properties
        for each in data.of("AWS::DynamoDB::GlobalTable")
        if each.properties["TableName"] == f"reelate-local-{context.lower()}"
    ]
    made = {
        each["IndexName"]: [key["AttributeName"] for key in each["KeySchema"]]
        for each in table.get("GlobalSecondaryIndexes", ())
        if each["Projection"] == {"ProjectionType": "ALL"}
    }

    assert made == {index: [f"{index}pk", f"{index}sk"] for index in INDEXES[context.lower()]}
    lists_of_owners = {"gsi3", "gsi4"} <= made.keys()
    assert lists_of_owners == (context in ("Crm", "Video"))


@pytest.mark.parametrize(("name", "kept"), [("prod", True), ("dev", False)])
def test_a_stage_that_retains_keeps_its_data(name: str, kept: bool) -> None:  # noqa: FBT001
    app = App(context=json.loads((ROOT / "cdk.json").read_text())["context"] | {"stage": name})
    stage = Stage.of(app.node)
    made = Template(synthesised(app, DataStack(app, Names(stage), stage)))
    stateful = [*made.of("AWS::DynamoDB::GlobalTable"), *made.of("AWS::S3::Bucket")]

    assert {each.deletion for each in stateful} == {"Retain" if kept else "Delete"}
    for table in made.of("AWS::DynamoDB::GlobalTable"):
        for replica in table.properties["Replicas"]:
            assert replica.get("DeletionProtectionEnabled", False) is kept


@pytest.mark.parametrize("kind", ["uploads", "media", "audit", "logs"])
def test_a_bucket_is_closed_and_encrypted(data: Template, kind: str) -> None:
    (bucket,) = [
        each
        for each in data.of("AWS::S3::Bucket")
        if flat(each.properties["BucketName"]).startswith(f"reelate-local-{kind}-")
    ]
    properties = bucket.properties
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
    # S3 can write its access logs with keys of its own only, and CloudFront read renditions.
    assert algorithm == ("AES256" if kind in ("logs", "media") else "aws:kms")
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    aborts = [
        each["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        for each in properties["LifecycleConfiguration"]["Rules"]
        if each["Status"] == "Enabled" and "AbortIncompleteMultipartUpload" in each
    ]
    assert aborts == [2]
    if kind != "logs":
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert "LoggingConfiguration" in properties


def test_sources_move_to_a_cheaper_class_and_nothing_deleted_is_kept_longer_than_said(
    data: Template,
) -> None:
    rules = {
        kind: [
            rule
            for bucket in data.of("AWS::S3::Bucket")
            if f"-{kind}-" in flat(bucket.properties["BucketName"])
            for rule in bucket.properties["LifecycleConfiguration"]["Rules"]
        ]
        for kind in ("uploads", "media")
    }

    moves = [each["Transitions"] for each in rules["uploads"] if "Transitions" in each]
    assert moves == [[{"StorageClass": "GLACIER_IR", "TransitionInDays": 30}]]
    assert not [each for each in rules["media"] if "Transitions" in each]
    for found in rules.values():
        noncurrent = [each.get("NoncurrentVersionExpiration") for each in found]
        assert {"NoncurrentDays": 7} in noncurrent
        assert not [each for each in found if "ExpirationInDays" in each]  # the record decides


def test_every_bucket_refuses_plain_http_and_old_tls(data: Template) -> None:
    for bucket in data.of("AWS::S3::Bucket"):
        denied = [
            (each["Condition"], each["Principal"])
            for policy in data.of("AWS::S3::BucketPolicy")
            if policy.properties["Bucket"] == {"Ref": bucket.name}
            for each in policy.properties["PolicyDocument"]["Statement"]
            if each["Effect"] == "Deny"
        ]
        assert ({"Bool": {"aws:SecureTransport": "false"}}, {"AWS": "*"}) in denied
        assert any("s3:TlsVersion" in str(condition) for condition, _ in denied)


def test_nobody_is_let_into_a_bucket_by_its_policy_but_the_log_writer(data: Template) -> None:
    allowed = [
        each["Principal"]
        for policy in data.of("AWS::S3::BucketPolicy")
        for each in policy.properties["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow"
    ]

    assert all(each == {"Service": "logging.s3.amazonaws.com"} for each in allowed)


def _cors(data: Template, kind: str) -> dict[str, list[str]]:
    """Return the only CORS rule of a bucket."""
    (rule,) = [
        rule
        for each in data.of("AWS::S3::Bucket")
        if f"-{kind}-" in flat(each.properties["BucketName"])
        for rule in each.properties["CorsConfiguration"]["CorsRules"]
    ]
    found: dict[str, list[str]] = rule
    return found


def test_a_browser_can_send_parts_and_read_their_etag(data: Template) -> None:
    cors = _cors(data, "uploads")

    assert cors["AllowedMethods"] == ["PUT"]
    assert cors["ExposedHeaders"] == ["ETag", "x-amz-checksum-sha256"]


def test_a_player_can_read_segments_and_change_nothing(data: Template) -> None:
    assert set(_cors(data, "media")["AllowedMethods"]) <= {"GET", "HEAD"}


def test_an_upload_is_told_to_eventbridge(data: Template) -> None:
    told = [
        flat(each.properties["BucketName"]).split("-")[2]
        for each in data.of("AWS::S3::Bucket")
        if each.properties.get("NotificationConfiguration", {})
        .get("EventBridgeConfiguration", {})
        .get("EventBridgeEnabled")
    ]

    assert sorted(told) == ["exchange", "uploads"]


def test_the_bus_and_the_signing_secret_are_there(data: Template) -> None:
    (bus,) = data.of("AWS::Events::EventBus")
    (secret,) = data.of("AWS::SecretsManager::Secret")

    assert bus.properties["Name"] == "reelate-local"
    assert secret.properties["Name"] == "reelate-local-signing"
    assert secret.properties["GenerateSecretString"]["PasswordLength"] >= 64


def test_only_streams_the_key_and_what_cognito_names_cross_from_data_to_service(
    data: Template,
) -> None:
    """Everything else is known by its name, so that either stack can be made again; a role's
    right to a key must name its ARN."""
    for output in data.body["Outputs"].values():
        assert flat(output["Value"]).endswith(".StreamArn>") or output["Value"] in [
            *({"Ref": each.name} for each in data.of("AWS::SecretsManager::Secret")),
            *({"Ref": each.name} for each in data.of("AWS::Cognito::UserPool")),
            *({"Ref": each.name} for each in data.of("AWS::Cognito::UserPoolClient")),
            *({"Fn::GetAtt": [each.name, "Arn"]} for each in data.of("AWS::KMS::Key")),
        ]


def test_the_archive_takes_what_is_ours(edge: Template) -> None:
    (archive,) = edge.of("AWS::Events::Archive")

    assert archive.properties["RetentionDays"] == 30
    assert listed(archive.properties["EventPattern"]["source"]) == [{"prefix": "reelate."}]
