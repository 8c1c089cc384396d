"""A server of files on this machine, with byte ranges and with faults."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]
# (path, first byte wanted) -> status, headers; None for the file itself
Fault = Callable[[str, int], tuple[int, Headers] | None]


@dataclass
class Files:
    """What the server gives, and what it was asked for."""

    data: bytes = b""
    etag: str = '"one"'
    asked: list[tuple[str, int, int]] = field(default_factory=list)  # path, first, last
    hosts: list[str] = field(default_factory=list)
    fault: Fault = lambda _path, _first: None
    ranges: bool = True
    break_at: int | None = None  # bytes of a reply after which the connection ends
    port: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/call.mp4") -> str:
        return f"http://{self.place}{path}"


@contextmanager
def serving(files: Files) -> Iterator[Files]:
    """Serve files on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            size = len(files.data)
            first, last = (int(found[1]), int(found[2])) if found else (0, size - 1)
            files.asked.append((self.path, first, last))
            files.hosts.append(self.headers.get("Host", ""))
            refused = files.fault(self.path, first)
            if refused is not None:
                self._head(refused[0], {**refused[1], "Content-Length": "0"})
                return
            same = self.headers.get("If-Range", files.etag) == files.etag
            if found and files.ranges and same:
                if first >= size:
                    self._head(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
                    return
                last = min(last, size - 1)
                body, status = files.data[first : last + 1], 206
                more = {"Content-Range": f"bytes {first}-{last}/{size}"}
            else:
                body, status, more = files.data, 200, {}
            kind = {"Content-Type": "video/mp4; codecs=avc1", "ETag": files.etag}
            self._head(status, {**kind, **more, "Content-Length": str(len(body))})
            with suppress(ConnectionError):  # a client need not hear us out
                self.wfile.write(body[: files.break_at])
            self.close_connection = True

        def _head(self, status: int, headers: Headers) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    files.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
