"""What becomes of a lead: a contact, its company and a deal, and back again within an hour.

**Nothing is duplicated.** A contact with the lead's e-mail address, or a company with its domain,
is attached as it is; nothing about it changes, and un-converting leaves it alone. Where the caller
may not see it, it counts as taken (409), as when creating one by hand.

**What is made** takes the lead's fields unless the caller names others, and its owner and team. A
company's name and domain are those that the lead has; a deal is made where the caller asks for one.

**Custom fields** go along by name: to each new record whose type has a field of the same name, type
and sensitivity that takes the value. That is how it is said which ones are meant, without
another table to keep: whoever wants a lead's field on contacts defines it there. What does not fit
(another type, an option that is not offered) stays on the lead, which stays as it is. A value that
another record has in a unique field refuses the conversion (409), as when creating one by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from functions.crm.definitions import Definitions
from functions.crm.fields import CompanyFields, ContactFields, NewDealFields, RecordFields
from functions.crm.lead_fields import Conversion, ConvertFields
from functions.crm.model import Company, Contact, CrmRecord, Deal, Lead, StagedRecord
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.merge_patch import merge
from functions.shared.validation import validated

R = TypeVar("R", bound=CrmRecord)

RETURN_TIME = timedelta(hours=1)
_NO_FIELDS = Definitions()
_ALIKE = ("type", "sensitivity", "references")  # what two fields have in common that are one
# What a lead's stage is made of: what un-converting brings back.
STAGE_FIELDS = frozenset(StagedRecord.model_fields) - frozenset(CrmRecord.model_fields)


@dataclass(frozen=True, slots=True)
class Found:
    """Records that are there and that the caller may see, for a conversion to attach: by their
    ids, by a contact's e-mail address and by a company's domain."""

    contacts: Mapping[str, Contact]
    companies: Mapping[str, Company]

    def contact(self, record_id: str) -> Contact:
        return _named(self.contacts, record_id, "/contact/id")

    def company(self, record_id: str) -> Company:
        return _named(self.companies, record_id, "/company/id")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a conversion does."""

    contact: Contact
    company: Company | None
    deal: Deal | None
    created: Sequence[str]  # of contact, company, deal

    @property
    def conversion(self) -> Conversion:
        """Return what the lead will say about it."""
        return Conversion(
            contact_id=self.contact.id,
            company_id=self.company and self.company.id,
            deal_id=self.deal and self.deal.id,
            created=self.created,
        )

    def made(self) -> list[Contact | Company | Deal]:
        """Return the new records, in an order in which they may be written."""
        records = {"company": self.company, "contact": self.contact, "deal": self.deal}
        return [each for name, each in records.items() if each and name in self.created]

    def newcomers(self) -> dict[str, CrmRecord]:
        """Return the new contact and the new company, by these names."""
        return {each.OBJECT: each for each in self.made() if not isinstance(each, Deal)}


# Looks at what is to be made, by the name that the request has for it.
Check = Callable[[Mapping[str, CrmRecord]], None]


class ConversionView(BaseModel):
    """A conversion: the lead, what it became, and which of these are new."""

    model_config = ConfigDict(frozen=True)

    object: str = "conversion"
    dry_run: bool
    lead: Lead
    contact: Contact
    company: Company | None
    deal: Deal | None
    created: Sequence[str]
    attached: Sequence[str]

    @classmethod
    def of(cls, lead: Lead, plan: Plan, *, dry_run: bool = False) -> "ConversionView":
        """Return the view of a plan (of what it made, when it is done)."""
        parts = {"contact": plan.contact, "company": plan.company, "deal": plan.deal}
        attached = [name for name, each in parts.items() if each and name not in plan.created]
        return cls(
            dry_run=dry_run, lead=lead, **parts, created=plan.created, attached=attached
        )  # fmt: skip


def wanted_keys(lead: Lead, wanted: ConvertFields) -> tuple[str | None, str | None]:
    """Return the e-mail address and the domain by which records may be there already."""
    email, domain = lead.email, lead.company_domain
    if wanted.contact:
        made = wanted.contact.create
        email = _told(made, "email", email) if made else None
    if wanted.company or wanted.companyless:
        create = wanted.company and wanted.company.create
        domain = _told(create, "domain", domain) if create else None
    return email, domain


def carried(lead: Lead, kind: str, definitions: Definitions) -> dict[str, Any]:
    """Return the custom values of a lead that a new record of a type takes over."""
    there, here = definitions.of(kind), definitions.of(Lead.OBJECT)
    taken = {}
    for name, value in definitions.shown(Lead.OBJECT, lead.custom).items():
        mine, theirs = here.get(name), there.get(name)
        if mine is None or theirs is None:
            continue
        if any(getattr(mine, each) != getattr(theirs, each) for each in _ALIKE):
            continue
        with suppress(ValueError):  # what it does not take stays on the lead
            taken[name] = theirs.checked(value, region=definitions.phone_region)
    return taken


