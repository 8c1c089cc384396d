"""The values by which the outside world knows a contact or a company: e-mail address, domain."""

import re

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def email(text: str) -> str:
    """Return an address in the form in which it is unique: trimmed, lower case.

    Conservative on purpose: dot-atom and ASCII domain only (RFC 5321 without quoted local parts
    and address literals). Raises ValueError with a sentence for the caller.
    """
    address = text.strip().lower()
    local, at, host = address.rpartition("@")
    if not at or len(address) > 254 or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise ValueError("This is not an e-mail address.")
    if domain(host) != host:  # a trailing dot is fine in DNS, not in mail
        raise ValueError("This is not an e-mail address.")
    return address


def domain(text: str) -> str:
    """Return a domain name trimmed, in lower case, without the root's dot; raises ValueError."""
    name = text.strip().lower().removesuffix(".")
    labels = name.split(".")
    if (
        len(name) > 253
        or len(labels) < 2
        or labels[-1].isdigit()
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise ValueError(
            "This is not a domain name such as 'example.com' (write others in punycode, 'xn--…')."
        )
    return name
