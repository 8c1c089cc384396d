"""Conversions of leads in DynamoDB.

    pattern       index  requests                                      units (1 KB items)
    plan          table  1 GetItem + up to 2 BatchGetItem (what may    1 RRU an item
                         be there already: its markers, then itself)
      ... with a  table  + as `dynamodb_duplicates` for a new contact,
          policy         and for a new company
          on duplicates
    convert       table  as plan + 1 GetItem + 1 TransactWriteItems    2 WRU an item: lead, visit,
                                                                       what it was, each new
                                                                       record with its markers
    un-convert    table  1 GetItem of what it was, 2 of the lead, 1    2 WRU an item: lead, visit,
                         of each record that was made                  what it was, each record
                         + 1 TransactWriteItems                        with markers and timeline

    was   pk W#<workspace>#<lead id>   sk CONVERSION   what the lead was before; gone in a day

New records, the lead's change and the kept reply are one transaction: of two conversions at once
one finds the lead converted.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions.crm import conversion, dynamodb
from functions.crm.conversion import Check, ConversionView, Found, Plan
from functions.crm.dynamodb_deals import Deals
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_leads import Leads, leads
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.dynamodb_together import Act, rehearsed, together
from functions.crm.lead_fields import ConvertFields
from functions.crm.model import Company, Contact, CrmRecord, Deal, Lead
from functions.crm.staged import moved
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.clock import now
from functions.shared.errors import ConflictError, NotFoundError, PreconditionFailedError
from functions.shared.records import check_match, unique_key
from functions.shared.table import ConditionFailedError, Delete, Put, Table, Write
from functions.shared.writes import Also

_KEPT_SECONDS = 86_400
_ATTEMPTS = 5
_KINDS: Mapping[str, type[CrmRecord]] = {"contact": Contact, "company": Company, "deal": Deal}


class Conversions:
    """The conversions of one workspace's leads, by one caller."""

    def __init__(self, table: Table, caller: Caller, people: Door, staff: Door) -> None:
        self._table = table
        self._caller = caller
        self._people = people
        self._staff = staff

    def preview(
        self, lead_id: str, wanted: ConvertFields, if_match: str | None, check: Check
    ) -> ConversionView:
        """Return what a conversion would do; raises as it would, but for what only the write
        finds out (a value taken meanwhile, a stage that does not take the deal)."""
        lead = self._leads(self._table).get(lead_id, consistent=True)
        check_match(lead.etag, if_match)
        plan = self._plan(lead, wanted)
        check(plan.newcomers())
        return _view(plan, rehearsed(self._table, self._acts(lead, plan)), dry_run=True)

    def convert(
        self,
        lead_id: str,
        wanted: ConvertFields,
        *,
        check: Check,
        if_match: str | None = None,
        also: Also[ConversionView],
    ) -> ConversionView:
        """Convert a lead. Raises NotFoundError, ConflictError, InvalidError and
        PreconditionFailedError as writes of its parts do, and what `check` raises of the people
        and companies that it would make."""
        for _ in range(_ATTEMPTS):
            lead = self._leads(self._table).get(lead_id, consistent=True)
            check_match(lead.etag, if_match)
            try:
                plan = self._plan(lead, wanted)
                check(plan.newcomers())
                return self._do(lead, plan, also)
            except PreconditionFailedError:  # the lead was changed after it was read
                check_match("", if_match)
            except ConflictError as error:
                # what was not there when it was looked for is there now, and will be attached
                if not error.code.startswith("duplicate_") or not self._overtaken(lead, wanted):
                    raise
        raise ConflictError("The lead is being changed by others; please try again.")

    def unconvert(self, lead_id: str, *, if_match: str | None = None, also: Also[Lead]) -> Lead:
        """Make a lead what it was and delete what it became. Raises as `convert`, and
        ConflictError when one of the new records has been changed since."""
        kept = self._table.get(self._table.key(lead_id), "CONVERSION", consistent=True)
        lead = self._leads(self._table).get(lead_id, consistent=True)
        check_match(lead.etag, if_match)
        conversion.check_returnable(lead)
        if kept is None or lead.converted_to is None:
            raise RuntimeError("a converted lead does not know what it was")
        ids = lead.converted_to.model_dump()
        touched: list[str] = []

        def change(table: Table) -> Lead:
            return self._leads(table).change(
                lead_id,
                lambda old: conversion.returned(old, kept["was"]),
                event="unconverted",
                if_match=lead.etag,
            )

        def deletion(name: str) -> Act:
            def act(table: Table) -> None:
                try:
                    self._store(name, table).delete(ids[f"{name}_id"], if_match='"1"')
                except (PreconditionFailedError, NotFoundError):
                    touched.append(name)

            return act

        made = lead.converted_to.created
        acts: list[Act] = [change, *(deletion(name) for name in made)]
        forget = Delete({"pk": self._table.key(lead_id), "sk": "CONVERSION"})

        def more(results: list[Any]) -> Sequence[Write]:
            if touched:
                raise conversion.edited(touched)
            return [forget, *also(results[0])]

        try:
            result: Lead = together(self._table, acts, more)[0]
        except ConditionFailedError as error:
            if touched:
                raise conversion.edited(touched) from error
            raise
        return result

    def _do(self, lead: Lead, plan: Plan, also: Also[ConversionView]) -> ConversionView:
        def more(results: list[Any]) -> Sequence[Write]:
            was = {
                "pk": self._table.key(lead.id),
                "sk": "CONVERSION",
                "was": conversion.before(lead),
                "expires_at_epoch": int(now().timestamp()) + _KEPT_SECONDS,
            }
            return [Put(was), *also(_view(plan, results))]

        return _view(plan, together(self._table, self._acts(lead, plan), more))

    def _acts(self, lead: Lead, plan: Plan) -> list[Act]:
        def change(table: Table) -> Lead:
            return self._leads(table).change(
                lead.id,
                lambda old: self._converted(old, plan),
                event="converted",
                if_match=lead.etag,  # the plan is of this version
            )

        return [change, *(self._creation(each) for each in plan.made())]

    def _overtaken(self, lead: Lead, wanted: ConvertFields) -> bool:
        """Say whether the plan would be another one now."""
        return bool(self._found(lead, wanted).contacts or self._found(lead, wanted).companies)

    def _leads(self, table: Table) -> Leads:
        return leads(table, self._caller, self._people, self._staff)

    def _store(self, name: str, table: Table) -> Any:
        stores: Mapping[str, Callable[..., Any]] = {
            "contact": dynamodb.contacts,
            "company": dynamodb.companies,
            "deal": Deals,
        }
        return stores[name](table, self._caller, people=self._people)

    def _creation(self, record: CrmRecord) -> Act:
        return lambda table: self._store(record.OBJECT, table).create(record)

    def _converted(self, lead: Lead, plan: Plan) -> Lead:
        pipeline = Pipelines(self._table, self._caller).kept(lead.pipeline_id)
        won = pipeline.first("won")
        there = (
            lead
            if lead.status == "won"
            else moved(lead, pipeline, won, by=self._caller.actor, checked=False)
        )
        return conversion.converted(lead, there, plan)

    def _plan(self, lead: Lead, wanted: ConvertFields) -> Plan:
        found = self._found(lead, wanted)
        if not lead.custom:
            return conversion.planned(lead, wanted, found, self._caller)
        definitions = definitions_of(self._table, Lead.OBJECT, lead.custom)
        return conversion.planned(lead, wanted, found, self._caller, definitions)

    def _found(self, lead: Lead, wanted: ConvertFields) -> Found:
        """Look up what may be there already (at most 2 requests)."""
        email, domain = conversion.wanted_keys(lead, wanted)
        named = [each.id for each in (wanted.contact, wanted.company) if each and each.id]
        marks = {
            unique_key(self._table, kind, field, value)["pk"]: value
            for kind, field, value in (("contact", "email", email), ("company", "domain", domain))
            if value is not None
        }
        markers = self._table.get_many([(pk, "UNIQUE") for pk in marks], consistent=True)
        owners = {item["owner"]: marks[pk] for (pk, _), item in markers.items()}
        ids = [(self._table.key(each), "RECORD") for each in dict.fromkeys([*named, *owners])]
        found: dict[str, dict[str, Any]] = {"contact": {}, "company": {}}
        for item in self._table.get_many(ids, consistent=True).values():
            kind = item.get("object", "")
            if (
                kind in found
                and "deleted_at" not in item
                and self._caller.sees(item.get("owner_id"), item.get("team_id"))
            ):
                record = _KINDS[kind].model_validate(item)
                found[kind][record.id] = record
                if record.id in owners:
                    found[kind][owners[record.id]] = record
        return Found(found["contact"], found["company"])


def _view(plan: Plan, results: Sequence[Any], *, dry_run: bool = False) -> ConversionView:
    lead, *made = results
    parts = {each.OBJECT: each for each in made}
    done = Plan(
        parts.get("contact", plan.contact),
        parts.get("company", plan.company),
        parts.get("deal", plan.deal),
        plan.created,
    )
    return ConversionView.of(lead, done, dry_run=dry_run)
