"""GET from addresses of the caller's choosing, without being led anywhere else.

A host's name is resolved once for each connection; every address that it has must be public; the
connection goes to the very address that was looked at, with TLS for the host's name. A redirect is
another address: it is held against the same rules. No proxy and no environment has a say.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from functions.shared.public_addresses import ForbiddenAddressError, Target, is_public

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# host, port -> the addresses that its name has now
Resolve = Callable[[str, int], list[str]]


class UnreachableError(Exception):
    """The host does not exist, does not answer, or does not speak HTTP; another try may help."""


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a host, asked of the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class PinnedHttp:
    """GET requests, each over a connection of its own. `exempt` as `Target.of` takes it."""

    def __init__(
        self,
        *,
        exempt: AbstractSet[str] = frozenset(),
        resolve: Resolve = resolved,
        timeout_s: float = 10,
        authorities: Path | None = None,
    ) -> None:
        self._exempt = exempt
        self._resolve = resolve
        self._timeout_s = timeout_s  # for a connection, and for each read
        self._authorities = authorities  # whom to trust; the system's when left out

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[http.client.HTTPResponse]:
        """Give the reply that a URL, or where it redirects to, has. Raises ForbiddenAddressError
        and, also while the reply is read, UnreachableError."""
        for _ in range(MAX_REDIRECTS + 1):
            target = Target.of(url, self._exempt)
            try:
                connection = self._connect(target)
                try:
                    connection.request("GET", target.resource, headers=dict(headers))
                    with connection.getresponse() as reply:
                        onward = reply.headers.get("Location")
                        if reply.status not in _REDIRECTS or not onward:
                            yield reply
                            return
                    url = urljoin(url, onward)
                finally:
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                raise UnreachableError(type(error).__name__) from error
        raise ForbiddenAddressError("The URL redirects too often.")

    def _connect(self, target: Target) -> http.client.HTTPConnection:
        address = self._address(target)
        stream = socket.create_connection((address, target.port), self._timeout_s)
        connection = http.client.HTTPConnection(target.host, target.port, timeout=self._timeout_s)
        if target.secure:
            try:
                stream = self._trust().wrap_socket(stream, server_hostname=target.host)
            except BaseException:
                stream.close()
                raise
            connection.default_port = 443  # so that Host names no port where it is the usual one
        connection.sock = stream
        return connection

    def _address(self, target: Target) -> str:
        try:
            addresses = self._resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise UnreachableError("The host's name is not known.") from error
        if not addresses:
            raise UnreachableError("The host has no address.")
        if not target.exempt and not all(map(is_public, addresses)):
            raise ForbiddenAddressError("The host is not one of the public internet.")
        return addresses[0]

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(
            cafile=str(self._authorities) if self._authorities else None
        )


__all__ = ["ForbiddenAddressError", "PinnedHttp", "UnreachableError", "resolved"]
