"""The official sources of the weights: model hubs over HTTPS, asked once whether they answer."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from infra.local.models.weights import Official, WeightsError

_PROBE_S = 3.0
_READ_S = 30.0
_CHUNK = 1 << 20
_HOSTS = {"huggingface": "huggingface.co", "github": "github.com"}
_PATHS = {
    "huggingface": "{repo}/resolve/{revision}/{path}",
    "github": "{repo}/releases/download/{revision}/{path}",
}


class Hubs:
    """Downloads from the hubs that answer; all are asked once, together, and never again."""

    def __init__(self, *, offline: bool = False, hosts: Mapping[str, str] = _HOSTS) -> None:
        """`offline` skips the hubs without a single packet; `hosts` maps hub to host name."""
        self._hosts = hosts
        self._answers: dict[str, bool] | None = dict.fromkeys(hosts, False) if offline else None

    def reachable(self, hub: str) -> bool:
        """Whether the hub answers; the first question takes at most three seconds for all hubs."""
        if self._answers is None:
            self._answers = _probe(self._hosts)
        return self._answers.get(hub, False)

    def download(self, source: Official, target: Path, size: int) -> None:
        """Write the official file to `target`, at most `size` bytes; raises WeightsError.

        A hub that breaks off is not tried for the other files: each would wait for a timeout.
        """
        address = f"https://{self._hosts[source.hub]}/" + _PATHS[source.hub].format(
            repo=source.repo, revision=source.revision, path=source.path
        )
        try:
            with _open(address, "GET", _READ_S) as reply, target.open("wb") as file:
                left = size + 1
                while left > 0 and (block := reply.read(min(_CHUNK, left))):
                    file.write(block)
                    left -= len(block)
        except urllib.error.HTTPError as error:
            raise _undelivered(source, f"HTTP {error.code}") from error
        except (HTTPException, OSError) as error:
            self._answers = {**(self._answers or {}), source.hub: False}
            raise _undelivered(source, str(error)) from error


def _undelivered(source: Official, reason: str) -> WeightsError:
    return WeightsError(f"{source.repo} did not deliver {source.path}: {reason}.")


def _open(address: str, method: str, timeout: float) -> HTTPResponse:
    request = urllib.request.Request(  # noqa: S310 - https
        address, method=method, headers={"User-Agent": "reelate-weights"}
    )
    reply: HTTPResponse = urllib.request.urlopen(request, timeout=timeout)  # noqa: S310  # nosec B310
    return reply


def _probe(hosts: Mapping[str, str]) -> dict[str, bool]:
    # In threads: name resolution has no timeout of its own, and an offline machine must not wait.
    answered: dict[str, bool] = {}

    def ask(hub: str, host: str) -> None:
        try:
            _open(f"https://{host}/", "HEAD", _PROBE_S).close()
        except urllib.error.HTTPError:
            answered[hub] = True
        except (HTTPException, OSError):
            answered[hub] = False
        else:
            answered[hub] = True

    threads = [
        threading.Thread(target=ask, args=(hub, host), daemon=True) for hub, host in hosts.items()
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _PROBE_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {hub: answered.get(hub, False) for hub in hosts}
