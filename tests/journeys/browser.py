"""Pages that a headless Chromium opens, and what they tell of what they saw."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.packaging import ROOT
from tests.journeys.tenant import until

# The names that Debian, Ubuntu and Google's own packages give it.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
in_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="this machine has no Chromium (Debian: apt install chromium)"
)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    """Serve a folder at one of the origins that the stage allows; yields the origin, and what
    its pages have posted so far."""
    told: list[Any] = []

    class Pages(SimpleHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    Pages.extensions_map = {**Pages.extensions_map, ".mjs": "text/javascript"}
    server = _at_an_allowed_origin(partial(Pages, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def visit(url: str, told: list[Any], profile: Path, *, patience: float = 300) -> Any:
    """Open a page in a browser of its own; return the first thing that it tells."""
    browser = subprocess.Popen(
        [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required",
         f"--user-data-dir={profile}", url],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: told, bool, patience=patience)
    finally:
        browser.terminate()
        browser.wait(30)
    return told[0]


def _at_an_allowed_origin(handler: Any) -> ThreadingHTTPServer:
    stages = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    origins = map(urlsplit, stages["local"]["cors_origins"])
    for port in (each.port for each in origins if each.hostname == "127.0.0.1"):
        try:
            return ThreadingHTTPServer(("127.0.0.1", port or 80), handler)
        except OSError:
            continue
    pytest.skip("every port of the stage's allowed origins is taken on this machine")
