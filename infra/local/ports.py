"""Ports that stay the same over restarts, so that URLs handed out yesterday still work today."""

import http.client
import json
import random
import socket
from dataclasses import asdict, dataclass

from infra.local.failure import CloudError
from infra.local.layout import Layout

HOST = "127.0.0.1"
RANGE = range(18000, 32000)


@dataclass(frozen=True)
class Ports:
    """The three ports of one embedded cloud, all on 127.0.0.1."""

    api: int
    gateway: int
    models: int

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.api}"

    @property
    def aws_endpoint(self) -> str:
        return f"http://{HOST}:{self.gateway}"

    @property
    def models_url(self) -> str:
        return f"http://{HOST}:{self.models}/v1"


def remembered(layout: Layout) -> Ports | None:
    """Return the ports this cloud used before, or None for a new one."""
    try:
        return Ports(**json.loads(layout.ports.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def choose(layout: Layout, *, api: int | None = None) -> Ports:
    """Return this cloud's ports, chosen once and then kept.

    Raises:
        CloudError: a port of this cloud is taken by another program.
    """
    ports = remembered(layout)
    if ports is None or (api is not None and api != ports.api):
        ports = _new(api)
        layout.state.mkdir(parents=True, exist_ok=True)
        layout.ports.write_text(json.dumps(asdict(ports)))
    for purpose, port in asdict(ports).items():
        if not is_free(port):
            raise CloudError(
                f"Port {port} ({purpose}) on {HOST} is taken by another program.",
                f"End that program, or delete {layout.ports} to let `make up` choose other ports "
                "(URLs handed out before then no longer work).",
            )
    return ports


def is_free(port: int) -> bool:
    """Say whether `port` can be bound on 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def get_status(port: int, path: str) -> int:
    """Return the HTTP status that GET `path` on a local port gives; raises OSError."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def _new(api: int | None) -> Ports:
    if api is not None and not is_free(api):
        raise CloudError(f"Port {api} on {HOST} is taken.", "Choose another one.")
    # Below the range the system hands out by itself, so that no outgoing connection takes one
    # while the cloud is down.
    free: list[int] = []
    for candidate in random.sample(RANGE, len(RANGE)):
        if is_free(candidate):
            free.append(candidate)
        if len(free) == 3:
            return Ports(api=api or free[0], gateway=free[1], models=free[2])
    raise CloudError(f"No three free ports from {RANGE.start} on.", "End some servers.")
