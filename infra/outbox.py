"""The outbox: table streams in, event bus out."""

from collections.abc import Mapping

from aws_cdk import Duration
from constructs import Construct

from functions.outbox.settings import PublishSettings
from infra.consumer import stream_into
from infra.function import House, HouseFunction


class Outbox(Construct):
    """functions/outbox."""

    def __init__(self, scope: Construct, house: House, stream_arns: Mapping[str, str]) -> None:
        super().__init__(scope, "Outbox")
        publish = HouseFunction(
            self,
            house,
            "outbox",
            "publish",
            settings=PublishSettings,
            timeout=Duration.seconds(60),
        ).allow(["events:PutEvents"], house.names.bus_arn)
        stream_into(self, house.names, publish, "outbox", stream_arns)
