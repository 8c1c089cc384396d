"""One-off schedules in EventBridge Scheduler, under one prefix, that invoke one function.

put     1 CreateSchedule, + 1 UpdateSchedule when there is one of this name
drop    1 DeleteSchedule
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from functions.shared.errors import UnavailableError


class EventBridgeSchedules:
    """The schedules whose names begin with `prefix`; each goes when it has fired.

    They lie in the account's default group: a group of their own would name them no better, and
    the embedded cloud knows the rights on schedules of the default group alone.
    """

    def __init__(self, client: Any, prefix: str, target: str, role: str, dead_letters: str) -> None:
        self._client = client
        self._prefix = prefix
        self._target = {
            "Arn": target,
            "RoleArn": role,
            "DeadLetterConfig": {"Arn": dead_letters},
            "RetryPolicy": {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 86_400},
        }

    def put(self, name: str, at: datetime, payload: Mapping[str, str]) -> None:
        """Make a schedule, or move the one of this name."""
        arguments = {
            "Name": self._prefix + name,
            # its times have whole seconds; a zone would have to be the table's
            "ScheduleExpression": f"at({at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {**self._target, "Input": json.dumps(dict(payload))},
        }
        if not self._call("ConflictException", self._client.create_schedule, **arguments):
            # gone between the two: it has just fired
            self._call("ResourceNotFoundException", self._client.update_schedule, **arguments)

    def drop(self, name: str) -> None:
        """Take a schedule away; nothing happens when there is none."""
        self._call(
            "ResourceNotFoundException",
            self._client.delete_schedule,
            Name=self._prefix + name,
        )

    def _call(self, expected: str, call: Callable[..., Any], **arguments: Any) -> bool:
        # Here and not above: the client has loaded it by now, and a handler's import need not.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            call(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] == expected:
                return False
            raise UnavailableError("The scheduler cannot be reached; try again.") from error
        except BotoCoreError as error:
            raise UnavailableError("The scheduler did not answer; try again.") from error
        return True
