"""Executions of the import and export state machines in AWS Step Functions: 1 request an act."""

import json
from collections.abc import Mapping
from typing import Any

from functions.shared.errors import UnavailableError


class Executions:
    """Executions of one state machine."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, name: str, payload: Mapping[str, Any]) -> None:
        """Start an execution, unless there is one of this name."""
        # Here and not above: the client has loaded it by now, and a handler's import need not.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps(payload)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise UnavailableError("The work cannot be begun; try again.") from error
        except BotoCoreError as error:
            raise UnavailableError("The work cannot be begun; try again.") from error
