"""Dated versions of the API, and the older shapes that are kept alive.

The code knows one shape, the newest. A version that changed a shape says, for each operation it
changed, how to make the older reply of a newer one (and a newer body of an older one); a caller of
an older version gets all those steps between the two, one after the other. Who uses the newest
pays nothing.

    request header `Reelate-Version`  >  the version its credential is pinned to  >  the newest
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from typing import Any

from functions.shared.errors import MalformedError

Json = dict[str, Any]


def same(value: Json) -> Json:
    """The step of a shape that did not change."""
    return value


@dataclass(frozen=True)
class Change:
    """What a version changed of one operation, told backwards: a version older than it has
    `reply` applied to what the operation shows and `body` to what the operation takes.

    In a list and in a batch each record is such a reply or body; `get_contact` and
    `list_contacts` are two operations. `retired` are names that only the older shape has.
    """

    operation: str
    summary: str
    reply: Callable[[Json], Json] = same  # newer to older
    body: Callable[[Json], Json] = same  # older to newer
    retired: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Version:
    """A dated shape of the API. `changes` are those since the version before it."""

    date: str
    summary: str
    changes: tuple[Change, ...] = ()
    deprecated: datetime | None = None
    sunset: datetime | None = None

    @cached_property
    def headers(self) -> dict[str, str]:
        """The reply headers that name this version, and say when it goes."""
        return {"reelate-version": self.date, **farewell(self.deprecated, self.sunset)}


class Ledger:
    """The versions that are served, oldest first."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self.versions = tuple(versions)
        self.newest = self.versions[-1]
        self._known = {each.date: each for each in versions}

    def chosen(self, header: str | None, pinned: str | None) -> Version:
        """Return the version a request is answered in; raises MalformedError, with the list,
        for one that is not served."""
        asked = header if header is not None else pinned
        if asked is None:
            return self.newest
        found = self._known.get(asked)
        if found is None:
            raise MalformedError(
                f"Reelate-Version is one of: {', '.join(self._known)}.", code="unknown_version"
            )
        return found

    def changed_since(self, version: Version, operation: str) -> Sequence[Change]:
        """Return what has become of an operation since a version, oldest first."""
        if version is self.newest:
            return ()
        later = self.versions[self.versions.index(version) + 1 :]
        return [c for each in later for c in each.changes if c.operation == operation]


def older(changes: Sequence[Change], value: Json) -> Json:
    """Return a reply (or record) of the newest shape as it was before `changes`."""
    for change in reversed(changes):
        value = change.reply(value)
    return value


def newer(changes: Sequence[Change], value: Json) -> Json:
    """Return a body of the shape before `changes` as the newest."""
    for change in changes:
        value = change.body(value)
    return value


def farewell(
    deprecated: datetime | None, sunset: datetime | None, successor: str | None = None
) -> dict[str, str]:
    """Return `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and the `Link` that explains them."""
    headers, links = {}, []
    if deprecated is not None:
        headers["deprecation"] = f"@{int(deprecated.timestamp())}"
        links.append('</docs>; rel="deprecation"; type="text/html"')
    if sunset is not None:
        headers["sunset"] = format_datetime(sunset.astimezone(UTC), usegmt=True)
        links.append('</docs>; rel="sunset"; type="text/html"')
    if successor is not None:
        links.append(f'<{successor}>; rel="successor-version"')
    return {**headers, "link": ", ".join(links)} if links else headers


def _flat_actor(me: Json) -> Json:
    actor: Mapping[str, str] = me.pop("actor")
    return {**me, "principal": actor["id"], "kind": actor["type"]}


LEDGER = Ledger(
    [
        Version(
            "2026-11-22",
            "The first version.",
            deprecated=datetime(2026, 11, 23, tzinfo=UTC),
            sunset=datetime(2027, 11, 23, tzinfo=UTC),
        ),
        Version(
            "2026-11-23",
            "Who acts has one shape everywhere.",
            changes=(
                Change(
                    "get_me",
                    "`principal` and `kind` became `actor: {type, id}`, as in `created_by` and "
                    "in events.",
                    reply=_flat_actor,
                    retired=frozenset({"principal", "kind"}),
                ),
            ),
        ),
    ]
)
