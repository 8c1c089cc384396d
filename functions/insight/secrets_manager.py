"""A secret from AWS Secrets Manager, read on first use and again when it may have been rotated."""

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.insight.ports import ProviderError

KEPT_SECONDS = 300.0


class SecretText:
    """Call it for the secret's text: plain, or the field `api_key` of a JSON object."""

    def __init__(
        self, client: Callable[[], Any], name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._name = name
        self._clock = clock
        self._text = ""
        self._read_at: float | None = None

    def __call__(self) -> str:
        """Raises ProviderError `misconfigured`: without its key no provider can be asked."""
        if self._read_at is None or self._clock() - self._read_at > KEPT_SECONDS:
            try:
                raw = str(self._client().get_secret_value(SecretId=self._name)["SecretString"])
            except (ClientError, BotoCoreError, KeyError) as error:
                raise ProviderError("misconfigured", "the API key cannot be read") from error
            self._text = _field(raw)
            self._read_at = self._clock()
        return self._text


def _field(raw: str) -> str:
    try:
        value = json.loads(raw)
    except ValueError:
        return raw.strip()
    return str(value.get("api_key", "")) if isinstance(value, dict) else raw.strip()
