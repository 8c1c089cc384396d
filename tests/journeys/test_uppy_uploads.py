"""Uppy itself, of the npm registry, uploads to the API: in Node, and in a browser where one is."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.contract import Contract
from infra.local.environments import node_folder
from infra.npm_package import NpmPackage
from infra.packaging import ROOT
from tests.journeys.browser import in_a_browser, served, visit
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

HOME = Path(__file__).parent / "uppy"
GLUE = ROOT / "functions" / "docs" / "serve" / "uppy.mjs"
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
    with served(folder) as page:
        yield page


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


@in_a_browser
def test_uppy_uploads_from_a_page_of_another_origin(
    tenant: Tenant, page: tuple[str, list[Any]], tmp_path: Path
) -> None:
    origin, told = page
    reply = tenant.api.client.patch("/v1/workspace", json={"allowed_origins": [origin]})
    assert reply.status_code == 200, reply.text

    _check(tenant, visit(f"{origin}/page.html", told, tmp_path))
