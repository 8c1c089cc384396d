"""The synchronous door to the CRM: one Lambda invoke of `crm/check`, as the caller itself."""

import json
from collections.abc import Sequence
from typing import Any

from functions.shared.caller import Caller
from functions.shared.errors import UnavailableError
from functions.video.model import Link


class LambdaCrmDoor:
    """CrmDoor for one caller: what it may not see does not exist."""

    def __init__(self, client: Any, function: str, caller: Caller) -> None:
        self._client = client
        self._function = function
        self._caller = caller

    def missing(self, links: Sequence[Link]) -> list[Link]:
        """Return those links whose record does not exist for the caller (1 request)."""
        if not links:
            return []
        # Here and not above: the client has loaded it by now, and a handler's import need not.
        from botocore.exceptions import BotoCoreError, ClientError

        question = {
            "caller": {
                "workspace": self._caller.workspace,
                "principal": self._caller.principal,
                "role": self._caller.role,
                "scopes": sorted(self._caller.scopes),
            },
            "records": [link.model_dump() for link in links],
            "action": "read",
        }
        try:
            reply = self._client.invoke(
                FunctionName=self._function, Payload=json.dumps(question).encode()
            )
            answer = json.loads(reply["Payload"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            raise UnavailableError("The linked records cannot be checked; try again.") from error
        if "FunctionError" in reply:
            raise UnavailableError("The linked records cannot be checked; try again.")
        return [Link.model_validate(each) for each in answer["missing"]]
