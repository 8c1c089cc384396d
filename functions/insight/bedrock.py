"""Amazon Bedrock as a LanguageModel: Converse with one forced tool whose input is the reply.

The tool exists only as a shape for the answer. Nothing runs it: the model holds no tools,
no credentials and no data but the messages.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from functions.insight.ports import (
    Budget,
    Completion,
    Kind,
    Message,
    ProviderError,
    Tokens,
)
from functions.insight.prices import language_cost

PROVIDER = "bedrock"
_KINDS: dict[str, Kind] = {
    "ThrottlingException": "throttled",
    "ServiceQuotaExceededException": "throttled",
    "ModelNotReadyException": "unavailable",
    "ModelTimeoutException": "timeout",
    "ModelErrorException": "unavailable",
    "InternalServerException": "unavailable",
    "ServiceUnavailableException": "unavailable",
}
_REFUSALS = frozenset(("guardrail_intervened", "content_filtered"))


class BedrockConverse:
    """One model, or inference profile, behind Bedrock's Converse API."""

    def __init__(self, client: Any, model: str) -> None:
        self._client = client
        self._model = model

    def complete(
        self,
        task: str,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        budget: Budget,
    ) -> Completion:
        """Ask once (botocore repeats transport faults); raises ProviderError."""
        started = time.monotonic()
        try:
            reply = self._client.converse(
                modelId=self._model,
                system=[{"text": m.text} for m in messages if m.role == "system"],
                messages=[
                    {"role": m.role, "content": [{"text": m.text}]}
                    for m in messages
                    if m.role != "system"
                ],
                inferenceConfig={"maxTokens": budget.max_output_tokens, "temperature": 0.0},
                toolConfig={
                    "tools": [
                        {
                            "toolSpec": {
                                "name": task,
                                "description": "Hands over the reply.",
                                "inputSchema": {"json": dict(schema)},
                            }
                        }
                    ],
                    "toolChoice": {"tool": {"name": task}},
                },
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise ProviderError(
                _KINDS.get(code, "misconfigured"), code, provider=PROVIDER
            ) from error
        except ReadTimeoutError as error:
            raise ProviderError("timeout", "no answer in time", provider=PROVIDER) from error
        except BotoCoreError as error:
            raise ProviderError("unavailable", "no answer", provider=PROVIDER) from error
        return self._completion(task, reply, time.monotonic() - started)

    def _completion(self, task: str, reply: Mapping[str, Any], seconds: float) -> Completion:
        if reply["stopReason"] in _REFUSALS:
            raise ProviderError("refused", reply["stopReason"], provider=PROVIDER)
        blocks = reply["output"]["message"]["content"]
        given = next(
            (b["toolUse"]["input"] for b in blocks if b.get("toolUse", {}).get("name") == task),
            None,
        )
        text = "".join(block.get("text", "") for block in blocks)
        usage = reply["usage"]
        return Completion(
            json=given if isinstance(given, dict) else None,
            text=text if given is None else json.dumps(given, ensure_ascii=False),
            tokens=Tokens(usage["inputTokens"], usage["outputTokens"]),
            cost=language_cost(self._model, usage["inputTokens"], usage["outputTokens"]),
            model=self._model,
            provider=PROVIDER,
            latency_ms=reply.get("metrics", {}).get("latencyMs", round(seconds * 1000)),
        )
