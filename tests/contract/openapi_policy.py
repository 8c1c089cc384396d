"""Who may do what, told in the OpenAPI document: the policy table, each operation's roles, and how
a leaked key is recognised. Generated from the policy that decides."""

from collections.abc import Iterable
from typing import Any

from functions.identity.key_text import PATTERN
from functions.shared.policy import ROLES, SCOPES, VISIBILITY

Json = dict[str, Any]

_KEYS = f"""\

## Keys

A key's text matches the pattern below; give it to your scanner of leaked secrets. All but its last
49 characters is no secret: they hold the ids of its workspace, of the key, and of the member whom
it is bound to, if it is. The last six are the CRC-32 of all before them in base62 (digits, capital,
small letters), so that a scanner can tell a key from noise.

    {PATTERN}

"""


def policy() -> Json:
    """Return the policy table as data."""
    return {
        "roles": {
            role: {"visibility": VISIBILITY[role], "scopes": sorted(scopes)}
            for role, scopes in ROLES.items()
        },
        "key_pattern": PATTERN,
    }


def policy_text() -> str:
    """Return the policy table for people, and the pattern of keys."""
    rows = [
        "| resource | " + " | ".join(ROLES) + " |",
        "|---|" + "---|" * len(ROLES),
        *(
            f"| {resource} | " + " | ".join(_acts(resource, role) for role in ROLES) + " |"
            for resource in dict.fromkeys(scope.split(":")[0] for scope in sorted(SCOPES))
        ),
    ]
    return (
        "\n\n## Roles\n\nA built-in role sees all records and may do this; a custom role is any "
        "part of it, over all records, its teams' or its own (`/v1/roles`).\n\n"
        + "\n".join(rows)
        + "\n"
        + _KEYS
    )


def roles_of(scopes: Iterable[str]) -> list[str]:
    """Return the built-in roles that hold all these scopes."""
    return [role for role in ROLES if set(scopes) <= ROLES[role]]


def _acts(resource: str, role: str) -> str:
    known = ("read", "write", "delete", "purge")
    acts = [act for act in known if f"{resource}:{act}" in ROLES[role]]
    return ", ".join(acts) or "-"
