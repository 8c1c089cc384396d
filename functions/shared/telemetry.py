"""Logs and metrics: one structured line per invocation, nothing personal in it."""

import functools
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO, TypeVar, cast

from aws_lambda_powertools.logging import Logger

from functions.shared.settings import function_name

Handler = TypeVar("Handler", bound=Callable[..., Any])


class _Stdout:
    """Standard output as it is when a line is written: Lambda's runtime puts its own in place."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


# No `location`: finding the caller walks the stack for every line.
logger = Logger(
    service="reelate",
    utc=True,
    datefmt="%Y-%m-%dT%H:%M:%S.%FZ",
    location=None,
    stream=cast(TextIO, _Stdout()),
)


def instrumented(handler: Handler) -> Handler:
    """Wrap a Lambda handler: request id in every line, one closing line with the duration (ms)
    and the outcome. An exception's type is logged; its message may hold a customer's words."""

    @functools.wraps(handler)
    def wrapper(event: Any, context: Any) -> Any:
        started = time.perf_counter()
        # what the invocation before has added must not show in this one's lines
        logger.clear_state()
        logger.append_keys(
            function=function_name(),
            invocation=getattr(context, "aws_request_id", None),
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
