"""Uploading in parts, against an API and a store that live in memory."""

import base64
import hashlib
import json
import threading
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
SUM = "x-amz-checksum-sha256"


class Service:
    """The video API and its object store, as one HTTP handler each."""

    def __init__(self, size: int) -> None:
        self.count = -(-size // PART)
        self.created: list[dict[str, Any]] = []
        self.stored: dict[int, bytes] = {}
        self.completed: list[dict[str, Any]] | None = None
        self.signed: list[int] = []
        self.asked: list[int] = []
        self.state = "waiting"
        self.refuse: Callable[[int], httpx.Response | None] = lambda _: None
        self.puts: list[int] = []
        self.lost_complete = False
        self.other_file = False  # what has arrived is not what was sent

    def url(self, number: int, checksum: str) -> dict[str, Any]:
        """Return an address that is bound to a checksum."""
        headers = {SUM: checksum}
        return {"part_number": number, "url": f"{STORE}/part/{number}", "headers": headers}

    def composite(self) -> str:
        digests = [hashlib.sha256(self.stored[number]).digest() for number in sorted(self.stored)]
        if self.other_file:
            digests.append(b"")
        whole = hashlib.sha256(b"".join(digests)).digest()
        return f"{base64.b64encode(whole).decode()}-{len(digests)}"

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
                        "parts": [self.url(1, body["sha256"])] if "sha256" in body else [],
                    },
                },
            )
        if path == "/v1/videos/vid_1":
            return httpx.Response(200, json={"id": "vid_1", "state": self.state})
        if path == "/v1/videos/vid_1/parts" and request.method == "POST":
            self.signed += body["part_numbers"]
            self.asked.append(len(body["part_numbers"]))
            wanted = zip(body["part_numbers"], body["sha256"], strict=True)
            return httpx.Response(200, json={"data": [self.url(*each) for each in wanted]})
        if path == "/v1/videos/vid_1/parts":
            listed = [
                {"part_number": n, "size_bytes": len(data), "etag": f"{n}", "sha256": summed(data)}
                for n, data in sorted(self.stored.items())
                if "sha256" not in self.created[-1]  # of a single PUT there are no parts
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
            return httpx.Response(200, json={"id": "vid_1", "upload": {"sha256": self.composite()}})
        return httpx.Response(404, json={"detail": path})

    def store(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.rpartition("/")[2])
        refusal = self.refuse(number)
        if refusal is not None:
            return refusal
        data = request.read()
        if request.headers[SUM] != summed(data):
            return httpx.Response(400, text="BadDigest")
        self.puts.append(number)
        self.stored[number] = data
        return httpx.Response(200, headers={"ETag": f'"{number}"'})


def summed(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


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
    monkeypatch.setattr(upload_module, "SINGLE_BYTES", PART)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "film.mp4"
    file.write_bytes(bytes(range(256)) * 20)  # 5,120 bytes: five parts of 1,000 and one of 120
    return file


def test_every_byte_arrives_once_and_in_its_part(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    assert sender(service, film, tmp_path / "state").run() == "vid_1"
    assert b"".join(service.stored[n] for n in sorted(service.stored)) == film.read_bytes()
    assert service.completed == [
        {"part_number": n, "etag": f"{n}", "sha256": summed(service.stored[n])} for n in range(1, 7)
    ]
    assert service.created[0]["checksums"] == "sha256"
    assert service.created[0]["size_bytes"] == 5120
    assert service.created[0]["content_type"] == "video/mp4"


def test_addresses_are_asked_for_together_a_few_parts_ahead(film: Path, tmp_path: Path) -> None:
    film.write_bytes(bytes(PART * 19))
    service = Service(film.stat().st_size)
    sender(service, film, tmp_path / "state").run()
    assert service.signed == list(range(1, 20))
    assert service.asked == [8, 8, 3]


def test_an_interrupted_upload_goes_on_with_the_missing_parts_only(
    film: Path, tmp_path: Path
) -> None:
    service = Service(film.stat().st_size)
    service.refuse = lambda n: httpx.Response(500) if n > 3 else None
    with pytest.raises(CloudError, match="did not get through"):
        sender(service, film, tmp_path / "state").run()
    assert set(service.stored) == {1, 2, 3}
    service.refuse = lambda _: None
    service.state = "uploading"
    assert sender(service, film, tmp_path / "state").run() == "vid_1"
    assert len(service.created) == 1
    assert sorted(service.puts) == [1, 2, 3, 4, 5, 6]
    assert service.completed is not None
    assert len(service.completed) == 6


def test_a_part_on_its_way_arrives_though_another_does_not(film: Path, tmp_path: Path) -> None:
    """Part 3 is slow: it is not given up when part 4 is."""
    service = Service(film.stat().st_size)
    tried: list[int] = []
    given_up = threading.Event()

    def refuse(number: int) -> httpx.Response | None:
        if number == 4:
            tried.append(number)
            if len(tried) == upload_module.ATTEMPTS:
                given_up.set()
            return httpx.Response(500)
        if number == 3:
            assert given_up.wait(30)
        return None

    service.refuse = refuse
    with pytest.raises(CloudError, match="Part 4 did not get through"):
        sender(service, film, tmp_path / "state").run()
    assert 3 in service.stored


def test_a_part_that_is_not_the_file_s_travels_again(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    service.refuse = lambda n: httpx.Response(500) if n > 2 else None
    with pytest.raises(CloudError):
        sender(service, film, tmp_path / "state").run()
    service.stored[2] = bytes(PART)
    service.refuse = lambda _: None
    sender(service, film, tmp_path / "state").run()
    assert sorted(service.puts) == [1, 2, 2, 3, 4, 5, 6]
    assert b"".join(service.stored[n] for n in sorted(service.stored)) == film.read_bytes()


def test_a_file_of_one_part_comes_in_a_single_put(film: Path, tmp_path: Path) -> None:
    film.write_bytes(b"small")
    service = Service(5)
    assert sender(service, film, tmp_path / "state").run() == "vid_1"
    assert service.created[0]["sha256"] == summed(b"small")
    assert (service.stored, service.completed, service.signed) == ({1: b"small"}, [], [])


def test_a_single_put_whose_reply_was_lost_is_not_made_again(film: Path, tmp_path: Path) -> None:
    film.write_bytes(b"small")
    service = Service(5)
    service.refuse = lambda _: httpx.Response(500)
    with pytest.raises(CloudError):
        sender(service, film, tmp_path / "state").run()
    service.stored, service.refuse = {1: b"small"}, lambda _: httpx.Response(412)
    assert sender(service, film, tmp_path / "state").run() == "vid_1"
    assert (len(service.created), service.signed, service.puts) == (1, [1], [])


def test_what_arrived_is_held_against_the_file(film: Path, tmp_path: Path) -> None:
    service = Service(film.stat().st_size)
    service.other_file = True
    with pytest.raises(CloudError, match="is not"):
        sender(service, film, tmp_path / "state").run()


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
