"""Looks at this machine and the local cloud, and says what is wrong and what to do about it."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from infra.cli.api import Api
from infra.cli.redrive import queues
from infra.local import environments, ports
from infra.local.assembly import STAGE
from infra.local.cloud import Cloud
from infra.local.deployment import client
from infra.local.failure import CloudError

FREE_DISK = 3 * 10**9  # bytes
VERSIONS = ((3, 11), (3, 13))


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    good: bool
    says: str


def examine(cloud: Cloud) -> Iterator[Finding]:
    """Yield one finding for each thing that must be right, cheapest first."""
    yield from _machine(cloud)
    status = cloud.status()
    for name, process in status.programs.items():
        says = f"pid {process.pid}" if process else "has ended: run `make up`"
        yield Finding(f"process {name}", process is not None, says)
    if not status.programs:
        yield Finding("cloud", good=True, says="is down; `make up` starts it")
        yield from _ports(cloud)
        return
    yield Finding("MiniStack", status.answers, "answers" if status.answers else "does not answer")
    agreed = status.contract
    if not status.answers or agreed is None:
        return
    yield _try("API", lambda: _health(agreed.api_url))
    api = Api.to(agreed.api_url, agreed.api_key)
    yield _try("API key", lambda: f"is good for workspace {api.get('/v1/me')['workspace']}")
    dead = queues(client("sqs", agreed.aws_endpoint), f"reelate-{STAGE}-")
    waiting = {name: count for name, count in dead.items() if count}
    says = "are empty" if not waiting else f"hold messages: {waiting}; see `reelate redrive`"
    yield Finding(f"{len(dead)} dead-letter queues", not waiting, says)


def _machine(cloud: Cloud) -> Iterator[Finding]:
    version = sys.version_info[:2]
    good = VERSIONS[0] <= version <= VERSIONS[1]
    yield Finding("Python", good, f"{platform.python_version()} at {sys.executable}")
    project = cloud.layout.project
    yield _try("uv", lambda: str(environments.find_uv(project)))
    yield _try("Node", lambda: str(environments.node_folder() / "node"))
    free = shutil.disk_usage(project).free
    yield Finding("disk", free > FREE_DISK, f"{free / 1e9:.1f} GB free")
    weights = cloud.layout.weights
    yield Finding("model weights", good=True, says=str(weights) + _present(weights.exists()))


def _present(there: bool) -> str:  # noqa: FBT001
    return "" if there else " (fetched by `make up`)"


def _ports(cloud: Cloud) -> Iterator[Finding]:
    chosen = ports.remembered(cloud.layout)
    for port in (chosen.api, chosen.gateway, chosen.models) if chosen else ():
        free = ports.is_free(port)
        yield Finding(f"port {port}", free, "is free" if free else "is taken by another program")


def _health(url: str) -> str:
    reply = httpx.get(f"{url}/v1/health", timeout=10, trust_env=False)
    if not reply.is_success:
        raise CloudError(f"answers /v1/health with {reply.status_code}")
    return f"answers at {url}"


def _try(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, good=True, says=look())
    except (CloudError, httpx.HTTPError) as error:
        return Finding(what, good=False, says=str(error))
