"""Which fields of each type of record a column may become, as data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "list", "number", "boolean", "amount", "choices", "option", "day", "instant",
    "duration", "links",
]  # fmt: skip

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
class Refers:
    """A cell that names other records by a value that is theirs alone, and the field that their ids
    become: one id, a list of them (`contact_ids`), or links."""

    field: str
    record_type: str
    by: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A field of a record as a file may hold it: how its cells become values, what columns that
    hold it are called, and what its values look like. A dotted name lies within a field
    (`call.direction`), but for `custom.` and those that `refer`."""

    name: str
    kind: Kind = "text"
    synonyms: tuple[str, ...] = ()
    like: re.Pattern[str] | None = None
    example: str = ""
    refers: Refers | None = None

    @property
    def field(self) -> str:
        """The field of the record that it is, or is a part of."""
        return self.refers.field if self.refers else self.name.partition(".")[0]


_EXTERNAL = Target(
    "external_id",
    synonyms=("externe id", "foreign id", "source id", "record id", "hs object id",
              "salesforce id", "crm id"),
    example="crm-1001",
)  # fmt: skip
_TAGS = Target(
    "tags", "list", ("tag", "labels", "schlagworte", "etiquetas", "stichworte"),
    example="newsletter; vip",
)  # fmt: skip
_COMMON = (
    _EXTERNAL,
    _TAGS,
    Target("owner_id", synonyms=("owner", "besitzer", "propietario"), like=_ID["mem"]),
    Target("team_id", synonyms=("team",), like=_ID["tea"]),
)


def _named(field: str, record_type: str, by: str, *synonyms: str, many: bool = False) -> Target:
    return Target(
        f"{record_type}.{by}", synonyms=synonyms, refers=Refers(field, record_type, by, many)
    )


_COMPANY = (
    Target("company_id", synonyms=("company id", "account id"), like=_ID["com"]),
    _named(
        "company_id", "company", "domain", "company domain", "company website", "account domain"
    ),
    _named("company_id", "company", "external_id", "company external id", "external company id"),
)
_EMAILS = ("contact email", "contact e mail", "contact emails", "associated contact")
_STAGING = (
    Target("pipeline_id", synonyms=("pipeline", "pipeline name")),
    Target("stage", synonyms=("deal stage", "lead stage", "lead status", "phase", "etapa")),
    Target("loss_reason", synonyms=("lost reason", "closed lost reason", "verlustgrund")),
)
_AMOUNT_NAMES = ("value", "deal value", "betrag", "wert", "importe", "montant")
_CURRENCY = Target(
    "currency", synonyms=("currency code", "waehrung", "moneda", "devise"), example="EUR"
)
_PHONED = ("telephone", "phone number", "telefon", "telefonnummer", "telefono", "tel", "mobile",
           "mobile phone", "handy", "cell")  # fmt: skip
_MAILED = ("e mail", "mail", "email address", "e mail address", "emailadresse", "e mail adresse",
           "correo", "correo electronico", "courriel", "work email", "primary email")  # fmt: skip
_PERSON = ("full name", "contact name", "lead name", "first name", "last name", "firstname",
           "lastname", "surname", "given name", "family name", "vorname", "nachname", "nombre",
           "apellido", "apellidos", "nom", "prenom", "kontakt", "lead")  # fmt: skip
_TITLED = ("job title", "position", "role", "funktion", "cargo", "fonction")
_FIRM = ("company", "company name", "account", "account name", "organisation", "organization",
         "firma", "unternehmen", "empresa", "societe")  # fmt: skip
_SITE = ("web site", "url", "homepage", "company domain", "domain name", "webseite", "sitio web")

