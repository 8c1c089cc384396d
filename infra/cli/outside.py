"""An outside consumer of Reelate's events: its own rule on the bus, its own queue."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Listener:
    """Collects the events that reach its queue."""

    sqs: Any
    queue: str
    heard: list[Mapping[str, Any]] = field(default_factory=list)

    def collect(self, *, until: str, subject: str, patience: float = 20.0) -> None:
        """Receive until an event of type `until` about `subject` has come, or patience ends."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            self._receive()
            if any(
                event["type"] == until and event["subject"]["id"] == subject for event in self.heard
            ):
                return

    def _receive(self) -> None:
        found = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        ).get("Messages", [])
        for message in found:
            self.heard.append(json.loads(message["Body"])["detail"])
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def listening(events: Any, sqs: Any, bus: str, workspace: str) -> Iterator[Listener]:
    """Make a rule for a workspace's events and a queue they go to; remove both at the end."""
    name = f"reelate-demo-{secrets.token_hex(4)}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    try:
        wanted = ["QueueArn"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=wanted)["Attributes"][
            "QueueArn"
        ]
        pattern = {"source": [{"prefix": "reelate."}], "detail": {"workspace": [workspace]}}
        rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        try:
            yield Listener(sqs, queue)
        finally:
            events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
            events.delete_rule(Name=name, EventBusName=bus)
    finally:
        sqs.delete_queue(QueueUrl=queue)
