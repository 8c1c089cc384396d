"""The policy table: which role may do what, and whose records it sees. Data, so that tests and
documents can read it."""

from collections.abc import Iterable
from typing import Literal

Visibility = Literal["own", "team", "all"]

RECORDS = (
    "contacts", "companies", "deals", "leads", "activities", "products", "videos", "associations",
)  # fmt: skip
# What is done with many records at once; it needs the scopes of their type as well.
EXCHANGE = ("imports", "exports", "merges")
ADMINISTRATION = ("api_keys", "clients", "members", "roles", "teams")


def _scopes(resources: Iterable[str], *acts: str) -> frozenset[str]:
    return frozenset(f"{resource}:{act}" for resource in resources for act in acts)


_READ = _scopes((*RECORDS, "pipelines", "association_labels", "views"), "read")
# A view is its maker's, so whoever writes records may make some (`functions.crm.views`).
_WRITE = _scopes((*RECORDS, "views"), "write", "delete")
# What can be purged: an association goes with its ends.
_PURGED = tuple(each for each in RECORDS if each != "associations")
# What an admin arranges for the CRM's records: everybody may know it.
SETUP = ("fields", "lead_rules", "automations")
_ARRANGED = _scopes(SETUP, "read")
_PEOPLE = _scopes(("members", "roles", "teams"), "read")

ROLES: dict[str, frozenset[str]] = {
    "admin": _READ
    | _WRITE
    | _scopes(_PURGED, "purge")
    | _scopes((*ADMINISTRATION, *SETUP), "read", "write", "delete")
    | _scopes(("workspace", "pipelines"), "read", "write")
    | _scopes(("association_labels",), "write", "delete")
    | _scopes(EXCHANGE, "read", "write")
    | _scopes(("audit", "usage"), "read"),
    "manager": _READ
    | _WRITE
    | _PEOPLE
    | _ARRANGED
    | _scopes(("teams",), "write", "delete")
    | _scopes(("pipelines",), "write")
    | _scopes(("association_labels",), "write", "delete")
    | _scopes(EXCHANGE, "read", "write")
    | _scopes(("workspace", "audit", "usage"), "read"),
    "rep": _READ | _WRITE | _PEOPLE | _ARRANGED | _scopes(EXCHANGE, "read", "write"),
    "viewer": _READ | _PEOPLE | _ARRANGED,
}

# Whose records a built-in role sees; a custom role chooses.
VISIBILITY: dict[str, Visibility] = dict.fromkeys(ROLES, "all")

SCOPES = ROLES["admin"]


def effective(role: str, granted: Iterable[str] | None) -> frozenset[str]:
    """Return what a credential may do: its role's scopes, narrowed by the scopes it was
    granted (None: not narrowed). An unknown role may do nothing."""
    allowed = ROLES.get(role, frozenset())
    return allowed if granted is None else allowed & frozenset(granted)
