"""The doors between contexts in a test: a Lambda invoke reaches the real handler of the `check` it
names, through JSON both ways. moto has no runtime of its own."""

import io
import json
from types import SimpleNamespace
from typing import Any

from functions.crm.check.handler import handler as crm
from functions.identity.check.handler import handler as identity
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.video.check.handler import handler as video
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT

CHECKS = {"crm": crm, "identity": identity, "video": video}


def serve_doors() -> None:
    """Let the environment's clients reach every `check`."""

    def invoke(params: Any, **_: Any) -> Any:
        (check,) = (
            each
            for name, each in CHECKS.items()
            if f"/{ENVIRONMENT[f'{name.upper()}_CHECK_FUNCTION']}/" in params["url_path"]
        )
        answer = json.dumps(check(json.loads(params["body"]), CONTEXT)).encode()
        return SimpleNamespace(status_code=200), {"Payload": io.BytesIO(answer)}

    events = aws.client("lambda").meta.events
    events.register("before-call.lambda.Invoke", invoke, unique_id="doors")


def put_member(
    member: str, *teams: str, state: str = "active", workspace: str = "wsp_one", **more: Any
) -> str:
    """Write a member as the identity context keeps it; returns its id."""
    _put(workspace, {"id": member, "object": "member", "state": state, "team_ids": teams, **more})
    return member


def put_team(team: str, workspace: str = "wsp_one", **more: Any) -> str:
    """Write a team as the identity context keeps it; returns its id."""
    _put(workspace, {"id": team, "object": "team", **more})
    return team


def _put(workspace: str, fields: dict[str, Any]) -> None:
    item = {"pk": f"W#{workspace}#{fields['id']}", "sk": "RECORD", **fields}
    item |= {"gsi1pk": f"W#{workspace}#{fields['object']}#0", "gsi1sk": fields["id"]}
    aws.client("dynamodb").put_item(
        TableName=ENVIRONMENT["IDENTITY_TABLE"], Item=marshal_item(item)
    )
