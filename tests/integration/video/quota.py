"""The quotas of the first workspace: what counts, and its limits."""

from functions.shared import aws
from functions.shared.clock import now
from functions.shared.limits import Kind
from functions.shared.meter import Meter
from functions.shared.table import Table
from functions.shared.workspace_settings import change
from tests.integration.cloud import ENVIRONMENT


def meter() -> Meter:
    table = Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], "wsp_one")
    return Meter(table, "local")


def limit(**quotas: int) -> None:
    table = Table(aws.client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], "wsp_one")
    change(table, {f"quota_{kind}": value for kind, value in quotas.items()})


def counted(kind: Kind) -> tuple[int, int]:
    return meter().usage(f"{now():%Y-%m}", standing=True)[kind]
