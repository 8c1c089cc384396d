"""Logs and metrics: one structured line per invocation, nothing personal in it."""

import functools
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from functions.shared.clock import iso, now
from functions.shared.settings import function_name

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Log:
    """Writes lines of JSON to stdout, each with the keys of the running invocation.

    Not Powertools' Logger: that one costs a fifth of a DynamoDB call per line, and a twentieth
    of a cold start.
    """

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def begin(self, **keys: Any) -> None:
        """Start an invocation: forget the keys of the one before."""
        self._keys = keys

    def append_keys(self, **keys: Any) -> None:
        """Add to every further line of this invocation."""
        self._keys.update(keys)

    def info(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        """Write a line about what happened."""
        self._write("INFO", message, extra)

    def error(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        """Write a line about what should not have happened."""
        self._write("ERROR", message, extra)

    def _write(self, level: str, message: str, extra: Mapping[str, Any] | None) -> None:
        line = {
            "level": level,
            "message": message,
            "timestamp": iso(now()),
            "service": "reelate",
            **self._keys,
            **(extra or {}),
        }
        # sys.stdout as it is now: Lambda's runtime and tests put their own in its place
        sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()


logger = Log()


def instrumented(handler: Handler) -> Handler:
    """Wrap a Lambda handler: request id in every line, one closing line with the duration (ms)
    and the outcome. An exception's type is logged; its message may hold a customer's words."""

    @functools.wraps(handler)
    def wrapper(event: Any, context: Any) -> Any:
        started = time.perf_counter()
        logger.begin(
            function=function_name(),
            invocation=getattr(context, "aws_request_id", None),
            workspace=None,
        )
        ending: dict[str, Any] = {"outcome": "error"}
        try:
            reply = handler(event, context)
        except Exception as error:
            ending["error_type"] = type(error).__name__
            raise
        else:
            ending["outcome"] = "ok"
            return reply
        finally:
            ending["duration_ms"] = round((time.perf_counter() - started) * 1000, 2)
            write = logger.info if ending["outcome"] == "ok" else logger.error
            write("invocation", extra=ending)

    return wrapper  # type: ignore[return-value]


def annotate(**keys: Any) -> None:
    """Add ids (workspace, record, request) to every further line of this invocation."""
    logger.append_keys(**keys)


def count(name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
    """Record a business metric in CloudWatch's embedded metric format; `unit` is one of
    CloudWatch's: Count, Seconds, Milliseconds, Bytes ..."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(
        name=name, unit=MetricUnit(unit), value=value, namespace="Reelate"
    ) as metric:
        for key, text in dimensions.items():
            metric.add_dimension(name=key, value=text)
