"""What a column of a file can become: the fields of each type of record that an import writes, and
which of them a column is likely to be."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "list", "number", "boolean", "amount", "choices"]

# Of values: what most of a column's samples look like
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DOMAIN = re.compile(r"(https?://)?(www\.)?([a-z0-9-]+\.)+[a-z]{2,}/?", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d\s()./-]{7,}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ID = {
    prefix: re.compile(rf"{prefix}_[0-9a-hjkmnp-tv-z]{{26}}")
    for prefix in ("con", "com", "dea", "led", "mem", "tea", "prd")
}


@dataclass(frozen=True, slots=True)
class Target:
    """A field of a record as a file may hold it: how its cells become values, what columns that
    hold it are called, and what its values look like."""

    name: str
    kind: Kind = "text"
    synonyms: tuple[str, ...] = ()
    like: re.Pattern[str] | None = None
    example: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A column (from 1) and the field it is likely to be; `because` of its name or its values."""

    column: int
    field: str
    because: Literal["name", "values"]


_OWNERSHIP = (
    Target("owner_id", synonyms=("owner", "besitzer", "propietario"), like=_ID["mem"]),
    Target("team_id", synonyms=("team",), like=_ID["tea"]),
)
_COMMON = (
    Target("external_id", synonyms=("externe id", "foreign id", "source id", "record id",
           "hs object id",
                                    "salesforce id", "crm id"), example="crm-1001"),
    Target("tags", "list", ("tag", "labels", "schlagworte", "etiquetas", "stichworte"),
           example="newsletter; vip"),
    *_OWNERSHIP,
)  # fmt: skip
_COMPANY_ID = Target("company_id", synonyms=("company id", "account id"), like=_ID["com"])
_AMOUNT = (
    Target("amount", "amount", ("value", "deal value", "betrag", "wert", "importe", "montant"),
           example="48000.00"),
    Target("currency", synonyms=("currency code", "waehrung", "moneda", "devise"), example="EUR"),
)  # fmt: skip

# Fields that a version of the API does not have are left out (`targets_of`), so that this table
# may say what is meant and the models what there is.
_TARGETS: Mapping[str, Sequence[Target]] = {
    "contact": (
        Target("name", synonyms=("full name", "contact name", "first name", "last name",
               "firstname",
                                 "lastname", "surname", "given name", "family name", "vorname",
                                 "nachname", "nombre", "apellido", "apellidos", "nom", "prenom",
                                 "kontakt"),
               example="Daniel Reed"),
        Target("email", synonyms=("e mail", "mail", "email address", "e mail address",
               "emailadresse",
                                  "e mail adresse", "correo", "correo electronico", "courriel",
                                  "work email", "primary email"),
               like=_EMAIL, example="daniel@harbor.example"),
        Target("phone", synonyms=("telephone", "phone number", "telefon", "telefonnummer",
               "telefono",
                                  "tel", "mobile", "mobile phone", "handy", "cell"),
               like=_PHONE, example="+49 30 5550142"),
        Target("title", synonyms=("job title", "position", "role", "funktion", "cargo", "fonction"),
               example="Head of Operations"),
        _COMPANY_ID,
        *_COMMON,
    ),
    "company": (
        Target("name", synonyms=("company", "company name", "account", "account name",
               "organisation",
                                 "organization", "firma", "unternehmen", "empresa", "societe"),
               example="Harbor Foods"),
        Target("domain", synonyms=("website", "web site", "url", "homepage", "company domain",
                                   "domain name", "webseite", "sitio web"),
               like=_DOMAIN, example="harbor.example"),
        Target("phone", synonyms=("telephone", "phone number", "telefon"), like=_PHONE),
        *_COMMON,
    ),
    "deal": (
        Target("name", synonyms=("deal", "deal name", "opportunity", "opportunity name",
               "geschaeft"),
               example="Harbor rollout"),
        *_AMOUNT,
        Target("close_date", synonyms=("close date", "expected close date", "abschlussdatum"),
               like=_DAY, example="2026-12-31"),
        Target("pipeline_id", synonyms=("pipeline",)),
        Target("stage", synonyms=("deal stage", "phase", "etapa"), example="qualification"),
        Target("stage_id", synonyms=("stage", "deal stage")),
        _COMPANY_ID,
        *_COMMON,
    ),
    "lead": (
        Target("name", synonyms=("full name", "lead", "lead name", "first name", "last name"),
               example="Ines Roth"),
        Target("email", synonyms=("e mail", "mail", "email address"), like=_EMAIL,
               example="ines@quay.example"),
        Target("phone", synonyms=("telephone", "phone number", "telefon"), like=_PHONE),
        Target("title", synonyms=("job title", "position")),
        Target("company", synonyms=("company name", "organisation", "organization", "firma")),
        Target("company_name", synonyms=("company", "organisation", "organization", "firma")),
        Target("source", synonyms=("lead source", "quelle", "origin"), example="web"),
        *_COMMON,
    ),
    "product": (
        Target("name", synonyms=("product", "product name", "produkt"), example="Onboarding"),
        Target("sku", synonyms=("article number", "product code",
               "artikelnummer"), example="ONB-1"),
        Target("description", synonyms=("beschreibung",)),
        Target("unit", synonyms=("einheit",)),
        *_COMMON,
    ),
}  # fmt: skip
# By which field a row finds the record that is there already.
MATCHES: Mapping[str, Sequence[str]] = {
    "contact": ("email", "external_id", "id"),
    "company": ("domain", "external_id", "id"),
    "deal": ("external_id", "id"),
    "lead": ("external_id", "id"),
    "product": ("sku", "external_id", "id"),
}
# Several columns may be one of these; their cells are joined by a space, in the columns' order.
JOINED = frozenset({"name"})
ID = Target("id", synonyms=("reelate id",))
CUSTOM = "custom."


