"""The name under which a browser saves a file: a `Content-Disposition` that a title cannot break.

RFC 6266: an ASCII name for old clients, and the whole one, percent-encoded (RFC 8187).
"""

import unicodedata
from urllib.parse import quote

_LONGEST = 100  # characters of a name, so that its UTF-8 stays below any file system's 255 bytes
_FORBIDDEN = '/\\:*?"<>|'  # what one of today's file systems, or the header, gives a meaning


def attachment(title: str, ending: str) -> str:
    """Return the header's value for a file of that title; `ending` is such as `mp4`."""
    name = f"{_plain(title)}.{ending}"
    ascii_name = "".join(char if char.isascii() else "_" for char in name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def _plain(title: str) -> str:
    # Controls, and what is not seen and turns the direction of writing (`gpj.mp4` for `4pm.jpg`).
    shown = (
        " " if char in _FORBIDDEN or unicodedata.category(char)[0] == "C" else char
        for char in unicodedata.normalize("NFC", title)
    )
    # A name that begins with a dot is hidden, one that begins with a dash is taken for an option.
    name = " ".join("".join(shown).split()).lstrip(".- ")[:_LONGEST].rstrip(". ")
    return name or "video"
