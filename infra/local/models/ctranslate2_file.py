"""CTranslate2's model.bin container, as far as is needed to leave variables out of it.

A newer converter adds two flags that older ones did not write; without them its file is, byte for
byte, the one its authors published, so a mirror of it can be held to their sha256.
"""

from __future__ import annotations

import struct
from collections.abc import Collection


def without_variables(data: bytes, names: Collection[str]) -> bytes:
    """The same model file less the named variables; raises ValueError when `data` is no such file.

    Layout: u32 version, string spec, u32 revision, u32 count, then for each variable a string
    name, u8 rank, u32 per dimension, u8 type, u32 length and the bytes; aliases follow.
    """
    try:
        at = _after_string(data, 4) + 4
        (count,) = struct.unpack_from("<I", data, at)
        head, at = data[:at], at + 4
        kept: list[bytes] = []
        for _ in range(count):
            start = at
            at = _after_string(data, at)
            name = data[start + 2 : at - 1].decode()
            at += 1 + 4 * data[at] + 1
            (length,) = struct.unpack_from("<I", data, at)
            at += 4 + length
            if name not in names:
                kept.append(data[start:at])
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("not a CTranslate2 model file") from error
    if at > len(data):
        raise ValueError("a truncated CTranslate2 model file")
    return b"".join([head, struct.pack("<I", len(kept)), *kept, data[at:]])


def _after_string(data: bytes, at: int) -> int:
    (length,) = struct.unpack_from("<H", data, at)
    return at + 2 + int(length)
