"""Which addresses of the caller's choosing we talk to: public ones, over TLS.

Everything here is about what a URL says; what its host's name resolves to is asked, and held
against `is_public`, by whoever connects, at each connection.
"""

import ipaddress
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_URL = 2_048
# They hold an IPv4 address that is reached through them: what it is, their own prefix hides.
_TUNNELS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32",
                                            "2002::/16", "::/96")))  # fmt: skip


class ForbiddenAddressError(Exception):
    """An address that is not ours to talk to; the text says why, to whoever chose it."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL leads to: a host, a port, and what is asked for there (path and query)."""

    secure: bool
    host: str
    port: int
    resource: str
    exempt: bool  # from the rules, by the deployment's own settings

    @classmethod
    def of(cls, url: str, exempt: AbstractSet[str] = frozenset()) -> "Target":
        """Read a URL. `exempt` names `host:port` that no rule applies to, for tests. Raises
        ForbiddenAddressError."""
        if len(url) > MAX_URL or not url.isascii() or any(ord(char) <= 32 for char in url):
            raise ForbiddenAddressError("That is not a URL; encode what is not ASCII in it.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ForbiddenAddressError("That is not a URL.") from error
        if not parts.hostname:
            raise ForbiddenAddressError("The URL names no host.")
        if parts.username is not None or parts.password is not None:
            raise ForbiddenAddressError("A URL must not hold a user's name or password.")
        secure = parts.scheme == "https"
        port = (443 if secure else 80) if port is None else port
        free = f"{parts.hostname}:{port}" in exempt
        if not secure and not (free and parts.scheme == "http"):
            raise ForbiddenAddressError("The URL must begin with https://.")
        resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(secure, parts.hostname, port, resource, free)


def is_public(address: str) -> bool:
    """Say whether an IP address, as a resolver gives it, is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in tunnel for tunnel in _TUNNELS) or ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
