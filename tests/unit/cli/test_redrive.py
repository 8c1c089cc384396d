"""Dead letters come back whole."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.cli.redrive import peek, queues, redrive
from infra.local.failure import CloudError


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws():
        client = boto3.client("sqs", "us-east-1")
        dead = client.create_queue(QueueName="reelate-local-crm-dlq")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
        policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 1}
        client.create_queue(
            QueueName="reelate-local-crm", Attributes={"RedrivePolicy": json.dumps(policy)}
        )
        client.create_queue(QueueName="reelate-local-outbox-dlq")
        yield client


def url(sqs: Any, name: str) -> str:
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


class Functions:
    """Remembers what a function was invoked with, and answers as told."""

    def __init__(self, error: str | None = None) -> None:
        self.payloads: list[Any] = []
        self._error = error

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.payloads.append((FunctionName, json.loads(Payload)))
        body = type("Body", (), {"read": lambda _: b'{"errorMessage": "no"}'})()
        return {"Payload": body} | ({"FunctionError": self._error} if self._error else {})


class Streams:
    """Holds one stream's records from a sequence number on."""

    def get_shard_iterator(self, **request: Any) -> dict[str, str]:
        assert request["ShardIteratorType"] == "AT_SEQUENCE_NUMBER"
        return {"ShardIterator": request["SequenceNumber"]}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        return {
            "Records": [
                {"eventID": str(int(ShardIterator) + n), "eventName": "INSERT"}
                for n in range(Limit)
            ]
        }


NOTE = {
    "requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:publish"},
    "DDBStreamBatchInfo": {
        "streamArn": "arn:stream",
        "shardId": "s",
        "startSequenceNumber": "100",
        "endSequenceNumber": "101",
        "batchSize": 2,
    },
}


def test_all_messages_go_back_to_the_queue_they_came_from(sqs: Any) -> None:
    for number in range(23):
        sqs.send_message(
            QueueUrl=url(sqs, "reelate-local-crm-dlq"),
            MessageBody=str(number),
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "event"}},
        )
    moved = redrive(sqs, "reelate-local-crm-dlq", streams=Streams(), functions=Functions())
    assert moved == 23
    assert queues(sqs, "reelate-local-") == {
        "reelate-local-crm-dlq": 0,
        "reelate-local-outbox-dlq": 0,
    }
    source = url(sqs, "reelate-local-crm")
    (message,) = sqs.receive_message(QueueUrl=source, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["kind"]["StringValue"] == "event"


def test_a_streams_dead_letters_are_read_from_the_stream_again(sqs: Any) -> None:
    dead = url(sqs, "reelate-local-outbox-dlq")
    sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(NOTE))
    functions = Functions()
    assert redrive(sqs, "reelate-local-outbox-dlq", streams=Streams(), functions=functions) == 1
    ((name, payload),) = functions.payloads
    assert name.endswith(":publish")
    assert [record["eventID"] for record in payload["Records"]] == ["100", "101"]
    assert payload["Records"][0]["eventSourceARN"] == "arn:stream"


def test_a_letter_that_is_refused_again_stays(sqs: Any) -> None:
    dead = url(sqs, "reelate-local-outbox-dlq")
    sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(NOTE))
    refusing = Functions(error="Unhandled")
    with pytest.raises(CloudError, match="refused the records again"):
        redrive(sqs, "reelate-local-outbox-dlq", streams=Streams(), functions=refusing)
    hidden = sqs.get_queue_attributes(
        QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    assert hidden["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_peeking_shows_the_letters_and_takes_none(sqs: Any) -> None:
    dead = url(sqs, "reelate-local-crm-dlq")
    sqs.send_message(QueueUrl=dead, MessageBody="poison")
    assert peek(sqs, "reelate-local-crm-dlq") == ["poison"]
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counted = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=wanted)["Attributes"]
    assert sum(map(int, counted.values())) == 1


def test_an_unknown_queue_is_named(sqs: Any) -> None:
    with pytest.raises(CloudError, match="no queue nowhere-dlq"):
        redrive(sqs, "nowhere-dlq", streams=Streams(), functions=Functions())
