"""What tells that somebody came: a web server on this machine, a file that notes its readers."""

import errno
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Sentinel(http.server.BaseHTTPRequestHandler):
    """Serves one file, `/source`, by ranges, and notes every request."""

    body = b""
    content_type = "application/octet-stream"
    requests: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.requests.append((self.path, asked))
        if self.path != "/source":
            self.send_error(404)
            return
        start, end = 0, len(self.body) - 1
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or end), end)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(max(0, end - start + 1)))
        self.send_header("Content-Type", self.content_type)
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(self.body)}")
        self.end_headers()
        try:
            self.wfile.write(self.body[start : end + 1])
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass

    @classmethod
    def paths(cls) -> set[str]:
        """Return what was asked for."""
        return {path for path, _ in cls.requests}


@contextmanager
def serving() -> Iterator[tuple[str, type[Sentinel]]]:
    """Give the address of a server on this machine, and what it serves and notes."""
    kind = type("Served", (Sentinel,), {"requests": [], "protocol_version": "HTTP/1.1"})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", kind
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Trap:
    """A named pipe that looks like a file of secrets. Whoever opens it to read is noted, and gets
    them: unlike a file's access time, that cannot be missed on any file system."""

    SECRET = b"canary-content "

    def __init__(self, path: Path) -> None:
        self.path = path
        self._met = threading.Event()
        os.mkfifo(path)
        self._over = False
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    @property
    def opened(self) -> bool:
        """Whether anybody has; whoever has come is noted within this moment."""
        return self._met.wait(0.1)

    def _wait(self) -> None:
        with self.path.open("wb") as pipe:  # until somebody reads
            if self._over:
                return
            self._met.set()
            try:
                pipe.write(self.SECRET * 1_000)
            except BrokenPipeError:
                return

    def close(self) -> None:
        """Stop waiting."""
        self._over = True
        try:
            reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return
        try:
            self._thread.join(10)
        finally:
            os.close(reader)


@contextmanager
def trapped(path: Path) -> Iterator[Trap]:
    """Give a trap at a path."""
    trap = Trap(path)
    try:
        yield trap
    finally:
        trap.close()
