"""charset-normalizer: which encoding a sample of text is likely to be in."""

# Those in which spreadsheets and CRMs write, and that have ASCII's line ends; exotic ones would
# only win by accident on short samples.
_LIKELY = (
    "cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "mac_roman", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
)  # fmt: skip
_LOOKED_AT = 1 << 16  # bytes of what is not plain ASCII


def guess(sample: bytes) -> str | None:
    """Return the likeliest codec, None where none fits."""
    # Here and not above: it is needed once a file, and loads tables of languages.
    from charset_normalizer import from_bytes

    telling = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:_LOOKED_AT]
    fitting = from_bytes(telling, cp_isolation=list(_LIKELY))
    best = fitting.best()
    if best is None:
        return None
    # what reads the same in several of them, or as likely, is the most usual one's
    alike = {
        name
        for each in fitting
        if each.chaos <= best.chaos
        for name in (each.encoding, *each.could_be_from_charset)
    }
    return next(name for name in _LIKELY if name in alike)
