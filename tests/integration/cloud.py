"""The AWS of an integration test: moto's tables and secret under the names that infra gives them,
and the environment that points every function at them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import pytest

from functions.crm import dynamodb_definitions, dynamodb_labels, dynamodb_pipelines, dynamodb_rates
from functions.shared import aws, workspace_settings
from functions.shared.admission import ADMISSION

REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "STAGE": "local",
    "PLATFORM_TABLE": "reelate-local-platform",
    "IDENTITY_TABLE": "reelate-local-identity",
    "CRM_TABLE": "reelate-local-crm",
    "VIDEO_TABLE": "reelate-local-video",
    "INSIGHT_TABLE": "reelate-local-insight",
    "CRM_CHECK_FUNCTION": "reelate-local-crm-check",
    "IDENTITY_CHECK_FUNCTION": "reelate-local-identity-check",
    "VIDEO_CHECK_FUNCTION": "reelate-local-video-check",
    "VIEWS_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/reelate-local-video-"
    "tally-views",
    "SCHEDULE_PREFIX": "reelate-local-",
    "SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/reelate-local-reminders-role",
    "REMIND_FUNCTION_ARN": f"arn:aws:lambda:{REGION}:123456789012:function:crm-remind",
    "REMIND_DEAD_LETTERS_ARN": f"arn:aws:sqs:{REGION}:123456789012:reelate-local-crm-remind-dlq",
    "SIGNING_SECRET": "reelate-local-signing",
    "CORS_ORIGINS": "https://app.example http://localhost:3000",
    "AUDIT_KEY": "alias/reelate-local-audit",
    "AUDIT_BUCKET": f"reelate-local-audit-123456789012-{REGION}",
    "IMPORT_LANES": "2",
    "ENCODE_CONCURRENCY": "4",
    "IMPORT_ROWS_PER_SECOND": "100000",
    "EXCHANGE_BUCKET": f"reelate-local-exchange-123456789012-{REGION}",
    **{
        f"{name.upper()}_MACHINE_ARN": f"arn:aws:states:{REGION}:123456789012:stateMachine:"
        f"reelate-local-crm-{name}"
        for name in ("import", "export")
    },
    # moto names a pool by a hash of its settings, cut like this
    "MOTO_COGNITO_IDP_USER_POOL_ID_STRATEGY": "HASH",
    "USER_POOL": "eu-central-1_7fc55f02a85be7a7a9daa47f79f6c6d8a33aef7529",
    "SIGN_IN_CLIENT": "people",
}
INDEXES = ("gsi1", "gsi2", "gsi3", "gsi4")
_OF_LIMITS = re.compile(r"#(RATE(#[^']*)?|SETTINGS)'")
TABLES = [ENVIRONMENT[name] for name in ENVIRONMENT if name.endswith("_TABLE")]


def create_table(dynamodb: Any, name: str) -> None:
    """Create a table of the house's single-table design."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"}
            for each in (
                "pk",
                "sk",
                *(f"{index}{part}" for index in INDEXES for part in ("pk", "sk")),
            )
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": f"{index}pk", "KeyType": "HASH"},
                    {"AttributeName": f"{index}sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in INDEXES
        ],
    )


def furnish() -> None:
    """Create all tables and the signing secret in the account that the environment names."""
    for name in TABLES:
        create_table(aws.client("dynamodb"), name)
    aws.client("secretsmanager").create_secret(
        Name=ENVIRONMENT["SIGNING_SECRET"], SecretString="a signing secret of 32 characters"
    )


def furnish_audit() -> None:
    """Create what the audit log needs besides: its key, and its bucket under Object Lock."""
    kms, s3, bucket = aws.client("kms"), aws.client("s3"), ENVIRONMENT["AUDIT_BUCKET"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=ENVIRONMENT["AUDIT_KEY"], TargetKeyId=key)
    s3.create_bucket(
        Bucket=bucket,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=True,
    )
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)


def furnish_exchange() -> None:
    """Create what imports and exports need besides: their bucket, and machines that do nothing (a
    test calls the functions in the machines' order)."""
    aws.client("s3").create_bucket(
        Bucket=ENVIRONMENT["EXCHANGE_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    for name in ("import", "export"):
        aws.client("stepfunctions").create_state_machine(
            name=f"reelate-local-crm-{name}",
            definition='{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
            roleArn="arn:aws:iam::123456789012:role/machine",
        )


def furnish_views() -> None:
    """Create the queue that players' views go through."""
    name = ENVIRONMENT["VIEWS_QUEUE_URL"].rpartition("/")[2]
    aws.client("sqs").create_queue(QueueName=name)


def furnish_sign_in() -> None:
    """Create the user pool in the account that the environment names."""
    made = aws.client("cognito-idp").create_user_pool(
        PoolName="reelate-local",
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )
    assert made["UserPool"]["Id"] == ENVIRONMENT["USER_POOL"]


@contextmanager
def environment(**more: str) -> Iterator[None]:
    """Set every function's variables. Clients are kept from test to test (making one costs more
    than most tests), except those made for an environment with `more` in it."""
    if more:
        forget_clients()
    workspace_settings.forget()
    dynamodb_pipelines.forget()
    dynamodb_definitions.forget()
    dynamodb_rates.forget()
    dynamodb_labels.forget()
    ADMISSION.forget()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (ENVIRONMENT | more).items():
            patch.setenv(name, value)
        yield
    if more:
        forget_clients()


def forget_clients() -> None:
    """Make the next use of a client make a new one."""
    aws.client.cache_clear()
    aws._session.cache_clear()


def _tables(told: Any) -> set[str]:
    """Return the tables that a request to DynamoDB names."""
    match told:
        case {"RequestItems": dict(named)}:
            return set(named)
        case {"TableName": str(name)}:
            return {name}
        case dict():
            return {name for each in told.values() for name in _tables(each)}
        case list():
            return {name for each in told for name in _tables(each)}
    return set()


class Calls(list[str]):
    """The names of the requests that went to one service, in order.

    Without those of the platform's table that are about rate limits and settings, and those of
    custom fields' definitions (unless asked for), which come once in many requests: they are
    counted in tests of their own.
    """

    def __init__(self, service: str, *, of_limits: bool = False) -> None:
        self._events = aws.client(service).meta.events
        self._service = service
        self._name = f"before-call.{service}.*"
        self._of_limits = of_limits

    def _record(self, model: Any, params: Any, **_: Any) -> None:
        told = json.loads(params["body"]) if self._service == "dynamodb" else {}
        definitions = model.name == "Query" and "#FIELDS" in str(told)
        of_platform = _tables(told) == {ENVIRONMENT["PLATFORM_TABLE"]}
        of_limits = of_platform and _OF_LIMITS.search(str(told))
        if self._of_limits or not (definitions or of_limits):
            self.append(model.name)

    def take(self) -> list[str]:
        """Return what was recorded since the last time, and forget it."""
        taken = list(self)
        self.clear()
        return taken

    def __enter__(self) -> Self:
        self._events.register(self._name, self._record)
        return self

    def __exit__(self, *_: object) -> None:
        self._events.unregister(self._name, self._record)
