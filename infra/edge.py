"""The edge stack: what only AWS has. Kept as thin as that."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from constructs import Construct

from infra.cdn import MediaCdn
from infra.names import Names
from infra.stage import Stage
from infra.web_acl import web_acl


class EdgeStack(Stack):
    """An archive of the bus, for replays of up to 30 days, the API's web ACL, and the CDN."""

    def __init__(self, scope: Construct, names: Names, stage: Stage, api_stage_arn: str) -> None:
        super().__init__(
            scope,
            "Edge",
            stack_name=names.of("edge"),
            description="Reelate: what needs AWS itself",
        )
        bus = events.EventBus.from_event_bus_name(self, "Bus", names.bus)
        events.Archive(
            self,
            "Archive",
            archive_name=names.of(),
            source_event_bus=bus,
            event_pattern=events.EventPattern(source=events.Match.prefix("reelate.")),
            retention=Duration.days(30),
        )
        if stage.waf:
            web_acl(self, names, api_stage_arn)
        if stage.cdn:
            MediaCdn(self, names, stage, stage.cdn)
