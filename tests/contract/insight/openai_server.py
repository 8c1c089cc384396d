"""An OpenAI-compatible server on 127.0.0.1 that does what a test tells it, faults included."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.unit.insight.factories import recorded, recorded_bytes


@dataclass(frozen=True)
class Act:
    """One reply. `pieces` go out one by one; between two of them the server waits `pause`
    seconds or until the test ends. `hang` answers nothing at all, `cut` breaks off half-way."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()
    pause: float = 0.0
    hang: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> list[tuple[str, str | bytes]]:
        """Fields of a multipart form in order; the file as its bytes."""
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        fields: list[tuple[str, str | bytes]] = []
        for part in BytesParser().parsebytes(head + self.body).get_payload():
            name = part.get_param("name", header="content-disposition")
            value = part.get_payload(decode=True)
            fields.append((name, value if part.get_filename() else value.decode()))
        return fields


class FakeOpenAI:
    """Acts in order, the last one for ever; `asked` has every request."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self.url = ""

    def will(self, *acts: Act) -> "FakeOpenAI":
        """Set what happens from now on."""
        self.acts = list(acts)
        return self

    def next_act(self) -> Act:
        return self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]


def says(name: str, **changes: Any) -> Act:
    """A recorded payload, with top-level fields replaced."""
    if not changes:
        return Act(body=recorded_bytes(name))
    return Act(body=json.dumps(recorded(name) | changes).encode())


def chat(content: str | None, *, finish_reason: str = "stop", **message: Any) -> Act:
    """A chat completion with this content."""
    payload = recorded("openai_chat.json")
    payload["choices"][0]["message"] |= {"content": content, **message}
    payload["choices"][0]["finish_reason"] = finish_reason
    return Act(body=json.dumps(payload).encode())


def fault(status: int, code: str | None = None, **headers: str) -> Act:
    """An error as OpenAI's API gives it."""
    error = {"message": "secret words of a customer", "type": "server_error", "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Act(status, json.dumps({"error": error}).encode(), named)


@contextmanager
def running() -> Iterator[FakeOpenAI]:
    """Serve until the block ends; hanging replies are let go then."""
    fake = FakeOpenAI()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            fake.asked.append(Asked(self.path, self.headers, self.rfile.read(size)))
            act = fake.next_act()
            if act.hang:
                fake.over.wait(30)
                return
            pieces = act.pieces or (act.body,)
            total = sum(map(len, pieces)) + (1_000 if act.cut else 0)
            self.send_response(act.status)
            for name, value in {"content-length": str(total), **act.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in pieces:
                try:
                    self.wfile.write(piece)
                    self.wfile.flush()
                except OSError:
                    break  # the client has had enough
                if act.pause and fake.over.wait(act.pause):
                    break
            if act.cut or act.pause:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that hangs up early is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
