"""Uploads as they go wrong: the sender killed, bytes that are not the file's, files fetched."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.cli.upload import Upload
from infra.packaging import ROOT
from tests.integration.origin import Files
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

MIB = 1024 * 1024
SENDER = """
import os, signal, sys
from pathlib import Path
import httpx
from infra.cli.api import Api
from infra.cli.upload import Upload
url, key, file, state = sys.argv[1:]
sent = []
def struck(reply):
    sent.append(reply)
    if len(sent) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
transport = httpx.Client(timeout=60, trust_env=False, event_hooks={"response": [struck]})
Upload(Api.to(url, key), Path(file), Path(state), "Killed", parallel=1, transport=transport).run()
"""


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def test_after_the_sender_was_killed_only_missing_parts_travel(
    tenant: Tenant, tmp_path: Path
) -> None:
    film, state = tmp_path / "film.mp4", tmp_path / "state"
    film.write_bytes(os.urandom(60 * MIB + 1))  # eight parts
    credential = tenant.api.client.headers["authorization"].removeprefix("Bearer ")
    killed = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(tenant.api.client.base_url), credential, str(film),
         str(state)],
        cwd=ROOT,
    )  # fmt: skip
    assert killed.wait(300) == -signal.SIGKILL
    video = _newest(tenant)["id"]
    arrived = _arrived(tenant, video)
    assert 3 <= len(arrived) < 8
    sent: list[str] = []
    hooks = {"request": [lambda request: sent.append(request.url.params["partNumber"])]}

    with httpx.Client(timeout=60, trust_env=False, event_hooks=hooks) as transport:
        again = Upload(tenant.api, film, state, "Killed", transport=transport).run()

    assert again == video
    assert len(sent) == len(set(sent)) == 8 - len(arrived)
    upload = tenant.api.get(f"/v1/videos/{video}/upload")
    parts = [film.read_bytes()[at : at + 8 * MIB] for at in range(0, film.stat().st_size, 8 * MIB)]
    whole = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
    assert upload["state"] == "completed"
    assert upload["sha256"] == f"{base64.b64encode(whole).decode()}-8"


def test_the_store_takes_nothing_but_the_file_that_was_announced(tenant: Tenant) -> None:
    data = os.urandom(100_000)
    opened = tenant.api.post(
        "/v1/videos",
        {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": len(data),
         "sha256": sha256(data)},
    )  # fmt: skip
    (part,) = opened["upload"]["parts"]

    def put(body: bytes, **headers: str) -> int:
        sent = {**part["headers"], **headers}
        return httpx.put(part["url"], content=body, headers=sent, trust_env=False).status_code

    other = os.urandom(100_000)
    assert put(other) == 400
    assert put(other, **{"x-amz-checksum-sha256": sha256(other)}) == 403
    assert put(data) == 200
    assert put(data) == 412


def test_a_call_is_fetched_from_an_address(tenant: Tenant, files: Files) -> None:
    video = tenant.api.post("/v1/videos/pull", {"source_url": files.url("/call.mp4?t=secret")})

    upload = until(
        lambda: tenant.api.get(f"/v1/videos/{video['id']}/upload"),
        lambda found: found["state"] not in ("waiting", "uploading"),
    )

    assert upload["state"] == "completed", upload
    assert upload["source"]["size_bytes"] == len(files.data)
    assert upload["sha256"] is not None
    until(lambda: tenant.video(video["id"])["state"], lambda state: state == "processing")
    tenant.api.client.delete(f"/v1/videos/{video['id']}")


def test_what_is_not_public_is_not_fetched(tenant: Tenant, files: Files) -> None:
    asked = len(files.asked)
    for url in ("http://127.0.0.1:1/a", "https://localhost/a", "https://169.254.169.254/latest"):
        reply = tenant.api.client.post("/v1/videos/pull", json={"source_url": url})
        assert (reply.status_code, reply.json()["code"]) == (422, "source_not_public")
    assert len(files.asked) == asked


def _newest(tenant: Tenant) -> Any:
    return next(iter(tenant.api.get("/v1/videos", limit=1)["data"]), None)


def _arrived(tenant: Tenant, video: str) -> list[Any]:
    return list(tenant.api.pages(f"/v1/videos/{video}/parts"))
