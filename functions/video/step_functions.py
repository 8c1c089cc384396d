"""Executions of the video state machine in AWS Step Functions: 1 request for each act."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from functions.shared.errors import UnavailableError


class StepFunctionsExecutions:
    """Executions of one state machine."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Start an execution; False when one of this name exists already."""
        reply = self._call(
            "ExecutionAlreadyExists",
            self._client.start_execution,
            stateMachineArn=self._arn,
            name=name,
            input=json.dumps(payload),
        )
        return reply is not None

    def stop(self, name: str, reason: str) -> None:
        """Stop an execution; nothing happens when there is none running."""
        self._call(
            "ExecutionDoesNotExist",
            self._client.stop_execution,
            executionArn=f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}",
            error="Stopped",
            cause=reason,
        )

    def _call(self, expected: str, call: Callable[..., Any], **arguments: Any) -> Any:
        # Here and not above: the client has loaded it by now, and a handler's import need not.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] == expected:
                return None
            raise UnavailableError("The pipeline cannot be reached; try again.") from error
        except BotoCoreError as error:
            raise UnavailableError("The pipeline did not answer; try again.") from error
