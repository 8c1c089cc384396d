"""Follows a video through its pipeline until nothing more will happen to it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.cli.api import Api
from infra.local.failure import CloudError

POLL = 0.5
ENDED = frozenset({"ready", "failed", "expired", "cancelled"})
MARKS = {"done": "✔", "skipped": "–", "failed": "✘", "processing": "▸"}
STYLES = {"done": "green", "failed": "red", "processing": "cyan"}


@dataclass(frozen=True)
class Watcher:
    """Polls one video; `pause` waits between two looks."""

    api: Api
    video: str
    deadline: float = 900.0  # seconds
    pause: Callable[[float], None] = time.sleep

    def states(self) -> Iterator[Mapping[str, Any]]:
        """Yield the record each time it is looked at, the last one settled.

        Raises:
            CloudError: it has not settled before the deadline.
        """
        end = time.monotonic() + self.deadline
        while True:
            record = self.api.get(f"/v1/videos/{self.video}")
            yield record
            if settled(record):
                return
            if time.monotonic() > end:
                raise CloudError(
                    f"{self.video} is still {record['state']} after {self.deadline:.0f} s.",
                    f"`reelate watch {self.video}` goes on watching.",
                )
            self.pause(POLL)


def settled(record: Mapping[str, Any]) -> bool:
    """Say whether nothing more will happen to the video by itself."""
    if record["state"] not in ENDED:
        return False
    return (record.get("run") or {}).get("state") != "processing"


def follow(api: Api, video: str, console: Console) -> Mapping[str, Any]:
    """Show a video's progress live until it has settled; return the last record."""
    record: Mapping[str, Any] = {}
    with Live(console=console, refresh_per_second=4, transient=False) as live:
        for record in Watcher(api, video).states():
            live.update(picture(record))
    return record


def picture(record: Mapping[str, Any], now: datetime | None = None) -> RenderableType:
    """Draw the record's state and its run's steps."""
    now = now or datetime.now(UTC)
    run = record.get("run") or {}
    head = Text.assemble(
        (f"{record.get('title') or record['id']}  ", "bold"),
        (record["state"], "red" if record["state"] == "failed" else "bold cyan"),
        f"  {run.get('percent', 0):.0f} %" if run else "",
    )
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for step in run.get("steps", []):
        state = step["state"]
        table.add_row(
            Text(MARKS.get(state, "·"), style=STYLES.get(state, "dim")),
            Text(step["name"], style=STYLES.get(state, "dim")),
            f"{step['percent']:.0f} %" if step.get("percent") is not None else "",
            elapsed(step, now),
            reason(step) if state == "failed" else "",
        )
    problem = reason(record)
    return Group(head, table, Text(problem, style="red")) if problem else Group(head, table)


def elapsed(step: Mapping[str, Any], now: datetime) -> str:
    """Return how long a step has taken (so far), in seconds."""
    if not step.get("started_at"):
        return ""
    start = datetime.fromisoformat(step["started_at"])
    end = datetime.fromisoformat(step["ended_at"]) if step.get("ended_at") else now
    return f"{max((end - start).total_seconds(), 0):.1f} s"


def reason(holder: Mapping[str, Any]) -> str:
    """Return a state's reason as a sentence, or nothing."""
    found = holder.get("reason")
    if not found:
        return ""
    return str(found.get("detail") or found.get("code")) if isinstance(found, dict) else str(found)


def failures(record: Mapping[str, Any]) -> Sequence[str]:
    """Return one line for everything of the video that failed, with its reason."""
    if record["state"] != "ready":
        why = reason(record) or "no reason given"
        return [f"{record['id']} is {record['state']}: {why}"]
    lines = []
    for name, artefact in (record.get("artefacts") or {}).items():
        if isinstance(artefact, dict) and artefact.get("state") == "failed":
            lines.append(f"{name} failed: {reason(artefact) or 'no reason given'}")
    return lines
