"""A player that tells what is watched, and the queue that its words go through."""

from typing import Any

from functions.shared import aws
from functions.video.tally_views.handler import handler as tally
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT, Reply, call, event
from tests.integration.video.conftest import Cloud
from tests.integration.video.player import playable, token_of
from tests.integration.video.recipient import opened, share

QUEUE = ENVIRONMENT["VIEWS_QUEUE_URL"]


def tell(cloud: Cloud, url: str, sequence: int, *played: tuple[int, int]) -> Reply:
    spans = [{"from_ms": start, "to_ms": end} for start, end in played]
    body = {"sequence": sequence, "played": spans}
    path = f"/v1/playback/{token_of(url)}/views"
    return call(cloud.api.handler, event("POST", path, body, member=None))


def queued() -> list[dict[str, Any]]:
    """Take all messages out of the queue, as SQS records."""
    found: list[dict[str, Any]] = []
    while (
        got := aws.client("sqs")
        .receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=10)
        .get("Messages")
    ):
        for each in got:
            found.append({"messageId": each["MessageId"], "body": each["Body"]})
            aws.client("sqs").delete_message(QueueUrl=QUEUE, ReceiptHandle=each["ReceiptHandle"])
    return found


def deliver(records: list[dict[str, Any]]) -> list[str]:
    reply = tally({"Records": records}, CONTEXT)
    return [each["itemIdentifier"] for each in reply["batchItemFailures"]]


def counted(cloud: Cloud, video: Any) -> Any:
    assert deliver(queued()) == []
    reply = cloud.api.get(f"/v1/videos/{video['id']}/views")
    assert reply.status == 200, reply.body
    return reply.json


def sent(cloud: Cloud) -> tuple[Any, Any, str]:
    """A video of 61 s, a share of it, and the playlist of a session."""
    video = playable(cloud)
    made = share(cloud, video)
    return video, made, opened(cloud, made)
