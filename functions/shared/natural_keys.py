"""The values by which the outside world knows people and companies: e-mail address, domain."""

import re

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def email(text: str) -> str:
    """Return an address in the form in which it is unique: trimmed, lower case.

    Conservative on purpose: dot-atom and ASCII domain only (RFC 5321 without quoted local parts
    and address literals). Raises ValueError with a sentence for the caller.
    """
    address = text.strip().lower()
    local, _, host = address.rpartition("@")
    good = len(local) <= 64 and _LOCAL.fullmatch(local) and _is_domain(host)
    if not good or len(address) > 254:
        raise ValueError("This is not an e-mail address.")
    return address


def domain(text: str) -> str:
    """Return a domain name trimmed, in lower case, without the root's dot; raises ValueError."""
    name = text.strip().lower().removesuffix(".")
    if not _is_domain(name):
        raise ValueError(
            "This is not a domain name such as 'example.com' (write others in punycode, 'xn--…')."
        )
    return name


def _is_domain(name: str) -> bool:
    labels = name.split(".")
    return (
        len(name) <= 253
        and len(labels) > 1
        and not labels[-1].isdigit()
        and all(_LABEL.fullmatch(label) for label in labels)
    )
