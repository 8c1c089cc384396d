"""cdk-nag: the rule packs, and suppressions that always carry a reason."""

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct


def check(app: App) -> None:
    """Hold every resource to the AWS Solutions and Serverless packs."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def acknowledge(construct: IConstruct, *, id: str, reason: str) -> None:  # noqa: A002 - cdk's word
    """Accept one finding on one construct, and say why."""
    Validations.of(construct).acknowledge(Acknowledgment(id=id, reason=reason))