def targets_of(
    record_type: str, fields: Iterable[str], custom: Mapping[str, Kind]
) -> dict[str, Target]:
    """Return the targets of a record type among the `fields` that its records have, by name, with
    its custom fields (kind by name) and its id."""
    there = {*fields}
    if "amount" in there:
        there.add("currency")
    found = {each.name: each for each in _TARGETS.get(record_type, ()) if each.name in there}
    for name, kind in custom.items():
        found[CUSTOM + name] = Target(CUSTOM + name, kind, (name.replace("_", " "),))
    found["id"] = ID
    return found


def plain(text: str) -> str:
    """Return a column's name for comparison: lower case, words of ASCII letters and digits."""
    text = text.replace("ß", "ss").translate(_UMLAUTS)
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    letters = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", letters)
    return " ".join(re.findall(r"[a-z0-9]+", letters.lower()))


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def suggest(
    columns: Sequence[str],
    samples: Sequence[Sequence[str]],
    targets: Mapping[str, Target],
    labels: Mapping[str, str],
) -> list[Suggestion]:
    """Return which columns are likely which fields: by their names first, then by their values;
    no field twice, but for those that are `JOINED`. `labels` are those of custom fields."""
    names = _by_name(targets, labels)
    found: dict[int, Suggestion] = {}
    used: set[str] = set()
    for position, column in enumerate(columns, start=1):
        field = names.get(plain(column))
        if field is not None and (field not in used or field in JOINED):
            found[position] = Suggestion(position, field, "name")
            used.add(field)
    for position, values in enumerate(samples, start=1):
        if position in found or not values:
            continue
        for name, target in targets.items():
            like = target.like
            if like is not None and name not in used and all(like.fullmatch(v) for v in values):
                found[position] = Suggestion(position, name, "values")
                used.add(name)
                break
    return [found[position] for position in sorted(found)]


def _by_name(targets: Mapping[str, Target], labels: Mapping[str, str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, target in targets.items():
        own = [name.removeprefix(CUSTOM), labels.get(name, name)]
        for each in (*own, name, *target.synonyms):
            known.setdefault(plain(each), name)
    return known


__all__ = [
    "CUSTOM", "ID", "JOINED", "MATCHES", "Kind", "Suggestion", "Target", "suggest", "targets_of",
]  # fmt: skip
