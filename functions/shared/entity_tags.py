"""Strong entity tags: a record's version, or that and the digest of another representation of it.

`"3"` is version 3 as it stands. With `fields`, `expand` or an older `Reelate-Version` the bytes
differ, so the tag does: `"3~9f86d081884c"`. `If-Match` heeds the version alone, whichever
representation the change is based on.
"""

import re

from functions.shared.errors import PreconditionFailedError

_VARIANT = re.compile(r'~[0-9a-f]{12}"')


def variant(etag: str, digest: str) -> str:
    """Return the tag of another representation, whose bytes have this (hexadecimal) digest."""
    return f'{etag[:-1]}~{digest[:12]}"'


def version_only(tags: str) -> str:
    """Return an `If-Match` header without what tells representations apart."""
    return _VARIANT.sub('"', tags)


def named(etag: str, tags: str) -> bool:
    """Say whether `If-None-Match` names this tag; compared weakly (RFC 9110, 13.1.2)."""
    each = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    return each == ["*"] or etag in each


def check_match(etag: str, if_match: str | None) -> None:
    """Raise PreconditionFailedError unless `If-Match` (if given) names this ETag or is `*`."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag not in [tag.strip() for tag in if_match.split(",")]:
        raise PreconditionFailedError("The record has changed since you read it.")