TARGETS: Mapping[str, Sequence[Target]] = {
    "contact": (
        Target("name", synonyms=_PERSON, example="Daniel Reed"),
        Target("email", synonyms=_MAILED, like=_EMAIL, example="daniel@harbor.example"),
        Target("phone", synonyms=_PHONED, like=_PHONE, example="+49 30 5550142"),
        Target("title", synonyms=_TITLED, example="Head of Operations"),
        *_COMPANY,
        *_COMMON,
    ),
    "company": (
        Target("name", synonyms=_FIRM, example="Harbor Foods"),
        Target("domain", synonyms=("website", *_SITE), like=_DOMAIN, example="harbor.example"),
        *_COMMON,
    ),
    "deal": (
        Target("name", synonyms=("deal", "deal name", "opportunity", "opportunity name",
                                 "geschaeft"), example="Harbor rollout"),
        Target("amount", "amount", _AMOUNT_NAMES, example="48000.00"),
        _CURRENCY,
        Target("fx_rate", synonyms=("exchange rate", "wechselkurs")),
        Target("probability", "number", ("deal probability", "wahrscheinlichkeit")),
        Target("close_date", "day", ("expected close date", "abschlussdatum"), like=_DAY,
               example="2026-12-31"),
        *_STAGING,
        *_COMPANY,
        Target("contact_ids", "list", ("contact id", "associated contact ids"), like=_ID["con"]),
        _named("contact_ids", "contact", "email", *_EMAILS, many=True),
        _named("contact_ids", "contact", "external_id", "contact external id", many=True),
        *_COMMON,
    ),
    "lead": (
        Target("name", synonyms=_PERSON, example="Ines Roth"),
        Target("email", synonyms=_MAILED, like=_EMAIL, example="ines@quay.example"),
        Target("phone", synonyms=_PHONED, like=_PHONE, example="+49 30 5550177"),
        Target("title", synonyms=_TITLED, example="Buyer"),
        Target("company_name", synonyms=_FIRM, example="Quay Trading"),
        Target("company_domain", synonyms=("domain", "company website", *_SITE),
               example="quay.example"),
        Target("website", example="https://quay.example/about"),
        Target("source", synonyms=("lead source", "quelle", "origin"), example="web_form"),
        Target("source_detail", synonyms=("lead source detail", "campaign", "kampagne")),
        *_STAGING,
        *_COMMON,
    ),
    "activity": (
        Target("type", "option", ("activity type", "kind", "typ"), example="call"),
        Target("subject", synonyms=("activity name", "betreff", "asunto", "objet"),
               example="First call"),
        Target("body", synonyms=("notes", "note", "description", "comments", "notiz", "text"),
               example="Asked for a quote."),
        Target("occurred_at", "instant", ("activity date", "date", "timestamp", "datum"),
               example="2026-11-02T09:30:00Z"),
        Target("direction", "option", ("call direction",), example="outbound"),
        Target("call.duration_ms", "duration", ("duration", "call duration", "dauer"),
               example="00:12:30"),
        Target("call.outcome", "option", ("outcome", "call outcome", "ergebnis"),
               example="connected"),
        Target("call.phone", synonyms=("phone", "phone number"), example="+49 30 5550142"),
        Target("meeting.starts_at", "instant", ("start", "start time", "starts at", "beginn")),
        Target("meeting.ends_at", "instant", ("end", "end time", "ends at", "ende")),
        Target("meeting.location", synonyms=("location", "ort")),
        Target("meeting.time_zone"),
        Target("email.message_id", synonyms=("message id",)),
        Target("email.thread_id", synonyms=("thread id",)),
        Target("message.channel", synonyms=("channel", "kanal")),
        Target("task.due_date", "day", ("due date", "due", "faellig", "faellig am")),
        Target("task.due_time", synonyms=("due time",)),
        Target("task.due_at", "instant", ("due at",)),
        Target("task.time_zone", synonyms=("time zone", "timezone", "zeitzone")),
        Target("task.priority", "option", ("priority", "prioritaet")),
        Target("task.reminder_at", "instant", ("reminder", "reminder date")),
        Target("task.remind_before", "number"),
        Target("status", "option", ("task status",)),
        Target("links", "links", ("associated records", "record ids")),
        _named("links", "contact", "email", *_EMAILS, "contact", many=True),
        _named("links", "contact", "external_id", "contact external id", many=True),
        _named("links", "company", "domain", "company domain", "company website", many=True),
        _named("links", "company", "external_id", "company external id", many=True),
        _named("links", "deal", "external_id", "deal external id", "deal", many=True),
        _named("links", "lead", "external_id", "lead external id", "lead", many=True),
        *_COMMON,
    ),
    "product": (
        Target("name", synonyms=("product", "product name", "produkt"), example="Onboarding"),
        Target("sku", synonyms=("article number", "product code", "artikelnummer"),
               example="ONB-1"),
        Target("description", synonyms=("beschreibung",), example="Two days on site."),
        Target("price", "amount", ("unit price", "list price", "preis", "precio", "prix"),
               example="1200.00"),
        _CURRENCY,
        Target("billing", "option", ("billing period", "abrechnung"), example="once"),
        Target("active", "boolean", ("for sale", "aktiv"), example="yes"),
        _EXTERNAL,
        _TAGS,
    ),
}  # fmt: skip
# By which field a row finds the record that is there already, besides its unique custom fields.
MATCHES: Mapping[str, Sequence[str]] = {
    "contact": ("email", "external_id", "id"),
    "company": ("domain", "external_id", "id"),
    "deal": ("external_id", "id"),
    "lead": ("external_id", "id"),
    "activity": ("external_id", "id"),
    "product": ("sku", "external_id", "id"),
}
