"""moto's account for another process: a server that passes AWS requests on to this one's moto."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

# The scope of a signature names the service: AKID/day/region/service/aws4_request.
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_HOPS = {"host", "connection", "expect", "transfer-encoding", "content-encoding"}


@contextmanager
def served_account() -> Iterator[str]:
    """Give the address that another process names as AWS_ENDPOINT_URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            region, service = _SCOPE.search(self.headers["Authorization"]).groups()  # type: ignore[union-attr]
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                return  # its sender was killed meanwhile, and AWS takes nothing of it either
            reply = requests.request(
                self.command,
                f"https://{service}.{region}.amazonaws.com{self.path}",
                headers={k: v for k, v in self.headers.items() if k.lower() not in _HOPS},
                data=body,
                timeout=30,
            )
            self.send_response(reply.status_code)
            for name, value in reply.headers.items():
                if name.lower() not in _HOPS | {"content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.content)))
            with suppress(ConnectionError):  # a client that was killed does not hear us out
                self.end_headers()
                self.wfile.write(reply.content)

        def do_GET(self) -> None:
            self._pass_on()

        def do_PUT(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # when it is closed, all that was under way has been done
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
