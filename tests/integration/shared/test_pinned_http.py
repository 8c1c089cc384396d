"""GET from addresses of a caller's choosing: never from anywhere that is not public."""

import socket
from collections.abc import Iterator

import pytest

from functions.shared.pinned_http import (
    ForbiddenAddressError,
    PinnedHttp,
    UnreachableError,
    resolved,
)
from tests.integration.origin import Files, serving


@pytest.fixture
def files() -> Iterator[Files]:
    with serving(Files(b"the film")) as served:
        yield served


def body(web: PinnedHttp, url: str) -> bytes:
    with web.get(url, {"Range": "bytes=0-99"}) as reply:
        return reply.read()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "0",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "169.254.169.254", "[fe80::1]",
        "10.0.0.1", "192.168.0.1", "[64:ff9b::7f00:1]",
    ],
)  # fmt: skip
def test_no_spelling_of_a_private_address_is_connected_to(files: Files, host: str) -> None:
    with pytest.raises((ForbiddenAddressError, UnreachableError)) as refused:
        body(PinnedHttp(), f"https://{host}:{files.port}/call.mp4")

    # what the resolver does not take for a number is no host at all
    if refused.type is UnreachableError:
        with pytest.raises(socket.gaierror):
            resolved(host.strip("[]"), files.port)
    assert files.asked == []


def test_a_name_with_one_private_address_among_others_is_refused() -> None:
    web = PinnedHttp(resolve=lambda _host, _port: ["93.184.215.14", "10.0.0.1"])

    with pytest.raises(ForbiddenAddressError):
        body(web, "https://media.example/call.mp4")


def test_what_is_connected_to_is_what_was_looked_at(files: Files) -> None:
    """A name whose second answer is private is asked once for a connection, and again for the
    next: that one is refused."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    exempt = PinnedHttp(exempt={f"media.example:{files.port}"}, resolve=resolve)
    strict = PinnedHttp(resolve=resolve)

    assert body(exempt, f"http://media.example:{files.port}/call.mp4") == b"the film"
    assert files.hosts == [f"media.example:{files.port}"]
    with pytest.raises(ForbiddenAddressError):
        body(strict, f"https://media.example:{files.port}/call.mp4")
    assert asked == ["media.example"] * 2
    assert len(files.asked) == 1


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data/", "https://127.0.0.1/", "https://[::1]/x",
        "file:///etc/passwd", "//10.0.0.1/x", "http://127.0.0.1:{other}/",
    ],
)  # fmt: skip
def test_a_redirect_is_an_address_like_any_other(files: Files, to: str) -> None:
    onward = to.replace("{other}", str(files.port + 1))
    files.fault = lambda _path, _first: (302, {"Location": onward})
    web = PinnedHttp(exempt={files.place})

    with pytest.raises(ForbiddenAddressError):
        body(web, files.url())

    assert len(files.asked) == 1


def test_a_redirect_to_where_we_may_go_is_followed(files: Files) -> None:
    files.fault = lambda path, _first: None if path == "/b" else (307, {"Location": "/b"})

    assert body(PinnedHttp(exempt={files.place}), files.url("/a")) == b"the film"
    assert [path for path, _, _ in files.asked] == ["/a", "/b"]


def test_redirects_have_an_end(files: Files) -> None:
    files.fault = lambda _path, _first: (302, {"Location": "/again"})

    with pytest.raises(ForbiddenAddressError, match="too often"):
        body(PinnedHttp(exempt={files.place}), files.url())

    assert len(files.asked) == 6


def test_who_does_not_answer_is_unreachable(files: Files) -> None:
    nobody = f"127.0.0.1:{_free_port()}"

    with pytest.raises(UnreachableError):
        body(PinnedHttp(exempt={nobody}), f"http://{nobody}/")


def test_a_server_without_a_certificate_of_its_name_is_not_trusted(files: Files) -> None:
    with pytest.raises(UnreachableError):
        body(PinnedHttp(exempt={files.place}), f"https://{files.place}/call.mp4")
    assert files.asked == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
