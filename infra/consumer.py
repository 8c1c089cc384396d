"""The house consumer: rule → queue → function, with a DLQ, alarms and a way back (redrive)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.shared.settings import Settings
from infra.function import House, HouseFunction
from infra.nag import acknowledge
from infra.names import Names

MAX_RECEIVES = 5


def dead_letters(scope: Construct, names: Names, *parts: str) -> sqs.Queue:
    """Return a dead-letter queue (kept 14 days) whose first message raises an alarm."""
    queue = sqs.Queue(
        scope,
        "DeadLetters",
        queue_name=names.of(*parts, "dlq"),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    for rule in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
        acknowledge(queue, id=rule, reason="This is the dead-letter queue itself.")
    cloudwatch.Alarm(
        scope,
        "DeadLettersAlarm",
        alarm_description=f"Messages in {names.of(*parts, 'dlq')}. README.md#runbook-dead-letters",
        metric=queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    return queue


class HouseConsumer(Construct):
    """A function fed by a queue of events."""

    def __init__(
        self,
        scope: Construct,
        names: Names,
        consumer: HouseFunction,
        context: str,
        *,
        timeout: Duration,
        batch_size: int = 10,
        delay: Duration | None = None,
    ) -> None:
        super().__init__(scope, f"{consumer.node.id}Queue")
        self.dead = dead_letters(self, names, context, consumer.folder)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=names.of(context, consumer.folder),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(4),
            delivery_delay=delay,
            # AWS's advice: six times the function's timeout, so that a retry cannot overlap it
            visibility_timeout=Duration.seconds(int(timeout.to_seconds() * 6)),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=MAX_RECEIVES),
        )
        consumer.allow(
            [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            self.queue.queue_arn,
        )
        source = consumer.function.add_event_source_mapping(
            "Messages",
            event_source_arn=self.queue.queue_arn,
            batch_size=batch_size,
            report_batch_item_failures=True,
        )
        acknowledge(
            source,
            id="Serverless-LambdaEventSourceMappingDestination",
            reason="Failed messages go to the queue's own DLQ.",
        )
        cloudwatch.Alarm(
            self,
            "AgeAlarm",
            alarm_description=f"{names.of(context, consumer.folder)} is behind. "
            "README.md#runbook-late-consumer",
            metric=self.queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(1)),
            threshold=600,
            evaluation_periods=3,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def fed_by(
        self, name: str, pattern: Mapping[str, Any], bus: events.IEventBus | None = None
    ) -> "HouseConsumer":
        """Send matching events of a bus (default: the account's own) to the queue."""
        rule = events.Rule(self, name, event_bus=bus, event_pattern=events.EventPattern(**pattern))
        rule.add_target(targets.SqsQueue(self.queue, dead_letter_queue=self.dead))
        return self


def stream_into(
    scope: Construct,
    names: Names,
    consumer: HouseFunction,
    context: str,
    stream_arns: Mapping[str, str],
    *,
    filters: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> None:
    """Feed a function of a context from table streams; what it cannot handle ends in one DLQ.

    `filters` has the patterns of the records that it wants of a table, where that is not all.
    """
    dead = dead_letters(scope, names, context, consumer.folder)
    consumer.allow(["sqs:SendMessage"], dead.queue_arn)
    for table, arn in stream_arns.items():
        consumer.allow(
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], arn
        )
        wanted = (filters or {}).get(table)
        consumer.function.add_event_source_mapping(
            f"{table.capitalize()}Stream",
            event_source_arn=arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            bisect_batch_on_error=True,
            retry_attempts=20,
            max_record_age=Duration.hours(23),
            filters=[lambda_.FilterCriteria.filter(dict(each)) for each in wanted]
            if wanted
            else None,
            on_failure=sources.SqsDlq(dead),
        )


def reassigner(scope: Construct, house: House, context: str, settings: type[Settings]) -> None:
    """Let a context's `reassign` hear of deactivated members: one at a time, however many records
    they have, and only when the authorizer's cache has forgotten them too, so that they make no
    more."""
    names, timeout = house.names, Duration.minutes(15)
    function = HouseFunction(scope, house, context, "reassign", settings=settings, timeout=timeout)
    function.write(context).asks("identity")
    HouseConsumer(
        scope, names, function, context, timeout=timeout, batch_size=1, delay=Duration.seconds(90)
    ).fed_by(
        "Deactivated",
        {"source": ["reelate.identity"], "detail_type": ["member.deactivated.v1"]},
        events.EventBus.from_event_bus_name(scope, "ReassignBus", names.bus),
    )
