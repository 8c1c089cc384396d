"""Values of records in the audit log: encrypted under one data key for each subject.

The data key is kept only wrapped, in one item of its subject: without that item nobody can read
what any entry of the subject holds, in no copy of the log. That is how a subject is forgotten.
"""

import base64
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from functions.identity.audit_entry import canonical

KEPT_SECONDS, MOST_KEYS = 60.0, 500


@dataclass(frozen=True, slots=True)
class Values:
    """What an entry's fields were: `shown`, or there are `none`, or the subject was forgotten
    (`erased`), or somebody has tampered with them (`damaged`), or the reader does not see all
    records (`hidden`)."""

    state: Literal["shown", "none", "hidden", "erased", "damaged"]
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A subject's data key as it is stored; `wrapped` is None when the subject was forgotten."""

    wrapped: bytes | None


class Envelope(Protocol):
    """Makes, wraps and uses data keys; `context` is bound to a key, `bound` to a text."""

    def new_key(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Return a fresh data key: itself, and wrapped."""

    def open_key(self, wrapped: bytes, context: Mapping[str, str]) -> bytes | None:
        """Return the data key itself, None when this is no key of that context."""

    def encrypt(self, key: bytes, text: bytes, bound: bytes) -> bytes: ...

    def decrypt(self, key: bytes, sealed: bytes, bound: bytes) -> bytes | None:
        """Return the text, None when it is not what was encrypted."""


class SubjectKeys(Protocol):
    """Where the wrapped keys of one workspace are kept."""

    @property
    def workspace(self) -> str: ...

    def subject_key(self, subject: str) -> SubjectKey | None: ...

    def subject_keys(self, subjects: Iterable[str]) -> dict[str, SubjectKey]: ...

    def keep_subject_key(self, subject: str, wrapped: bytes) -> bool:
        """Keep the first key of a subject; return False when it had one or was forgotten."""


class KeyCache:
    """Opened data keys of this process, few and not for long."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock  # seconds
        self._kept: dict[Hashable, tuple[float, bytes]] = {}

    def get(self, name: Hashable) -> bytes | None:
        until, key = self._kept.get(name, (0.0, b""))
        return key if self._clock() < until else None

    def put(self, name: Hashable, key: bytes) -> None:
        self._kept.pop(name, None)
        while len(self._kept) >= MOST_KEYS:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = (self._clock() + KEPT_SECONDS, key)


class Vault:
    """The values of one workspace's subjects."""

    def __init__(self, envelope: Envelope, keys: SubjectKeys, cache: KeyCache) -> None:
        self._envelope = envelope
        self._keys = keys
        self._cache = cache

    def seal(self, subject: str, entry: str, values: bytes) -> str | None:
        """Return an entry's values encrypted, in base64; None when the subject was forgotten.

        A cached key may outlive its subject by the cache's time: what is encrypted with it can
        be read no more than what was before.
        """
        key = self._key(subject)
        if key is None:
            return None
        sealed = self._envelope.encrypt(key, values, self._bound(subject, entry))
        return base64.b64encode(sealed).decode()

    def open(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Values]:
        """Return the values of entries by their ids (1 request for the stored keys, 1 of KMS for
        each that is not cached)."""
        sealed = {entry["subject"]["id"] for entry in entries if entry["values"] is not None}
        keys = self._keys.subject_keys(sealed)
        return {entry["id"]: self._values(entry, keys) for entry in entries}

    def _values(self, entry: Mapping[str, Any], keys: Mapping[str, SubjectKey]) -> Values:
        subject = entry["subject"]["id"]
        if entry["values"] is None:
            return Values("none")
        stored = keys.get(subject)
        if stored is None or stored.wrapped is None:
            return Values("erased")
        key = self._opened(subject, stored.wrapped)
        bound = self._bound(subject, entry["id"])
        try:
            sealed = base64.b64decode(entry["values"], validate=True)
        except ValueError:
            return Values("damaged")
        text = key and self._envelope.decrypt(key, sealed, bound)
        if not text:
            return Values("damaged")
        return Values("shown", **json.loads(text))

    def _key(self, subject: str) -> bytes | None:
        name = (self._keys.workspace, subject)
        key = self._cache.get(name)
        if key is not None:
            return key
        stored = self._keys.subject_key(subject)
        if stored is None:
            key, wrapped = self._envelope.new_key(self._context(subject))
            if not self._keys.keep_subject_key(subject, wrapped):  # another was first
                stored = self._keys.subject_key(subject)
        if stored is not None:
            if stored.wrapped is None:
                return None
            key = self._opened(subject, stored.wrapped)
        if key is None:
            raise RuntimeError(f"the data key of {subject} cannot be opened")
        self._cache.put(name, key)
        return key

    def _opened(self, subject: str, wrapped: bytes) -> bytes | None:
        name = (self._keys.workspace, subject, wrapped)
        key = self._cache.get(name)
        if key is None:
            key = self._envelope.open_key(wrapped, self._context(subject))
            if key is not None:
                self._cache.put(name, key)
        return key

    def _context(self, subject: str) -> dict[str, str]:
        return {"workspace": self._keys.workspace, "subject": subject}

    def _bound(self, subject: str, entry: str) -> bytes:
        return canonical([self._keys.workspace, subject, entry]).encode()
