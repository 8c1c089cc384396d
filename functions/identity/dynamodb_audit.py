"""The audit log in the platform table: entries are put, never changed, never deleted.

    pattern                 requests                                        units (1 KB entry)
    append an entry         1 TransactWriteItems, 4 or 5 puts               2 WRU a put
    page, newest first      1 Query (+ 1 BatchGetItem by actor, subject)    0.5 RRU per 4 KB, entry
    a subject's data key    1 GetItem, when new also 1 PutItem              1 RRU, 1 WRU
    note an hour            1 PutItem an hour, workspace and process        1 WRU
    entries of an hour      1 Query per MB                                  1 RRU per 4 KB
    hours to seal           1 Query                                         1 RRU per 4 KB

    entry     pk W#<workspace>#AUDIT#0              sk <recorded_at>#<event>   its text
    marker    pk W#<workspace>#AUDIT#E#<event>      sk ENTRY      an event is entered once
    by actor  pk W#<workspace>#AUDIT#A#<actor>      sk as the entry's: where to find it
    subject   pk W#<workspace>#AUDIT#S#<subject>    sk as the entry's, and its actors
    seal      pk W#<workspace>#AUDIT#SEALS          sk <hour>     digest of the hour's seal
    data key  pk W#<workspace>#AUDITKEY#<subject>   sk AUDITKEY   wrapped, or when it was erased
    hour      pk W#SYSTEM#AUDIT#HOURS               sk <hour>#<workspace>   has entries to seal
    head      pk W#SYSTEM#AUDIT#HEAD                sk HEAD       the hour that all is sealed up to

An entry lies in one place; by actor and by subject there are only its positions, so no copy of it
can say something else. The `0` is a shard: one until a workspace writes a thousand a second.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from functions.identity.audit_entry import Entry
from functions.identity.audit_vault import SubjectKey
from functions.shared.audit import key_of
from functions.shared.table import ConditionFailedError, DynamoClient, Item, Put, Table

_NEW = "attribute_not_exists(pk)"
_POSITIONS = 1_000  # read at most for one page by subject and actor: 100 bytes each
_NOTED_SECONDS = 90 * 86_400
_FIRST, _LAST = "0", "~"  # before and after every position


@dataclass(frozen=True, slots=True)
class Found:
    """One page of entries' texts, newest first, and the position to go on from."""

    texts: list[str]
    position: str | None


