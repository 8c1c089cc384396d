"""Logs and metrics: one structured line per invocation, nothing personal in it."""

import functools
import json
import logging
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TextIO, TypeVar, cast

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import BasePowertoolsFormatter

from functions.shared.clock import iso
from functions.shared.settings import function_name

Handler = TypeVar("Handler", bound=Callable[..., Any])


class _Stdout:
    """Standard output as it is when a line is written: Lambda's runtime puts its own in place."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


# No line of ours names a thread or a process: the switches that Python's logging has for leaving
# them out (docs.python.org/3/howto/logging.html#optimization).
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

_to_json = json.JSONEncoder(default=str).encode

# What a record carries of its own; the rest of its attributes came with `extra`.
_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "taskName"}


class _Lines(BasePowertoolsFormatter):
    """One JSON object a line: level, message, time, service, the invocation's keys, `extra`.

    Powertools' own formatter also tries to parse each message as JSON and looks for the caller:
    half of a line's cost, which is felt in every request.
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, Any] = {}

    def append_keys(self, **additional_keys: Any) -> None:
        # Logger itself brings `sampling_rate: None` along
        self._keys.update({k: v for k, v in additional_keys.items() if v is not None})

    def get_current_keys(self) -> dict[str, Any]:
        return self._keys

    def remove_keys(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._keys.pop(key, None)

    def clear_state(self) -> None:
        self._keys = {}

    def thread_safe_clear_keys(self) -> None:
        self.clear_state()  # an invocation's lines come from one thread

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": iso(datetime.fromtimestamp(record.created, UTC)),
            "service": "reelate",
            **self._keys,
        }
        line.update((name, value) for name, value in record.__dict__.items() if name not in _OWN)
        return _to_json(line)


_LINES = _Lines()
logger = Logger(service="reelate", logger_formatter=_LINES, stream=cast(TextIO, _Stdout()))


def instrumented(handler: Handler) -> Handler:
    """Wrap a Lambda handler: request id in every line, one closing line with the duration (ms)
    and the outcome. An exception's type is logged; its message may hold a customer's words."""

    @functools.wraps(handler)
    def wrapper(event: Any, context: Any) -> Any:
        started = time.perf_counter()
        # what the invocation before has added must not show in this one's lines
        _LINES.clear_state()
        annotate(
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
    # straight to the formatter: Logger looks for it anew each time
    _LINES.append_keys(**keys)


def count(name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
    """Record a business metric in CloudWatch's embedded metric format; `unit` is one of
    CloudWatch's: Count, Seconds, Milliseconds, Bytes ..."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(
        name=name, unit=MetricUnit(unit), value=value, namespace="Reelate"
    ) as metric:
        for key, text in dimensions.items():
            metric.add_dimension(name=key, value=text)
