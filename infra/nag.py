"""cdk-nag: the rule packs, and suppressions that always carry a reason."""

from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct


def check(app: App) -> None:
    """Hold every resource to the AWS Solutions and Serverless packs."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def acknowledge(construct: IConstruct, *, id: str, reason: str) -> None:  # noqa: A002 - cdk's word
    """Accept one finding on one construct, and say why."""
    Validations.of(construct).acknowledge(Acknowledgment(id=id, reason=reason))


def acknowledge_pattern(construct: IConstruct, resource: str, reason: str) -> None:
    """Accept a pattern among the resources of a role's policy."""
    shown = _shown(Stack.of(construct).resolve(resource))
    acknowledge(construct, id=f"AwsSolutions-IAM5[Resource::{shown}]", reason=reason)


def _shown(value: Any) -> str:
    """Write a resolved ARN as cdk-nag does: `arn:<AWS::Partition>:s3:::name/*`."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return f"<{value['Ref']}>"
    _, parts = value["Fn::Join"]
    return "".join(_shown(part) for part in parts)
