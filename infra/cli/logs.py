"""Shows what the cloud's programs and functions say."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.local.failure import CloudError

POLL = 0.5
LAST_LINES = 40
RECENT = 15 * 60  # seconds


def program_lines(folder: Path, *, follow: bool) -> Iterator[str]:
    """Yield the last lines of every program's log, then new ones as they come."""
    places: dict[Path, int] = {}
    while True:
        for log in sorted(folder.glob("*.log")):
            start = places.get(log)
            text, places[log] = _read(log, start)
            lines = text.splitlines()
            for line in lines if start is not None else lines[-LAST_LINES:]:
                yield f"{log.stem:<10} {line}"
        if not follow:
            return
        time.sleep(POLL)


def function_lines(logs: Any, stage: str, name: str, *, follow: bool) -> Iterator[str]:
    """Yield a function's recent log lines (`video-encode`, or its full name), then new ones.

    Raises:
        CloudError: no such function has ever run.
    """
    prefix = f"reelate-{stage}-"
    group = f"/aws/lambda/{name if name.startswith(prefix) else prefix + name}"
    since = int((time.time() - RECENT) * 1000)
    seen: set[tuple[str, int, str]] = set()
    while True:
        for event in _events(logs, group, since):
            key = (event["logStreamName"], event["timestamp"], event["message"])
            if key not in seen:
                seen.add(key)
                since = max(since, event["timestamp"] - 2000)
                yield str(event["message"]).rstrip()
        if not follow:
            return
        time.sleep(POLL)


def _events(logs: Any, group: str, since: int) -> Iterator[Mapping[str, Any]]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    try:
        for page in pages:
            yield from page["events"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise CloudError(
            f"There is no log group {group}.",
            "Functions are named like `video-encode` or `crm-api`.",
        ) from error


def _read(log: Path, start: int | None) -> tuple[str, int]:
    with log.open("rb") as file:
        size = file.seek(0, 2)
        first = start if start is not None and start <= size else 0
        file.seek(first)
        data = file.read()
    # Only whole lines: the rest is read once it has ended.
    whole = data[: data.rfind(b"\n") + 1]
    return whole.decode(errors="replace"), first + len(whole)
