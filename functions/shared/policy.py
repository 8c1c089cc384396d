"""The policy table: which role may do what. Data, so that tests and documents can read it."""

from collections.abc import Iterable

RESOURCES = ("contacts", "companies", "deals", "notes", "videos")

_READ = frozenset(f"{resource}:read" for resource in RESOURCES)
_WRITE = frozenset(f"{resource}:{act}" for resource in RESOURCES for act in ("write", "delete"))
_KEYS = frozenset({"api_keys:read", "api_keys:write", "api_keys:delete"})

ROLES: dict[str, frozenset[str]] = {
    "admin": _READ | _WRITE | _KEYS,
    "rep": _READ | _WRITE,
    "viewer": _READ,
}

SCOPES = ROLES["admin"]


def effective(role: str, granted: Iterable[str] | None) -> frozenset[str]:
    """Return what a credential may do: its role's scopes, narrowed by the scopes it was
    granted (None: not narrowed). An unknown role may do nothing."""
    allowed = ROLES.get(role, frozenset())
    return allowed if granted is None else allowed & frozenset(granted)
