"""Brings back what a consumer gave up on: dead letters go to their queue, or their function, again.

An event queue's dead letters are its messages. A table stream's are only notes of which records
failed: those records are read from the stream again (it keeps them for 24 hours) and handed to the
function that refused them.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.local.failure import CloudError

BATCH = 10
HELD = 120  # seconds a message is hidden while it is moved


def queues(sqs: Any, prefix: str) -> dict[str, int]:
    """Return every dead-letter queue under `prefix` with the number of messages it holds."""
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix)
    urls = [url for page in pages for url in page.get("QueueUrls", [])]
    dead = {url.rpartition("/")[2]: url for url in urls if url.endswith("-dlq")}
    return {name: _count(sqs, url) for name, url in sorted(dead.items())}


def peek(sqs: Any, name: str) -> list[str]:
    """Return the bodies of up to ten of a queue's messages, which stay where they are.

    Raises:
        CloudError: there is no such queue.
    """
    found = sqs.receive_message(
        QueueUrl=_url(sqs, name), MaxNumberOfMessages=BATCH, VisibilityTimeout=1
    )
    return [message["Body"] for message in found.get("Messages", [])]


def redrive(sqs: Any, name: str, *, streams: Any, functions: Any) -> int:
    """Bring all messages of dead-letter queue `name` back; return how many there were.

    A message is deleted only after its successor was accepted, so that none is lost; consumers
    are idempotent by event id.

    Raises:
        CloudError: there is no such queue, nothing uses it, or a stream's records are refused
            again or are older than the stream.
    """
    dead = _url(sqs, name)
    source = _source(sqs, dead)
    count = 0
    for _ in range(_count(sqs, dead)):
        batch = sqs.receive_message(
            QueueUrl=dead,
            MaxNumberOfMessages=BATCH,
            MessageAttributeNames=["All"],
            VisibilityTimeout=HELD,
        ).get("Messages", [])
        if not batch:
            break
        for message in batch:
            if source:
                sqs.send_message(
                    QueueUrl=source,
                    MessageBody=message["Body"],
                    MessageAttributes=message.get("MessageAttributes", {}),
                )
            else:
                _replay(json.loads(message["Body"]), name, streams, functions)
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
            count += 1
    return count


def _replay(note: Mapping[str, Any], name: str, streams: Any, functions: Any) -> None:
    batch = note.get("DDBStreamBatchInfo")
    if not batch:
        raise CloudError(f"No queue sends its dead letters to {name}.")
    records = _records(streams, batch)
    function = note["requestContext"]["functionArn"]
    reply = functions.invoke(
        FunctionName=function, Payload=json.dumps({"Records": records}, default=str).encode()
    )
    answer = reply["Payload"].read()
    if reply.get("FunctionError"):
        raise CloudError(
            f"{function.rpartition(':')[2]} refused the records again: {answer.decode()[:500]}",
            "Mend the cause first; nothing was lost.",
        )


def _records(streams: Any, batch: Mapping[str, Any]) -> list[Any]:
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
        found = streams.get_records(ShardIterator=iterator, Limit=int(batch["batchSize"]))
    except ClientError as error:
        raise CloudError(
            f"The stream no longer holds those records ({error.response['Error']['Code']}).",
            "They are older than 24 hours: write the records again, or take them from a backup.",
        ) from error
    source = {"eventSourceARN": batch["streamArn"]}
    return [{**record, **source} for record in found["Records"]]


def _url(sqs: Any, name: str) -> str:
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except ClientError as error:
        if "NonExistentQueue" not in str(error) and "does not exist" not in str(error):
            raise
        raise CloudError(
            f"There is no queue {name}.", "`reelate redrive` without a name lists them."
        ) from error


def _source(sqs: Any, dead: str) -> str | None:
    wanted = ["QueueArn"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=wanted)["Attributes"]["QueueArn"]
    for page in sqs.get_paginator("list_queues").paginate():
        for url in page.get("QueueUrls", []):
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
            policy = found.get("Attributes", {}).get("RedrivePolicy")
            if policy and json.loads(policy).get("deadLetterTargetArn") == arn:
                return str(url)
    return None


def _count(sqs: Any, url: str) -> int:
    wanted = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return int(found[wanted[0]])
