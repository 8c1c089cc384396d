"""Brings the index of a workspace's records up to what the code says of them, page by page."""

import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from infra.local.failure import CloudError

FUNCTION = "reelate-{stage}-crm-reindex"
TYPES = ("contact", "company", "deal", "lead", "activity", "product")
SECONDS = 40  # of one invocation: a client waits for a minute


class Step(NamedTuple):
    """What one invocation has done."""

    record_type: str
    seen: int
    done: bool


def new_run() -> str:
    """Return the name of a run; whoever names it again goes on where it was."""
    return f"run_{secrets.token_hex(8)}"


def reindex(
    lambda_: Any, stage: str, workspace: str, types: Sequence[str], run: str
) -> Iterator[Step]:
    """Reindex all records of some types; yields after each invocation.

    Raises:
        CloudError: the function refused or failed; the run can be gone on with.
    """
    for record_type in types:
        done = False
        while not done:
            asked = {
                "workspace": workspace, "record_type": record_type, "run": run, "seconds": SECONDS,
            }  # fmt: skip
            reply = lambda_.invoke(
                FunctionName=FUNCTION.format(stage=stage), Payload=json.dumps(asked).encode()
            )
            answer = json.loads(reply["Payload"].read())
            if reply.get("FunctionError"):
                raise CloudError(
                    f"{record_type} records are not reindexed: {answer.get('errorMessage')}",
                    f"Mend the cause, then go on with `--run {run}`.",
                )
            done = answer["done"]
            yield Step(record_type, answer["seen"], done)
