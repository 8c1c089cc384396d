"""The official sources of the weights: model hubs over HTTPS, asked once whether they answer."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from http.client import HTTPException
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
    """Downloads from the hubs that answer; one that did not answer once is not asked again."""

    def __init__(self, *, offline: bool = False) -> None:
        """`offline` skips the hubs without a single packet."""
        self._answers: dict[str, bool] = dict.fromkeys(_HOSTS, False) if offline else {}

    def reachable(self, hub: str) -> bool:
        """Whether the hub takes a connection within three seconds, name resolution included."""
        if hub not in self._answers:
            self._answers[hub] = hub in _HOSTS and _connects(_HOSTS[hub])
        return self._answers[hub]

    def download(self, source: Official, target: Path, size: int) -> None:
        """Write the official file to `target`, at most `size` bytes; raises WeightsError."""
        address = f"https://{_HOSTS[source.hub]}/" + _PATHS[source.hub].format(
            repo=source.repo, revision=source.revision, path=source.path
        )
        try:
            request = urllib.request.Request(address, headers={"User-Agent": "reelate"})
            with (
                urllib.request.urlopen(request, timeout=_READ_S) as reply,  # noqa: S310 - https
                target.open("wb") as file,
            ):
                left = size + 1
                while left > 0 and (block := reply.read(min(_CHUNK, left))):
                    file.write(block)
                    left -= len(block)
        except (urllib.error.URLError, HTTPException, OSError) as error:
            raise WeightsError(f"{source.repo} did not deliver {source.path}: {error}.") from error


def _connects(host: str) -> bool:
    # In a thread: name resolution has no timeout of its own, and an offline machine must not wait.
    connected = threading.Event()

    def probe() -> None:
        try:
            with socket.create_connection((host, 443), timeout=_PROBE_S):
                connected.set()
        except OSError:
            return
        finally:
            ended.set()

    ended = threading.Event()
    threading.Thread(target=probe, daemon=True).start()
    ended.wait(_PROBE_S)
    return connected.is_set()
