"""Prints what came of a video: transcript, analysis, timeline, events, price, what to try next."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from infra.cli import price

EXCERPT = 6
WIDTH = 96


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
        when = str(entry.get("occurred_at") or entry.get("created_at", ""))[11:19]
        kind = str(entry.get("kind") or entry.get("type", ""))
        words = entry.get("title") or entry.get("text") or entry.get("summary") or ""
        table.add_row(f"[dim]{when}[/dim]", escape(kind), escape(str(words))[:WIDTH])
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


def next_steps(
    console: Console, *, contract: str, deal: str, video: str, playback_url: str
) -> None:
    """Print commands that work when pasted into a shell in the project folder."""
    heading(console, "Go on by hand")
    console.print("[dim]These work as they are, pasted into a shell in this folder:[/dim]")
    for line in commands(contract=contract, deal=deal, video=video, playback_url=playback_url):
        console.out(f"  {line}", highlight=False)


def commands(*, contract: str, deal: str, video: str, playback_url: str) -> Iterator[str]:
    """Yield shell lines that use the contract file's URL and key."""
    read = "import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])"
    value = f".venv/bin/python -c {shlex.quote(read)} {shlex.quote(contract)}"
    yield f"URL=$({value} api_url) KEY=$({value} api_key)"
    yield 'curl -s "$URL/v1/me" -H "Authorization: Bearer $KEY"'
    yield f'curl -s "$URL/v1/deals/{deal}/timeline" -H "Authorization: Bearer $KEY"'
    yield f'curl -s "$URL/v1/videos/{video}/analysis" -H "Authorization: Bearer $KEY"'
    yield (
        'curl -s "$URL/v1/contacts" -H "Authorization: Bearer $KEY" '
        '-H "Content-Type: application/json" '
        """-d '{"name": "Ada Byron", "email": "ada@example.com"}'"""
    )
    yield f"curl -s {shlex.quote(playback_url)}"
    yield f".venv/bin/reelate upload YOUR_VIDEO.mp4 --deal {deal}"
