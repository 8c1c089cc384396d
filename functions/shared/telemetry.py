"""Logs and metrics: one structured line per invocation, nothing personal in it."""

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools.logging import Logger

from functions.shared.settings import function_name

Handler = TypeVar("Handler", bound=Callable[..., Any])

logger = Logger(service="reelate", utc=True)


def instrumented(handler: Handler) -> Handler:
    """Wrap a Lambda handler: request id in every line, one closing line with the duration (ms)
    and the outcome. An exception's type is logged; its message may hold a customer's words."""

    @functools.wraps(handler)
    def wrapper(event: Any, context: Any) -> Any:
        started = time.perf_counter()
        logger.append_keys(
            function=function_name(),
            invocation=getattr(context, "aws_request_id", None),
            workspace=None,
        )
        outcome = "error"
        try:
            reply = handler(event, context)
            outcome = "ok"
            return reply
        finally:
            level = logger.info if outcome == "ok" else logger.error
            level(
                "invocation",
                extra={
                    "outcome": outcome,
                    "duration_ms": round((time.perf_counter() - started) * 1000, 2),
                },
            )

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
