"""The whole story in one command: a deal, a recorded call, and what was said in it."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from infra.cli import price, report
from infra.cli.api import Api, ApiError
from infra.cli.outside import Listener, listening
from infra.cli.progress import bar
from infra.cli.upload import Upload, links
from infra.cli.watch import failures, follow
from infra.local.contract import Contract
from infra.local.deployment import client
from infra.local.failure import CloudError
from infra.local.layout import Layout

SAMPLE = Path("tests") / "media" / "sample_call.mp4"
TIMELINE_PATIENCE = 15.0


@dataclass(frozen=True)
class Deal:
    """The records that the demo's call concerns."""

    contact: str
    company: str
    deal: str
    pipeline: str


@dataclass(frozen=True)
class Demo:
    """One run of the demo against a cloud that is up."""

    layout: Layout
    contract: Contract
    console: Console

    def run(self) -> None:
        """Tell the story.

        Raises:
            CloudError: the sample is not there, or some part of the story failed.
        """
        sample = self.layout.project / SAMPLE
        if not sample.exists():
            raise CloudError(f"{SAMPLE} is missing.", "`git checkout` brings it back.")
        started = time.monotonic()
        api = Api.to(self.contract.api_url, self.contract.api_key)
        endpoint = self.contract.aws_endpoint
        with listening(
            client("events", endpoint),
            client("sqs", endpoint),
            self.contract.event_bus,
            self.contract.workspace,
        ) as listener:
            records = self._records(api)
            video = self._upload(api, sample, records)
            record = follow(api, video, self.console)
            playback = api.post(f"/v1/videos/{video}/playback")
            self._tell(api, record, records, playback)
            self._events(listener, records, video)
        self._bill(record)
        report.next_steps(
            self.console,
            report.commands(
                self.layout.state,
                deal=records.deal,
                pipeline=records.pipeline,
                video=video,
                playback_url=playback["url"],
            ),
        )
        self.console.print(f"\n[dim]The demo took {time.monotonic() - started:.0f} s.[/dim]")
        broken = failures(record)
        if broken:
            raise CloudError("\n".join(broken), "`make logs` shows why.")

    def _records(self, api: Api) -> Deal:
        # A contact's email is unique in its workspace, and the demo may be run again.
        tag = secrets.token_hex(3)
        company = api.post(
            "/v1/companies",
            {"name": "Harbor Logistics", "domain": f"harbor-{tag}.example"},
        )
        contact = api.post(
            "/v1/contacts",
            {
                "name": "Daniel Reed",
                "email": f"daniel.reed@harbor-{tag}.example",
                "company_id": company["id"],
            },
        )
        deal = api.post(
            "/v1/deals",
            {
                "name": "Beacon Forecast for Harbor Logistics",
                "amount": {"amount_minor": 4_800_000, "currency": "USD"},
                "contact_ids": [contact["id"]],
                "company_id": company["id"],
            },
        )
        report.heading(self.console, "A contact, a company and a deal")
        for record in (contact, company, deal):
            self.console.print(f"  {record['id']}  {record['name']}", highlight=False)
        return Deal(contact["id"], company["id"], deal["id"], deal["pipeline_id"])

    def _upload(self, api: Api, sample: Path, records: Deal) -> str:
        report.heading(self.console, "The recorded call goes straight to S3, in parts")
        with bar(self.console, sample.name) as progress:
            return Upload(
                api=api,
                file=sample,
                state_dir=self.layout.uploads,
                title="Pricing call with Harbor Logistics",
                links=links([records.contact], [records.deal]),
                progress=progress,
            ).run()

    def _tell(
        self, api: Api, record: Mapping[str, Any], records: Deal, playback: Mapping[str, Any]
    ) -> None:
        report.heading(self.console, "Play it")
        self.console.out(f"  {playback['url']}", highlight=False)
        until = playback["expires_at"]
        self.console.print(f"  [dim]HLS, signed, until {until}: for VLC, mpv, Safari[/dim]")
        self._show(api, f"/v1/videos/{record['id']}/transcript", "What was said", report.transcript)
        self._show(api, f"/v1/videos/{record['id']}/analysis", "", report.analysis)
        report.heading(self.console, "The deal's timeline")
        report.timeline(self.console, self._timeline(api, records.deal, record["id"]))

    def _show(
        self,
        api: Api,
        path: str,
        title: str,
        show: Callable[[Console, Mapping[str, Any]], None],
    ) -> None:
        try:
            document = api.get(path)
        except ApiError as error:
            self.console.print(f"[yellow]{error.sentence}[/yellow]", highlight=False)
            return
        if title:
            report.heading(self.console, title)
        show(self.console, document)

    def _timeline(self, api: Api, deal: str, video: str) -> list[Mapping[str, Any]]:
        # The timeline is written from events, a moment after the video says it is done.
        deadline = time.monotonic() + TIMELINE_PATIENCE
        while True:
            entries: list[Mapping[str, Any]] = api.get(f"/v1/deals/{deal}/timeline")["data"]
            told = sum(video in str(entry) for entry in entries)
            if told > 1 or time.monotonic() > deadline:
                return entries
            time.sleep(0.25)

    def _events(self, listener: Listener, records: Deal, video: str) -> None:
        listener.collect(until="video.analysed", subject=video)
        report.heading(
            self.console, "Events that an outside consumer's own rule and queue received"
        )
        ours = {records.contact, records.company, records.deal, video}
        report.events(self.console, [e for e in listener.heard if e["subject"]["id"] in ours])

    def _bill(self, record: Mapping[str, Any]) -> None:
        report.heading(self.console, "What this would have cost on AWS")
        prices = price.load()
        lines = price.bill(
            prices,
            seconds=(record["duration_ms"] or 0) / 1000,
            source_bytes=record["source"]["size_bytes"],
        )
        report.bill(self.console, prices, lines)