def planned(
    lead: Lead,
    wanted: ConvertFields,
    found: Found,
    caller: Caller,
    definitions: Definitions = _NO_FIELDS,
) -> Plan:
    """Return what a conversion would do. Raises InvalidError when what the caller wants is no
    record or names none, ConflictError when the lead has been converted."""
    if lead.converted_at is not None:
        raise ConflictError("The lead has been converted already.", code="lead_converted")
    created = []
    email, domain = wanted_keys(lead, wanted)
    company = _company(lead, wanted, found, domain, caller, definitions)
    if company is not None and company.id not in found.companies:
        created.append("company")
    if wanted.contact and wanted.contact.id:
        contact = found.contact(wanted.contact.id)
    elif email in found.contacts:
        contact = found.contacts[str(email)]
    else:
        contact = _contact(lead, wanted, company, caller, definitions)
        created.append("contact")
    deal = None
    if wanted.deal:
        deal = _deal(lead, wanted, company, contact, caller, definitions)
        created.append("deal")
    return Plan(contact, company, deal, created)


def returned(lead: Lead, before: Mapping[str, Any]) -> Lead:
    """Return a converted lead as it was before. Raises ConflictError when it is not converted, or
    was longer ago than an hour."""
    check_returnable(lead)
    return lead.changed(**before, converted_at=None, converted_to=None)


def check_returnable(lead: Lead) -> None:
    """Raise ConflictError unless the lead was converted within the last hour."""
    if lead.converted_at is None:
        raise ConflictError("The lead has not been converted.", code="not_converted")
    if now() - datetime.fromisoformat(lead.converted_at) > RETURN_TIME:
        raise ConflictError(
            "The lead was converted longer than an hour ago.", code="unconvert_too_late"
        )


def before(lead: Lead) -> dict[str, Any]:
    """Return what un-converting needs to know of a lead."""
    return lead.model_dump(mode="json", include=set(STAGE_FIELDS))


def converted(lead: Lead, there: Lead, plan: Plan) -> Lead:
    """Return a lead as converted; `there` is it in its pipeline's won stage."""
    next_one = lead.changed() if there is lead else there
    return next_one.model_copy(update={"converted_at": iso(now()), "converted_to": plan.conversion})


def edited(touched: Sequence[str]) -> ConflictError:
    """Return the refusal to take back what has been edited since."""
    return ConflictError(
        "What the lead became has been changed since; see `errors`.",
        code="records_edited",
        errors=[
            FieldProblem(f"/{name}", "edited", f"The {name} has been changed or deleted since.")
            for name in touched
        ],
    )


def _company(
    lead: Lead,
    wanted: ConvertFields,
    found: Found,
    domain: str | None,
    caller: Caller,
    definitions: Definitions,
) -> Company | None:
    choice = wanted.company
    if wanted.companyless:
        return None
    if choice and choice.id:
        return found.company(choice.id)
    if domain in found.companies:
        return found.companies[str(domain)]
    own: dict[str, Any] = {
        "name": lead.company_name or lead.company_domain,
        "domain": lead.company_domain,
        "custom": carried(lead, Company.OBJECT, definitions),
    }
    if choice is None and own["name"] is None:
        return None
    return _new(
        Company, CompanyFields, own, choice and choice.create, "/company/create", lead, caller
    )


def _contact(
    lead: Lead,
    wanted: ConvertFields,
    company: Company | None,
    caller: Caller,
    definitions: Definitions,
) -> Contact:
    own = {
        "name": lead.name,
        "email": lead.email,
        "phone": lead.phone,
        "title": lead.title,
        "tags": list(lead.tags),
        "company_id": company and company.id,
        "custom": carried(lead, Contact.OBJECT, definitions),
    }
    create = wanted.contact and wanted.contact.create
    return _new(Contact, ContactFields, own, create, "/contact/create", lead, caller)


def _deal(
    lead: Lead,
    wanted: ConvertFields,
    company: Company | None,
    contact: Contact,
    caller: Caller,
    definitions: Definitions,
) -> Deal:
    own = {
        "name": company.name if company else lead.company_name or lead.name,
        "company_id": company and company.id,
        "contact_ids": [contact.id],
        "custom": carried(lead, Deal.OBJECT, definitions),
    }
    return _new(Deal, NewDealFields, own, wanted.deal, "/deal", lead, caller)


def _new(
    kind: type[R],
    fields: type[RecordFields],
    own: Mapping[str, Any],
    told: BaseModel | None,
    pointer: str,
    lead: Lead,
    caller: Caller,
) -> R:
    theirs = {"owner_id": lead.owner_id, "team_id": lead.team_id, **own}
    wanted = merge(theirs, told.model_dump(exclude_unset=True) if told else {})
    # ownership is said even where it is nobody's: else it would be the caller's
    wanted = {"owner_id": None, "team_id": None, **wanted}
    try:
        return kind.of(validated(fields, wanted), caller)
    except InvalidError as error:
        faults = [
            FieldProblem(pointer + each.pointer, each.code, each.message) for each in error.errors
        ]
        raise InvalidError(error.detail, code=error.code, errors=faults) from error


def _told(patch: BaseModel, field: str, otherwise: str | None) -> str | None:
    value: str | None = getattr(patch, field) if field in patch.model_fields_set else otherwise
    return value


def _named(records: Mapping[str, R], record_id: str, pointer: str) -> R:
    if record_id not in records:
        raise InvalidError(
            "The request names records that do not exist; see `errors`.",
            code="unknown_reference",
            errors=[FieldProblem(pointer, "unknown_reference", "There is no such record.")],
        )
    return records[record_id]
