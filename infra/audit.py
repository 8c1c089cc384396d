"""The audit log: table streams in, entries out; once an hour, a seal on what was entered."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.identity.settings import RecordAuditSettings, SealAuditSettings
from infra.consumer import dead_letters, stream_into
from infra.function import House, HouseFunction

# Of the platform table only acts: entries, replies and limits are no news.
ACTS = {"dynamodb": {"NewImage": {"object": {"S": ["act"]}}}}


class Audit(Construct):
    """functions/identity/record_audit and seal_audit: they put items, and change or delete none."""

    def __init__(
        self, scope: Construct, house: House, stream_arns: Mapping[str, str], key_arn: str
    ) -> None:
        super().__init__(scope, "Audit")
        table = house.names.table_arn("platform")
        record = (
            HouseFunction(
                self,
                house,
                "identity",
                "record_audit",
                settings=RecordAuditSettings,
                layers=["crypto"],
                # well under the sealer's grace: what is entered carries the time it began
                timeout=Duration.seconds(60),
            )
            .allow(["dynamodb:GetItem", "dynamodb:PutItem"], table)
            .allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn)
        )
        streams = Construct(self, "RecordAuditStreams")
        stream_into(
            streams, house.names, record, "identity", stream_arns, filters={"platform": [ACTS]}
        )
        dead = dead_letters(
            Construct(self, "SealAuditQueue"), house.names, "identity", "seal_audit"
        )
        seal = (
            HouseFunction(
                self,
                house,
                "identity",
                "seal_audit",
                settings=SealAuditSettings,
                timeout=Duration.minutes(15),
                concurrency=1,  # a seal names the one before it
                dead_letters=dead,
            )
            .allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], table)
            .allow_objects(["s3:GetObject", "s3:PutObject"], "audit")
        )
        events.Rule(
            self,
            "SealAuditSchedule",
            schedule=events.Schedule.cron(minute="6"),  # an hour is closed after five minutes
            targets=[targets.LambdaFunction(seal.function, dead_letter_queue=dead)],
        )
