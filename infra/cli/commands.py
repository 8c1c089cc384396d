"""What each `reelate` command does; `main` holds the grammar."""

import argparse
import math
import shlex
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
from rich.console import Console

from infra.cli import doctor as examination
from infra.cli import logs as log_lines
from infra.cli import redrive as dead_letters
from infra.cli import release
from infra.cli.api import Api
from infra.cli.audit import Span, hour_of, verify
from infra.cli.audit_evidence import Evidence
from infra.cli.demo import Demo
from infra.cli.progress import bar
from infra.cli.reindex import TYPES, new_run
from infra.cli.reindex import reindex as reindexing
from infra.cli.upload import Upload, links
from infra.cli.watch import failures, follow
from infra.local.assembly import STAGE
from infra.local.cloud import Cloud
from infra.local.contract import Contract
from infra.local.deployment import client
from infra.local.failure import CloudError
from infra.local.seed import create_workspace_for, set_limits

Chosen = argparse.Namespace
SHOWN = 20  # lines of what an audit log's verification found


def up(_chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Start, deploy, seed; print what a person needs next."""
    agreed = cloud.up()
    for what, value in (
        ("API", agreed.api_url),
        ("key", agreed.api_key),
        ("AWS endpoint", agreed.aws_endpoint),
        ("all names", str(cloud.layout.contract)),
        ("try", f'curl {agreed.api_url}/v1/me -H "Authorization: Bearer {agreed.api_key}"'),
    ):
        console.out(f"{what:<14}{value}", highlight=False)
    return 0


def down(_chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Stop; say whether anything ran."""
    console.print("Stopped; the data is kept." if cloud.down() else "Nothing was running.")
    return 0


def reset(_chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Stop and forget."""
    cloud.reset()
    console.print("The local cloud is empty now; `make up` makes a new one.")
    return 0


def status(_chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Print what runs; exit code 0 when all of it does, 1 otherwise."""
    found = cloud.status()
    if not found.programs:
        console.print("The local cloud is down; `make up` starts it.")
        return 1
    for name, process in found.programs.items():
        console.print(f"{name:<12} {f'pid {process.pid}' if process else 'has ended'}")
    console.print(f"{'MiniStack':<12} {'answers' if found.answers else 'does not answer'}")
    if found.contract:
        console.print(f"{'API':<12} {found.contract.api_url}")
    if not found.running:
        console.print("Something is missing; `make up` mends it.")
    return 0 if found.running else 1


def env(_chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Print shell assignments of the running cloud's URL and key."""
    agreed = _running(cloud)
    for name, value in (("REELATE_URL", agreed.api_url), ("REELATE_KEY", agreed.api_key)):
        console.out(f"export {name}={shlex.quote(value)}", highlight=False)
    return 0


def logs(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Print log lines of the programs, or of one function."""
    if chosen.function:
        endpoint = _running(cloud).aws_endpoint
        lines = log_lines.function_lines(
            client("logs", endpoint), STAGE, chosen.function, follow=chosen.follow
        )
    else:
        lines = log_lines.program_lines(cloud.layout.logs, follow=chosen.follow)
    for line in lines:
        console.out(line, highlight=False)
    return 0


def demo(_chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Bring the cloud up and tell the whole story."""
    Demo(cloud.layout, cloud.up(), console).run()
    return 0


def upload(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Upload a file, then follow it unless told not to; exit code 1 when the video failed."""
    agreed = _running(cloud)
    api = Api.to(agreed.api_url, agreed.api_key)
    sending = Upload(
        api=api,
        file=chosen.file,
        state_dir=cloud.layout.uploads,
        title=chosen.title or chosen.file.stem or chosen.file.name,
        links=links(chosen.contact, chosen.deal),
    )
    sending.size()  # a file that cannot be read needs no progress bar
    with bar(console, chosen.file.name) as progress:
        video = replace(sending, progress=progress).run()
    console.print(f"{video} has arrived.")
    return 0 if chosen.no_watch else _follow(api, video, console)


def watch(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Follow a video; exit code 1 when it, or something made of it, failed."""
    agreed = _running(cloud)
    return _follow(Api.to(agreed.api_url, agreed.api_key), chosen.video, console)


def workspace(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Create a workspace; print its id and its admin's key, which is shown only now."""
    lambda_ = _client("lambda", chosen.stage, cloud)
    made = create_workspace_for(lambda_, chosen.stage or STAGE, chosen.name, chosen.admin)
    for what, said in (
        ("workspace", "workspace"),
        ("key", "api_key"),
        ("member", "member"),
        ("password", "temporary_password"),
    ):
        if said in made:
            console.out(f"{what:<11}{made[said]}", highlight=False)
    return 0


def limits(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Set what was named of a workspace's rates and quotas; print all that holds."""
    lambda_ = _client("lambda", chosen.stage, cloud)
    found = set_limits(lambda_, chosen.stage or STAGE, wanted_limits(chosen))
    for whose in ("principal", "workspace"):
        rate = found[f"{whose}_rate"]
        console.print(f"{whose:<20} {rate['per_second']:g}/s, {rate['burst']} at once")
    for kind, value in found["quotas"].items():
        console.print(f"{kind:<20} {value:,}")
    return 0


def wanted_limits(chosen: Chosen) -> dict[str, Any]:
    """Return the words of `identity/set_limits` for a command line; raises CloudError."""
    words: dict[str, Any] = {"workspace": chosen.workspace, "quotas": {}}
    for whose, rate, burst in (
        ("principal_rate", chosen.rate, chosen.burst),
        ("workspace_rate", chosen.workspace_rate, chosen.workspace_burst),
    ):
        if rate is not None:
            words[whose] = {"per_second": rate, "burst": burst or max(1, math.ceil(4 * rate))}
        elif burst is not None:
            raise CloudError("A burst needs its rate.", "Name --rate beside --burst.")
    for each in chosen.quota:
        kind, _, value = each.partition("=")
        if not value.isdecimal() and value != "default":
            raise CloudError(f"{each!r} is no quota.", "Write KIND=N, or KIND=default.")
        words["quotas"][kind] = None if value == "default" else int(value)
    return words


def redrive(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Move a dead-letter queue's messages back, or list the queues."""
    stage = chosen.stage or STAGE
    sqs = _client("sqs", chosen.stage, cloud)
    if not chosen.queue:
        for name, count in dead_letters.queues(sqs, f"reelate-{stage}-").items():
            console.print(f"{count:>6}  {name}")
        return 0
    if chosen.peek:
        for body in dead_letters.peek(sqs, chosen.queue):
            console.out(body, highlight=False)
        return 0
    moved = dead_letters.redrive(
        sqs,
        chosen.queue,
        streams=_client("dynamodbstreams", chosen.stage, cloud),
        functions=_client("lambda", chosen.stage, cloud),
    )
    console.print(f"{moved} messages moved back from {chosen.queue}.")
    return 0


def audit(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Verify an audit log; exit code 1 when something does not fit, the first of it on top."""
    stage = chosen.stage or STAGE
    s3 = _client("s3", chosen.stage, cloud)
    account = _client("sts", chosen.stage, cloud).get_caller_identity()["Account"]
    evidence = Evidence(
        dynamodb=_client("dynamodb", chosen.stage, cloud),
        s3=s3,
        table=f"reelate-{stage}-platform",
        bucket=f"reelate-{stage}-audit-{account}-{s3.meta.region_name}",
        workspace=chosen.workspace,
    )
    span = Span(*(text and hour_of(text) for text in (chosen.since, chosen.until)))
    report = verify(evidence, span, datetime.now(UTC))
    for mismatch in report.sorted()[:SHOWN]:
        console.print(str(mismatch), style="red", markup=False, soft_wrap=True)
    if len(report.mismatches) > SHOWN:
        console.print(f"and {len(report.mismatches) - SHOWN} more", style="red")
    console.print(
        f"{report.entries} entries, {report.seals} sealed hours, "
        f"{report.waiting} entries not sealed yet, {len(report.mismatches)} mismatches"
    )
    return 1 if report.mismatches else 0


def doctor(_chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Print every finding; exit code 2 when something is wrong."""
    findings = list(examination.examine(cloud))
    for finding in findings:
        mark = "[green]✔[/green]" if finding.good else "[red]✘[/red]"
        console.print(f"{mark} {finding.what}", end=" ")
        console.print(finding.says, markup=False)
    return 0 if all(finding.good for finding in findings) else 2


def synth(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Synthesise and check a stage."""
    for template in release.synth(cloud.layout.project, chosen.stage):
        console.out(str(template.relative_to(cloud.layout.project)), highlight=False)
    return 0


def deploy(chosen: Chosen, cloud: Cloud, _console: Console) -> int:
    """Deploy a stage to AWS."""
    return release.deploy(cloud.layout.project, chosen.stage)


def _running(cloud: Cloud) -> Contract:
    found = cloud.status()
    if not found.answers or found.contract is None:
        raise CloudError("The local cloud is down.", "`make up` starts it.")
    return found.contract


def reindex(chosen: Chosen, cloud: Cloud, console: Console) -> int:
    """Reindex a workspace's records, type by type; say how far it is after each step."""
    lambda_ = _client("lambda", chosen.stage, cloud)
    run = chosen.named or new_run()
    console.print(f"{run}: to go on with it, should it break off, name it with --run")
    seen: Counter[str] = Counter()
    steps = reindexing(lambda_, chosen.stage or STAGE, chosen.workspace, chosen.type or TYPES, run)
    for step in steps:
        seen[step.record_type] += step.seen
        so_far = "" if step.done else " so far"
        console.print(f"{step.record_type:<10}{seen[step.record_type]:>9,}{so_far}")
    return 0


def _client(service: str, stage: str | None, cloud: Cloud) -> Any:
    if stage and stage != STAGE:
        return boto3.client(service)  # type: ignore[call-overload]
    return client(service, _running(cloud).aws_endpoint)


def _follow(api: Api, video: str, console: Console) -> int:
    broken = failures(follow(api, video, console))
    for line in broken:
        console.print(line, style="red", markup=False)
    return 1 if broken else 0
