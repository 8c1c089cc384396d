"""People get their companies by the domains of their addresses.

pattern                     index  requests                             units (1 KB items)
somebody came               table  1 GetItem + 1 BatchGetItem (the      1 RRU + 1 RRU a domain
                                   markers of up to 3 domains)
  ... a contact, and gets   table  + 1 GetItem + 1 TransactWriteItems   as the contact's change
      its company
  ... which is made first   table  + 1 TransactWriteItems               as creating one
  ... a lead, and gets its  table  + 1 Query + 1 TransactWriteItems     as an association
      company
a company came              table  1 GetItem + 1 Query for each 100     0.5 RRU per 4 KB of rows of
                                   who wait for its domain              200 B, and as above for each
many contacts come at once  table  1 BatchGetItem for each 100 domains  1 RRU a domain
(rows of an import)

waiting   pk W#<workspace>#EMPLOYABLE#<domain>   sk <type>#<id>   kept from the stream

Whose company it is, is looked at consistently; a contact is changed at the version that was read,
so that of two who change it at once none is overridden. Said twice, nothing happens twice: a
contact that has a company is left alone, so is a lead that works at one, and a domain is one
company's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.crm.associations import Association, AssociationFields
from functions.crm.definitions import LinkPolicy
from functions.crm.dynamodb import CrmRecords, companies
from functions.crm.dynamodb_associations import DynamoAssociations
from functions.crm.employers import (
    SOURCE,
    domains_of,
    domains_of_record,
    evidence_of,
    first_of,
    named_after,
    waiting_at,
    waits,
)
from functions.crm.fields import CompanyFields
from functions.crm.labels import table_of
from functions.crm.model import Company, Contact
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, InvalidError, NotFoundError
from functions.shared.records import unique_key
from functions.shared.table import Put, Table
from functions.shared.writes import nothing_else

WORKS_AT = "works_at"
_PAGE = 100


class Employers:
    """The companies of one workspace's people, found as the system."""

    def __init__(self, table: Table, request_id: str, policy: LinkPolicy) -> None:
        self._table = table
        self._caller = replace(Caller.pipeline(table.workspace, request_id), source=SOURCE)
        self._policy = policy

    def somebody_came(self, record_id: str) -> bool:
        """Give a contact or a lead its company; say whether it got one."""
        item = self._table.get(self._table.key(record_id), "RECORD", consistent=True)
        if item is None or not waits(item):
            return False
        domains = domains_of_record(item)
        found = first_of(domains, owners_of(self._table, domains)) if domains else None
        if item["object"] == "lead":
            return found is not None and self._associate(record_id, *found)
        if found is None and domains and self._policy == "create":
            found = self._made(domains)
        return found is not None and self._link(record_id, item["email"], *found)

    def company_came(self, company_id: str) -> int:
        """Give a company to those who wait for its domain; returns how many got it."""
        item = self._table.get(self._table.key(company_id), "RECORD", consistent=True)
        if item is None or "deleted_at" in item or not item.get("domain"):
            return 0
        pk = self._table.key(*waiting_at(item["domain"]))
        # each is looked at anew: a company may own a longer part of its domain
        return sum(self.somebody_came(row["id"]) for row in self._table.items(pk, limit=_PAGE))

    def _link(self, contact_id: str, email: str, domain: str, company_id: str) -> bool:
        linked = False

        def edit(old: Contact) -> Contact:
            nonlocal linked
            linked = old.company_id is None and old.email == email
            return old.changed(company_id=company_id) if linked else old

        store = _Linked(self._table, self._caller, domain)
        try:
            store.change(contact_id, edit)
        except (InvalidError, NotFoundError):
            return False  # one of the two is gone meanwhile
        return linked

    def _associate(self, lead_id: str, domain: str, company_id: str) -> bool:
        store = _Associated(self._table, self._caller, domain)
        if store.page(lead_id, [f"{Company.OBJECT}#{WORKS_AT}#"], limit=1, start=None).items:
            return False  # somebody has said where
        meaning = table_of(())[WORKS_AT]
        fields = AssociationFields.model_validate({
            "from": {"type": "lead", "id": lead_id},
            "to": {"type": "company", "id": company_id},
        })  # fmt: skip
        try:
            return store.create(Association.of(fields, meaning, self._caller), also=nothing_else)[1]
        except (ConflictError, InvalidError):
            return False  # one of the two is gone meanwhile, or has its fill of associations

    def _made(self, domains: Sequence[str]) -> tuple[str, str] | None:
        domain = domains[0]
        fields = CompanyFields(name=named_after(domain), domain=domain, owner_id=None, team_id=None)
        company = Company.of(fields, self._caller)
        try:
            companies(self._table, self._caller).create(company)
        except ConflictError:  # somebody was faster
            return first_of(domains, owners_of(self._table, domains))
        except InvalidError:
            return None  # the workspace requires of companies what nobody knows of this one
        return domain, company.id


def owners_of(table: Table, domains: Sequence[str]) -> Mapping[str, str]:
    """Return the ids of the companies that own domains (1 request for each 100)."""
    keys = {unique_key(table, Company.OBJECT, "domain", each)["pk"]: each for each in domains}
    found: dict[str, str] = {}
    wanted = [(pk, "UNIQUE") for pk in keys]
    for first in range(0, len(wanted), _PAGE):
        markers = table.get_many(wanted[first : first + _PAGE], consistent=True)
        found |= {keys[pk]: item["owner"] for (pk, _), item in markers.items()}
    return found


def companies_of(table: Table, emails: Sequence[str]) -> Mapping[str, str]:
    """Return, by address, the ids of the companies that own the addresses' domains."""
    domains = {each: domains_of(each.strip().lower()) for each in emails}
    known = owners_of(table, list(dict.fromkeys(one for some in domains.values() for one in some)))
    found = {email: first_of(mine, known) for email, mine in domains.items()}
    return {email: owner[1] for email, owner in found.items() if owner is not None}


class _Linked(CrmRecords[Contact]):
    """Contacts whose changes say what told their company."""

    def __init__(self, table: Table, caller: Caller, domain: str) -> None:
        super().__init__(table, Contact, caller, unique=["email"])
        self._evidence = evidence_of(domain)

    def _stamps(self, old: Contact, new: Contact, event: str) -> list[dict[str, Any]]:
        return [{**each, "evidence": self._evidence} for each in super()._stamps(old, new, event)]


class _Associated(DynamoAssociations):
    """Associations that say what told of them."""

    def __init__(self, table: Table, caller: Caller, domain: str) -> None:
        super().__init__(table, caller)
        self._evidence = evidence_of(domain)

    def _record(self, association: Association, act: str, version: int | None = None) -> Put:
        put = super()._record(association, act, version)
        put.item["_events"] = [{**each, "evidence": self._evidence} for each in put.item["_events"]]
        return put
