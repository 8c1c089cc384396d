"""How the offline model server is started, and how to tell that it is ready."""

import urllib.error
import urllib.request
from pathlib import Path

from infra.local.ports import HOST


def command(python: Path, port: int, cache: Path) -> list[str]:
    """Return the command line of the model server."""
    return [str(python), "-m", "infra.local.models", "--port", str(port), "--cache", str(cache)]


def fetch_command(python: Path, cache: Path) -> list[str]:
    """Return the command line that puts the model weights into `cache`."""
    return [str(python), "-m", "infra.local.models.fetch", "--cache", str(cache)]


def is_ready(port: int) -> bool:
    """Say whether the model server answers its health check."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False
