"""Uploading in parts, against an API and a store that live in memory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.cli import api as api_module
from infra.cli import upload as upload_module
from infra.cli.api import Api
from infra.cli.upload import Parts, Upload, content_type
from infra.local.failure import CloudError

PART = 1000
STORE = "http://store.test"


class Service:
    """The video API and its object store, as one HTTP handler each."""

    def __init__(self, size: int) -> None:
        self.count = -(-size // PART)
        self.created: list[dict[str, Any]] = []
        self.stored: dict[int, bytes] = {}
        self.completed: list[dict[str, Any]] | None = None
        self.signed: list[int] = []
        self.state = "waiting"
        self.refuse: Callable[[int], httpx.Response | None] = lambda _: None
        self.first_urls = 2
        self.lost_complete = False

    def url(self, number: int) -> dict[str, Any]:
        return {"part_number": number, "url": f"{STORE}/part/{number}"}

    def api(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        body = json.loads(request.content or b"{}")
        if path == "/v1/videos":
            self.created.append(body)
            return httpx.Response(
                201,
                json={
                    "id": "vid_1",
                    "upload": {
                        "part_size_bytes": PART,
                        "part_count": self.count,
                        "parts": [self.url(n) for n in range(1, self.first_urls + 1)],
                    },
                },
            )
        if path == "/v1/videos/vid_1":
            return httpx.Response(200, json={"id": "vid_1", "state": self.state})
        if path == "/v1/videos/vid_1/parts" and request.method == "POST":
            self.signed += body["part_numbers"]
            return httpx.Response(200, json={"data": [self.url(n) for n in body["part_numbers"]]})
        if path == "/v1/videos/vid_1/parts":
            listed = [
                {"part_number": n, "size_bytes": len(data), "etag": f"{n}"}
                for n, data in sorted(self.stored.items())
            ]
            first = int(request.url.params.get("cursor") or 0)
            more = str(first + 2) if first + 2 < len(listed) else None
            return httpx.Response(
                200, json={"data": listed[first : first + 2], "next_cursor": more}
            )
        if path == "/v1/videos/vid_1/complete":
            self.completed = body["parts"]
            if self.lost_complete:
                raise httpx.ReadTimeout("lost")
            return httpx.Response(200, json={"id": "vid_1"})
        return httpx.Response(404, json={"detail": path})

    def store(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.rpartition("/")[2])
        refusal = self.refuse(number)
        if refusal is not None:
            return refusal
        self.stored[number] = request.read()
        return httpx.Response(200, headers={"ETag": f'"{number}"'})


def sender(service: Service, file: Path, state: Path, **more: Any) -> Upload:
    api = httpx.Client(transport=httpx.MockTransport(service.api), base_url="http://api.test")
    store = httpx.Client(transport=httpx.MockTransport(service.store))
    return Upload(
        api=Api(api), file=file, state_dir=state, title="Call", transport=store, parallel=2, **more
    )


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_module, "backoff", lambda _: 0.0)
    monkeypatch.setattr(api_module, "backoff", lambda _: 0.0)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "film.mp4"
    file.write_bytes(bytes(range(256)) * 20)  # 5,120 bytes: five parts of 1,000 and one of 120
    return file


def test_every_byte_arrives_once_and_in_its_part(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    assert sender(service, film, tmp_path / "state").run() == "vid_1"
    assert b"".join(service.stored[n] for n in sorted(service.stored)) == film.read_bytes()
    assert service.completed == [{"part_number": n, "etag": f"{n}"} for n in range(1, 7)]
    assert service.created[0]["size_bytes"] == 5120
    assert service.created[0]["content_type"] == "video/mp4"


def test_urls_that_the_first_reply_lacks_are_asked_for_together(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    sender(service, film, tmp_path / "state").run()
    assert service.signed == [3, 4, 5, 6]


def test_an_interrupted_upload_goes_on_with_the_missing_parts_only(
    film: Path, tmp_path: Path
) -> None:
    service = Service(film.stat().st_size)
    service.refuse = lambda n: httpx.Response(500) if n > 3 else None
    with pytest.raises(CloudError, match="did not get through"):
        sender(service, film, tmp_path / "state").run()
    before = dict(service.stored)
    assert set(before) == {1, 2, 3}
    service.stored = dict.fromkeys(before, b"kept" * 250)
    service.refuse = lambda _: None
    service.state = "uploading"
    assert sender(service, film, tmp_path / "state").run() == "vid_1"
    assert len(service.created) == 1
    assert all(service.stored[n] == b"kept" * 250 for n in before)
    assert service.completed is not None
    assert len(service.completed) == 6


def test_after_a_lost_reply_to_complete_nothing_travels_again(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    service.lost_complete = True
    with pytest.raises(CloudError, match="does not answer"):
        sender(service, film, tmp_path / "state").run()
    assert service.completed is not None
    service.lost_complete, service.state = False, "processing"
    service.completed, service.stored = None, {}

    assert sender(service, film, tmp_path / "state").run() == "vid_1"

    assert (len(service.created), service.completed, service.stored) == (1, None, {})
    assert list((tmp_path / "state").iterdir()) == []


def test_a_part_that_arrived_with_another_size_travels_again(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    service.refuse = lambda n: httpx.Response(500) if n > 1 else None
    with pytest.raises(CloudError):
        sender(service, film, tmp_path / "state").run()
    service.stored = {1: b"short"}
    service.refuse = lambda _: None
    sender(service, film, tmp_path / "state").run()
    assert service.stored[1] == film.read_bytes()[:PART]


def test_a_video_that_is_no_longer_open_is_begun_anew(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    service.refuse = lambda _: httpx.Response(500)
    with pytest.raises(CloudError):
        sender(service, film, tmp_path / "state").run()
    service.state, service.refuse = "expired", lambda _: None
    sender(service, film, tmp_path / "state").run()
    assert len(service.created) == 2


def test_a_changed_file_is_another_upload(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    service.refuse = lambda _: httpx.Response(500)
    with pytest.raises(CloudError):
        sender(service, film, tmp_path / "state").run()
    film.write_bytes(b"y" * 5120)
    service.refuse = lambda _: None
    sender(service, film, tmp_path / "state").run()
    assert len(service.created) == 2


def test_an_expired_url_is_signed_again(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    refused: list[int] = []

    def once(number: int) -> httpx.Response | None:
        if number == 1 and not refused:
            refused.append(number)
            return httpx.Response(403)
        return None

    service.refuse = once
    sender(service, film, tmp_path / "state").run()
    assert 1 in service.signed
    assert set(service.stored) == {1, 2, 3, 4, 5, 6}


def test_progress_ends_at_the_whole_file(film: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    service = Service(film.stat().st_size)
    sender(
        service, film, tmp_path / "state", progress=lambda done, total: told.append((done, total))
    ).run()
    assert told[0] == (0, 5120)
    assert told[-1] == (5120, 5120)


def test_an_empty_file_is_refused_before_anything_is_created(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    service = Service(1)
    with pytest.raises(CloudError, match="is empty"):
        sender(service, empty, tmp_path / "state").run()
    assert service.created == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match=r"nowhere\.mp4 cannot be read"):
        sender(Service(1), tmp_path / "nowhere.mp4", tmp_path / "state").run()


def test_parts_cover_the_file_without_gap_or_overlap() -> None:
    parts = Parts.of(2501, 1000, 3)
    assert [(s.start, s.size) for s in parts.wanted.values()] == [
        (0, 1000),
        (1000, 1000),
        (2000, 501),
    ]
    with pytest.raises(ValueError, match="do not make"):
        Parts.of(2501, 1000, 2)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.MKV", "video/x-matroska"), ("a.mp4", "video/mp4"), ("a", "application/octet-stream")],
)
def test_the_media_type_comes_from_the_name(name: str, kind: str) -> None:
    assert content_type(Path(name)) == kind
