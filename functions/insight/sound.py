"""How long a FLAC or WAV file is, read from its first bytes."""

HEAD_BYTES = 64 * 1024  # WAV may carry other chunks before its data


def duration_ms(head: bytes) -> int | None:
    """Milliseconds of audio, None when the header does not say."""
    if head[:4] == b"fLaC":
        return _flac(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav(head)
    return None


def _flac(head: bytes) -> int | None:
    """STREAMINFO comes first (RFC 9639, 8.2): 20 bits of rate, 8 of format, 36 of samples."""
    packed = int.from_bytes(head[18:26], "big")
    rate, samples = packed >> 44, packed & (1 << 36) - 1
    return samples * 1000 // rate if rate and samples else None


def _wav(head: bytes) -> int | None:
    rate, at = 0, 12
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"fmt ":
            rate = int.from_bytes(head[at + 16 : at + 20], "little")  # bytes per second
        if name == b"data":
            return size * 1000 // rate if rate and size != 0xFFFF_FFFF else None
        at += 8 + size + size % 2
    return None
