"""The synchronous door to another context: one Lambda invoke of its `check`, as the caller."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.check import MAX_RECORDS, Action, Answer, RecordName, Shown
from functions.shared.errors import UnavailableError

A = TypeVar("A", bound=BaseModel)


class LambdaDoor:
    """check.Door for one caller: what it may not see does not exist."""

    def __init__(self, function: str, caller: Caller) -> None:
        self._function = function
        self._caller = caller

    def missing(
        self, records: Sequence[RecordName], *, action: Action = "read", deleted: bool = False
    ) -> list[RecordName]:
        """Return those records that are not there for the caller (1 request for up to 100)."""
        names = [each.model_dump() for each in dict.fromkeys(records)]
        return [
            missing
            for first in range(0, len(names), MAX_RECORDS)
            for missing in self._ask(
                {
                    "caller": self._caller.passport(),
                    "records": names[first : first + MAX_RECORDS],
                    "action": action,
                    "deleted": deleted,
                }
            )
        ]

    def shown(self, records: Sequence[RecordName]) -> Mapping[str, dict[str, Any]]:
        """Return those that the caller may read, by id (1 request for up to 100)."""
        question = {
            "caller": self._caller.passport(),
            "records": [each.model_dump() for each in records],
            "show": True,
        }
        return self._answer(question, Shown).shown if records else {}

    def _ask(self, question: dict[str, object]) -> list[RecordName]:
        return self._answer(question, Answer).missing

    def _answer(self, question: dict[str, object], kind: type[A]) -> A:
        # made on first use: most requests ask nobody
        functions = client("lambda")
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            reply = functions.invoke(
                FunctionName=self._function, Payload=json.dumps(question).encode()
            )
            return kind.model_validate_json(reply["Payload"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            # a ValueError: a function that failed replies with its error, which is no answer
            raise UnavailableError("Named records cannot be checked; please try again.") from error