class AuditLog:
    """One workspace's audit log."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def workspace(self) -> str:
        return self._table.workspace

    def append(self, entry: Entry) -> bool:
        """Enter an act; return False when its event was entered before: then nothing changes."""
        marker = {"pk": self._table.key("AUDIT", "E", entry.id), "sk": "ENTRY"}
        puts = [
            Put({**marker, "position": entry.position}, _NEW),
            Put({"pk": self._entries, "sk": entry.position, "entry": entry.text}, _NEW),
            Put({**self._of_subject(entry), "actors": list(entry.actors)}, _NEW),
            *(Put(self._of_actor(actor, entry), _NEW) for actor in entry.actors),
        ]
        try:
            self._table.transact(puts)
        except ConditionFailedError as error:
            if 0 not in error.failed:
                raise
            return False
        return True

    def page(
        self,
        *,
        limit: int,
        actor: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        until: str | None = None,
        start: str | None = None,
    ) -> Found:
        """Return up to `limit` entries of which all that is given holds, recorded from `since` to
        before `until` (RFC 3339, in our own form), from after the position `start` on.

        A page by actor and subject may hold less though there are more: it looks at a bounded
        number of the subject's.
        """
        bounds = (since or _FIRST, until or _LAST)
        if actor is None and subject is None:
            pk, most = self._entries, limit
        elif subject is None:
            pk, most = self._table.key("AUDIT", "A", str(actor)), limit
        else:
            pk, most = (
                self._table.key("AUDIT", "S", subject),
                limit if actor is None else _POSITIONS,
            )
        found = self._table.query(
            pk,
            between=bounds,
            limit=most,
            newest_first=True,
            start=None if start is None else {"pk": pk, "sk": start},
            consistent=True,
        )
        if pk == self._entries:
            texts = [item["entry"] for item in found.items]
            return Found(texts, found.last_key["sk"] if found.last_key else None)
        chosen = [
            item["sk"]
            for item in found.items
            if actor is None or subject is None or actor in item["actors"]
        ]
        last = found.last_key["sk"] if found.last_key else None
        if len(chosen) > limit:
            chosen = chosen[:limit]
            last = chosen[-1]
        return Found(self._texts(chosen), last)

    def subject_key(self, subject: str) -> SubjectKey | None:
        """Return a subject's wrapped data key, None when it has none yet."""
        key = key_of(self.workspace, subject)
        item = self._table.get(key["pk"], key["sk"], consistent=True)
        return SubjectKey(item.get("wrapped")) if item else None

    def subject_keys(self, subjects: Iterable[str]) -> dict[str, SubjectKey]:
        """Return the wrapped data keys of up to 100 subjects that have one."""
        keys = {
            (key["pk"], key["sk"]): subject
            for subject in subjects
            for key in [key_of(self.workspace, subject)]
        }
        found = self._table.get_many(list(keys), consistent=True)
        return {keys[place]: SubjectKey(item.get("wrapped")) for place, item in found.items()}

    def keep_subject_key(self, subject: str, wrapped: bytes) -> bool:
        """Keep the first key of a subject; return False when it had one or was forgotten."""
        item = {**key_of(self.workspace, subject), "wrapped": wrapped}
        return self._table.try_write(Put(item, _NEW))

    def entries(self, hour: str) -> Iterator[tuple[str, str]]:
        """Yield (position, text) of every entry recorded in an hour, in order."""
        for item in self._table.items(self._entries, begins_with=f"{hour}:", consistent=True):
            yield item["sk"], item["entry"]

    def seal_before(self, hour: str) -> tuple[str, str] | None:
        """Return the last sealed hour before this one, and its digest; None when there is none."""
        page = self._table.query(
            self._table.key("AUDIT", "SEALS"),
            between=(_FIRST, hour),
            limit=2,  # the hour's own comes first, if it is there
            newest_first=True,
            consistent=True,
        )
        earlier = (item for item in page.items if item["sk"] < hour)
        return next(((item["sk"], item["digest"]) for item in earlier), None)

    def seal(self, hour: str) -> str | None:
        """Return the digest of an hour's seal, None when the hour is not sealed."""
        item = self._table.get(self._table.key("AUDIT", "SEALS"), hour, consistent=True)
        return item["digest"] if item else None

    def keep_seal(self, hour: str, digest: str) -> None:
        """Note that an hour is sealed; a note that is there stays."""
        item = {"pk": self._table.key("AUDIT", "SEALS"), "sk": hour, "digest": digest}
        self._table.try_write(Put(item, _NEW))

    @property
    def _entries(self) -> str:
        return self._table.key("AUDIT", "0")

    def _of_actor(self, actor: str, entry: Entry) -> Item:
        return {"pk": self._table.key("AUDIT", "A", actor), "sk": entry.position}

    def _of_subject(self, entry: Entry) -> Item:
        return {"pk": self._table.key("AUDIT", "S", entry.subject), "sk": entry.position}

    def _texts(self, positions: Sequence[str]) -> list[str]:
        keys = [(self._entries, position) for position in positions]
        found = self._table.get_many(keys, consistent=True) if keys else {}
        return [found[key]["entry"] for key in keys if key in found]


class AuditHours:
    """What is to be sealed, of all workspaces: read by λ identity/seal_audit alone."""

    def __init__(self, client: DynamoClient, table: str) -> None:
        self._table = Table(client, table, "SYSTEM")

    def note(self, hour: str, workspace: str, at_epoch: int) -> None:
        """Note that a workspace has entries in an hour, before the first of them is written."""
        expiry = at_epoch + _NOTED_SECONDS
        item = {"pk": self._hours, "sk": f"{hour}#{workspace}", "expires_at_epoch": expiry}
        self._table.try_write(Put(item, _NEW))

    def head(self) -> str | None:
        """Return the hour that all workspaces are sealed up to, itself included."""
        item = self._table.get(self._table.key("AUDIT", "HEAD"), "HEAD", consistent=True)
        return item["hour"] if item else None

    def advance(self, hour: str) -> None:
        """Move the head forward; it never goes back."""
        item = {"pk": self._table.key("AUDIT", "HEAD"), "sk": "HEAD", "hour": hour}
        forward = f"{_NEW} OR #hour < :hour"
        self._table.try_write(Put(item, forward, {"#hour": "hour"}, {":hour": hour}))

    def noted(self, after: str | None, until: str) -> Iterator[tuple[str, str]]:
        """Yield (hour, workspace) of the hours after `after` and up to `until`, in order."""
        lower = _FIRST if after is None else f"{after}{_LAST}"
        bounds = (lower, f"{until}{_LAST}")
        if bounds[0] >= bounds[1]:
            return
        for item in self._table.items(self._hours, between=bounds, consistent=True):
            hour, _, workspace = item["sk"].partition("#")
            yield hour, workspace

    @property
    def _hours(self) -> str:
        return self._table.key("AUDIT", "HOURS")
