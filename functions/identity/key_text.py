"""The text of an API key: how it is made, read, and recognised by scanners of leaked secrets.

    rl_live_<workspace>_<key>[_<member>]_<43 random characters><6 of checksum>

Workspace, key and member are ids without their prefix. They are no secret: they say where to
look, so that one request reads everything the authorizer must know, and so that a text found
in public names its key. The 43 characters of base62 hold 256 random bits, so a plain hash of the
text cannot be reversed by guessing. The checksum is a CRC-32 of all before it, in base62: it
keeps nobody out, but it tells a key from noise without a look into a table.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import Literal, get_args

Mode = Literal["live", "test"]

_ID = "[0-9a-hjkmnp-tv-z]{26}"
# What is published for scanners: every key matches, and hardly anything else does.
PATTERN = rf"rl_(?:live|test)(?:_{_ID}){{2,3}}_[0-9A-Za-z]{{49}}"
_TEXT = re.compile(
    rf"rl_(live|test)_({_ID})_({_ID})(?:_({_ID}))?_[0-9A-Za-z]{{43}}([0-9A-Za-z]{{6}})"
)
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET, _CHECKSUM = 43, 6


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key's text and what it names."""

    mode: Mode
    workspace: str
    key_id: str
    member_id: str | None
    text: str = field(repr=False)

    @classmethod
    def fresh(cls, mode: Mode, workspace: str, key_id: str, member_id: str | None) -> "KeyText":
        """Make the text of a new secret."""
        named = [each.partition("_")[2] for each in (workspace, key_id, member_id) if each]
        secret = "".join(secrets.choice(_BASE62) for _ in range(_SECRET))
        body = "_".join(("rl", mode, *named, secret))
        return cls(mode, workspace, key_id, member_id, body + checksum(body))

    @classmethod
    def read(cls, text: str) -> "KeyText | None":
        """Return what a key's text names; None when it has not the shape or the checksum."""
        match = _TEXT.fullmatch(text)
        if match is None or checksum(text[:-_CHECKSUM]) != match[5]:
            return None
        mode = get_args(Mode)[match[1] == "test"]
        member = match[4]
        return cls(
            mode, f"ws_{match[2]}", f"key_{match[3]}", f"mem_{member}" if member else None, text
        )

    @property
    def hint(self) -> str:
        """The last four characters, to tell texts apart."""
        return self.text[-4:]

    @property
    def digest(self) -> str:
        """What is stored of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def has_digest(self, digest: str) -> bool:
        """Say whether `digest` is this text's, in a time that does not depend on the answer."""
        return hmac.compare_digest(self.digest, digest)


def checksum(body: str) -> str:
    """Return the CRC-32 of a text in six digits of base62, as GitHub's tokens have it."""
    value = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM):
        value, digit = divmod(value, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
