"""Prints what came of a video: transcript, analysis, timeline, events, price, what to try next."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from infra.cli import price
from infra.local.layout import Layout

EXCERPT = 6


def clock(milliseconds: int) -> str:
    """Return a media offset as m:ss."""
    seconds = milliseconds // 1000
    return f"{seconds // 60}:{seconds % 60:02d}"


def heading(console: Console, text: str) -> None:
    """Print a section's heading."""
    console.print()
    console.print(f"[bold]{escape(text)}[/bold]")


def transcript(console: Console, document: Mapping[str, Any]) -> None:
    """Print the first turns with their speakers and times."""
    labels = {s["id"]: s.get("label") or s["id"] for s in document.get("speakers", [])}
    turns = document["turns"]
    for turn in turns[:EXCERPT]:
        who = labels.get(turn["speaker"], turn["speaker"])
        when = clock(turn["start_ms"])
        line = f"[dim]{when}[/dim] [cyan]{escape(who)}[/cyan] {escape(turn['text'])}"
        console.print(Padding(line, (0, 0, 0, 2)))
    if len(turns) > EXCERPT:
        console.print(f"  [dim]… {len(turns) - EXCERPT} more turns[/dim]")


def analysis(console: Console, document: Mapping[str, Any]) -> None:
    """Print summary and action items, each with the words it rests on."""
    heading(console, "Summary")
    for statement in document["summary"]:
        _statement(console, statement, statement["text"])
    heading(console, "Action items")
    for statement in document["action_items"]:
        due = statement.get("due_on") or statement.get("due_text")
        extra = ", ".join(filter(None, [statement.get("owner"), f"by {due}" if due else None]))
        _statement(console, statement, statement["text"] + (f" ({extra})" if extra else ""))
    topics = ", ".join(found["name"] for found in document.get("topics", []))
    if topics:
        console.print(f"\n[bold]Topics[/bold] {escape(topics)}")


def _statement(console: Console, statement: Mapping[str, Any], text: str) -> None:
    console.print(Padding(f"• {escape(text)}", (0, 0, 0, 2)))
    for evidence in statement["evidence"][:1]:
        quote = f"[dim]“{escape(evidence['quote'])}” at {clock(evidence['start_ms'])}[/dim]"
        console.print(Padding(quote, (0, 0, 0, 4)))


def timeline(console: Console, entries: Sequence[Mapping[str, Any]]) -> None:
    """Print a record's timeline, newest first."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for entry in entries:
        found = entry["data"]
        words = found.get("title") or found.get("name") or found.get("body") or ""
        when = f"[dim]{entry['occurred_at'][11:19]}[/dim]"
        table.add_row(when, escape(entry["kind"]), escape(words))
    console.print(table)


def events(console: Console, heard: Sequence[Mapping[str, Any]]) -> None:
    """Print the events an outside consumer received."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for event in sorted(heard, key=lambda found: found["occurred_at"]):
        subject = event["subject"]
        table.add_row(
            f"[dim]{event['occurred_at'][11:19]}[/dim]",
            escape(event["type"]),
            f"[dim]{escape(subject['id'])}[/dim]",
        )
    console.print(table)


def bill(console: Console, prices: Mapping[str, Any], lines: Sequence[price.Line]) -> None:
    """Print what the video would have cost on AWS."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    table.add_column(justify="right")
    for line in lines:
        table.add_row(line.what, f"{line.count:,.2f}", line.unit, f"${line.dollars:.5f}")
    table.add_row("[bold]together[/bold]", "", "", f"[bold]${price.total(lines):.4f}[/bold]")
    console.print(table)
    console.print(f"  [dim]prices of {prices['date']}, {prices['region']}[/dim]")


def next_steps(console: Console, lines: Sequence[str]) -> None:
    """Print commands that work when pasted into a shell in the project folder."""
    heading(console, "Go on by hand: these work as they are, pasted into a shell in this folder")
    for line in lines:
        console.out(f"  {line}", highlight=False)


def commands(state: Path, *, deal: str, pipeline: str, video: str, playback_url: str) -> list[str]:
    """Return shell lines that try the API of the cloud in `state` on the demo's records."""
    chosen = "" if state == Layout.at().state else f" --state {shlex.quote(str(state))}"
    key = '-H "Authorization: Bearer $REELATE_KEY"'
    json_body = '-H "Content-Type: application/json"'
    person = {"name": "Ada Byron", "email": f"ada+{deal[-6:]}@example.com"}
    move = json.dumps({"stage": "proposal"})
    return [
        f'eval "$(.venv/bin/reelate{chosen} env)"',
        f'curl "$REELATE_URL/v1/me" {key}',
        f'curl "$REELATE_URL/v1/contacts" {key} {json_body} -d {shlex.quote(json.dumps(person))}',
        f'curl "$REELATE_URL/v1/deals/{deal}/timeline" {key}',
        f'curl "$REELATE_URL/v1/deals/{deal}/move" {key} {json_body} -d {shlex.quote(move)}',
        f'curl "$REELATE_URL/v1/pipelines/{pipeline}/board" {key}',
        f'curl "$REELATE_URL/v1/videos/{video}/analysis" {key}',
        f"curl {shlex.quote(playback_url)}",
        f".venv/bin/reelate{chosen} upload YOUR_VIDEO.mp4 --deal {deal}",
    ]
