"""The queue between the players that tell and λ tally_views."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.errors import UnavailableError
from functions.video.viewing import Beat


class SqsBeats:
    """Sends beats on their way. Raises UnavailableError."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue = queue_url

    def send(self, beat: Beat) -> None:
        """Send one beat; told twice it counts once."""
        try:
            self._client.send_message(QueueUrl=self._queue, MessageBody=beat.model_dump_json())
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError("The view could not be noted; please tell it again.") from error
