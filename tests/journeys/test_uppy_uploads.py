"""Uppy itself, of the npm registry, uploads to the API: in Node, and in a browser where one is."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.contract import Contract
from infra.local.environments import node_folder
from infra.npm_package import NpmPackage
from infra.packaging import ROOT
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

HOME = Path(__file__).parent / "uppy"
GLUE = ROOT / "functions" / "docs" / "serve" / "uppy.mjs"
# The names that Debian, Ubuntu and Google's own packages give it.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
MIB = 1024 * 1024
SIX = {
    "createMultipartUpload", "signPart", "listParts", "completeMultipartUpload",
    "abortMultipartUpload", "getUploadParameters",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, contract: Contract) -> Path:
    """What the page is made of: the plugin, our six answers, what is done with them."""
    made = tmp_path_factory.mktemp("uppy")
    (made / "package" / "dist").mkdir(parents=True)
    NpmPackage.read(HOME / "package.toml").unpack(made / "package", made / "licenses")
    shutil.copy(made / "package" / "dist" / "uppy.min.mjs", made)
    for file in (GLUE, HOME / "scenario.mjs", HOME / "page.html"):
        shutil.copy(file, made)
    settings = {"api": contract.api_url.rstrip("/"), "key": contract.api_key}
    (made / "settings.json").write_text(json.dumps(settings))
    return made


@pytest.fixture
def page(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    """The page at one of the origins that the stage allows, and what it has told."""
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
    yield f"http://127.0.0.1:{server.server_address[1]}", told
    server.shutdown()
    thread.join()
    server.server_close()


def _at_an_allowed_origin(handler: Any) -> ThreadingHTTPServer:
    stages = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    origins = map(urlsplit, stages["local"]["cors_origins"])
    for port in (each.port for each in origins if each.hostname == "127.0.0.1"):
        try:
            return ThreadingHTTPServer(("127.0.0.1", port or 80), handler)
        except OSError:
            continue
    pytest.skip("every port of the stage's allowed origins is taken on this machine")


def _check(tenant: Tenant, played: dict[str, Any]) -> None:
    """Hold what Uppy says it did against what the API says."""
    assert "error" not in played, played["error"]
    assert played["failed"] == []
    assert played["successful"] == ["big.mp4", "small.mp4"]
    assert played["calls"].keys() >= SIX
    videos = {name: tenant.video(video) for name, video in played["videos"].items()}
    uploads = {name: video["upload"] for name, video in videos.items()}
    assert videos["given up.mp4"]["state"] == "cancelled"
    assert uploads["big.mp4"]["method"] == "multipart"
    assert uploads["big.mp4"]["part_count"] == 6
    assert uploads["big.mp4"]["sha256"].endswith("-6")
    assert videos["big.mp4"]["source"]["size_bytes"] == 41 * MIB
    assert uploads["big.mp4"]["completed_at"]
    assert uploads["small.mp4"]["method"] == "single"
    until(lambda: tenant.video(played["videos"]["small.mp4"])["upload"]["state"],
          lambda state: state == "completed")  # fmt: skip


def test_uppy_uploads_pauses_resumes_and_cancels(tenant: Tenant, folder: Path) -> None:
    done = subprocess.run(
        [str(node_folder() / "node"), str(HOME / "node.mjs"), str(folder)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]

    _check(tenant, json.loads(done.stdout))


@pytest.mark.skipif(
    CHROMIUM is None, reason="this machine has no Chromium (Debian: apt install chromium)"
)
def test_uppy_uploads_from_a_page_of_another_origin(
    tenant: Tenant, page: tuple[str, list[Any]], tmp_path: Path
) -> None:
    origin, told = page
    reply = tenant.api.client.patch("/v1/workspace", json={"allowed_origins": [origin]})
    assert reply.status_code == 200, reply.text
    browser = subprocess.Popen(
        [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", f"--user-data-dir={tmp_path}", f"{origin}/page.html"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: told, bool, patience=300)
    finally:
        browser.terminate()
        browser.wait(30)

    _check(tenant, told[0])
