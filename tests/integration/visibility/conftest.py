"""The whole API on moto, for callers who see all, their teams' or their own records."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from moto import mock_aws

from functions.crm.api.handler import handler as crm
from functions.insight.api.handler import handler as insight
from functions.insight.dynamodb import DynamoResults
from functions.insight.ports import Result
from functions.shared import aws
from functions.shared.table import Table
from functions.video.api.handler import handler as video
from tests.integration.cloud import ENVIRONMENT, REGION, Calls, environment, furnish
from tests.integration.doors import put_member, put_team, serve_doors
from tests.integration.gateway import Api, Member, Reply

UPLOADS = f"reelate-local-uploads-123456789012-{REGION}"
MEDIA = f"reelate-local-media-123456789012-{REGION}"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:reelate-local-video"
ME, MATE, STRANGER = (f"mem_01m82w1qmze42t2y2smsnt8yx{n}" for n in range(3))
MINE, SECOND, OTHER = (f"tea_01m82w1qmze42t2y2smsnt8yx{n}" for n in range(3))
TEAMS = (MINE, SECOND)
RESOURCES = ("contacts", "companies", "deals", "activities", "videos")
# whose a record can be, with who of the three kinds of callers sees it
OWNERSHIPS: dict[tuple[str | None, str | None], str] = {
    (ME, None): "own team all",
    (ME, OTHER): "own team all",
    (STRANGER, SECOND): "team all",
    (MATE, OTHER): "all",
    (None, MINE): "team all",
    (None, None): "all",
}


def route(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Hand an event to the function that the gateway would hand it to."""
    path = event["path"]
    if path.endswith(("/transcript", "/transcript.srt", "/transcript.vtt", "/analysis")):
        return insight(event, context)
    if path.endswith("/associations"):
        return crm(event, context)
    return (video if path.startswith(("/v1/videos", "/v1/playback")) else crm)(event, context)


def caller(visibility: str, member: str | None = ME, teams: tuple[str, ...] = TEAMS) -> Api:
    """Return the API as a member with this visibility uses it."""
    principal = member or "key_nobody"
    return Api(
        route, Member(principal=principal, visibility=visibility, member=member, teams=teams)
    )


@dataclass
class World:
    """An administrator, who sees everything and is no member, and what it makes."""

    admin: Api

    def make(self, resource: str, owner: str | None = None, team: str | None = None) -> Any:
        """Create a record of somebody's."""
        body: dict[str, Any] = {"owner_id": owner, "team_id": team}
        if resource == "videos":
            body |= {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 65_536}
        elif resource == "activities":
            contact = self.admin.make("/v1/contacts", {"name": "Concerned"})
            body |= {
                "type": "note",
                "body": "b",
                "links": [{"type": "contact", "id": contact["id"]}],
            }
        else:
            body["name"] = "Ada"
        return self.admin.make(f"/v1/{resource}", body)

    def give(self, resource: str, record: Any, owner: str | None, team: str | None = None) -> None:
        body = {"owner_id": owner, "team_id": team}
        reply = self.admin.patch(f"/v1/{resource}/{record['id']}", body)
        assert reply.status == 200, reply.body

    def analysed(self, video: Any) -> None:
        """Keep a transcript and an analysis of a video."""
        log = DynamoResults(Table(aws.client("dynamodb"), ENVIRONMENT["INSIGHT_TABLE"], "wsp_one"))
        for artefact in ("transcript", "analysis"):
            key = f"wsp_one/{video['id']}/1/{artefact}.json"
            aws.client("s3").put_object(Bucket=MEDIA, Key=key, Body=b'{"words": []}')
            log.record(Result(artefact, video["id"], 1, "ready", key, size=13, etag="e"))

    def get(self, resource: str, record: Any) -> Any:
        reply = self.admin.get(f"/v1/{resource}/{record['id']}")
        return reply.json if reply.status == 200 else reply.status


def neutral(reply: Reply) -> tuple[int, Any]:
    """Return a refusal without what differs from request to request."""
    return reply.status, {**reply.json, "instance": "", "request_id": ""}


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    more = {
        "UPLOADS_BUCKET": UPLOADS,
        "MEDIA_BUCKET": MEDIA,
        "STATE_MACHINE_ARN": MACHINE,
        "PULL_MACHINE_ARN": f"{MACHINE}-pull",
    }
    with environment(**more), mock_aws():
        serve_doors()
        yield


@pytest.fixture
def world(account: None) -> World:
    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=5)
    furnish()
    for bucket in (UPLOADS, MEDIA):
        aws.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    aws.client("stepfunctions").create_state_machine(
        name="reelate-local-video",
        definition='{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    put_member(ME, *TEAMS)
    put_member(MATE, SECOND, OTHER)
    put_member(STRANGER, OTHER)
    for team in (MINE, SECOND, OTHER):
        put_team(team)
    return World(Api(route))


@pytest.fixture
def calls(world: World) -> Iterator[Calls]:
    with Calls("dynamodb") as recorded:
        yield recorded


@pytest.fixture
def invokes(world: World) -> Iterator[Calls]:
    with Calls("lambda") as recorded:
        yield recorded
