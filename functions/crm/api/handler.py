"""λ crm/api: contacts, companies, deals, activities and timelines over HTTP."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from functions.crm import dynamodb, dynamodb_conversions, dynamodb_labels, dynamodb_leads
from functions.crm.activity_fields import ActivityFields, ActivityPatch
from functions.crm.api import activities, associations, leads, lines, resources, staged
from functions.crm.api.newcomers import Shown
from functions.crm.api.resources import History, Resource
from functions.crm.associations import Associations, Ends
from functions.crm.check.logic import shown
from functions.crm.dynamodb_activities import Activities
from functions.crm.dynamodb_associations import DynamoAssociations
from functions.crm.dynamodb_deals import Deals, Products
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_timelines import Timelines
from functions.crm.fields import (
    CompanyFields,
    CompanyPatch,
    ContactFields,
    ContactPatch,
    DealPatch,
    NewDealFields,
)
from functions.crm.lead_fields import LeadPatch, NewLeadFields
from functions.crm.lines import Priced, on_sale
from functions.crm.model import VIDEO, Activity, Company, Contact, CrmRecord, Deal, Lead
from functions.crm.ports import ConversionStore, LeadStore, Store
from functions.crm.product import Product, ProductFields, ProductPatch
from functions.crm.service import KnownSubjects
from functions.crm.settings import ApiSettings
from functions.shared.caller import Caller
from functions.shared.check import Door, Question, RecordName
from functions.shared.door import LambdaDoor
from functions.shared.exchange import Exchange, Related
from functions.shared.expansion import links, to_many, to_one
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler


def _table(ask: Exchange) -> Table:
    return ask.table(ApiSettings.from_env().crm_table)


def _people(ask: Exchange) -> Door:
    return LambdaDoor(ApiSettings.from_env().identity_check_function, ask.caller)


def _contacts(ask: Exchange) -> Store[Contact]:
    return dynamodb.contacts(_table(ask), ask.caller, _people(ask))


def _companies(ask: Exchange) -> Store[Company]:
    return dynamodb.companies(_table(ask), ask.caller, _people(ask))


def _deals(ask: Exchange) -> Deals:
    return Deals(_table(ask), ask.caller, people=_people(ask))


def _staff(ask: Exchange) -> Door:
    """Who is there, whoever asks: a rule gives leads to members that the caller may not reach."""
    system = Caller.pipeline(ask.caller.workspace, ask.caller.request_id)
    return LambdaDoor(ApiSettings.from_env().identity_check_function, system)


def _leads(ask: Exchange) -> LeadStore:
    return dynamodb_leads.leads(_table(ask), ask.caller, _people(ask), _staff(ask))


def _conversions(ask: Exchange) -> ConversionStore:
    return dynamodb_conversions.Conversions(_table(ask), ask.caller, _people(ask), _staff(ask))


def _products(ask: Exchange) -> Store[Product]:
    return Products(_table(ask), ask.caller)


def _priced(ask: Exchange, product_id: str) -> Priced:
    return on_sale(Products(_table(ask), ask.caller).get, product_id)


def _videos(ask: Exchange) -> Door:
    return LambdaDoor(ApiSettings.from_env().video_check_function, ask.caller)


def _activities(ask: Exchange) -> Store[Activity]:
    return Activities(_table(ask), ask.caller, _people(ask), _videos(ask))


def _subjects(ask: Exchange) -> KnownSubjects:
    return KnownSubjects(ask.caller, partial(dynamodb.visible, _table(ask)), _videos(ask))


def _associations(ask: Exchange) -> Associations:
    table = _table(ask)
    return Associations(
        ask.caller,
        DynamoAssociations(table, ask.caller),
        Ends(
            ask.caller,
            partial(dynamodb.visible, table),
            partial(dynamodb.current, table),
            _videos(ask),
        ),
        partial(dynamodb_labels.meaning_of, table, ask.caller),
    )


def _timelines(ask: Exchange) -> Timelines:
    return Timelines(_table(ask))


def _read(ask: Exchange, names: Sequence[RecordName]) -> Mapping[str, dict[str, Any]]:
    videos = [each for each in names if each.type == VIDEO]
    question = Question.of(ask.caller, [each for each in names if each.type != VIDEO])
    mine = shown(question, partial(dynamodb.shown, _table(ask)))
    return {**mine, **_videos(ask).shown(videos)} if videos else mine


def _look(ask: Exchange, record: CrmRecord, *, allowed: bool) -> Sequence[Shown] | None:
    """Look for records that a new one may be, where the workspace wants that."""
    kind, table = record.OBJECT, _table(ask)
    policy = definitions_of(table).duplicates.get(kind, "off")
    if policy == "off":
        return None
    # here and not above: most workspaces' writes need none of it
    from functions.crm.duplicates import tell
    from functions.crm.dynamodb_duplicates import DynamoDuplicates
    from functions.crm.rapidfuzz_texts import similarity

    sent = {**record.model_dump(mode="json"), "id": None}
    finder = DynamoDuplicates(table, ask.caller, similarity)
    return tell(finder, ask.caller, sent, deny=policy == "deny", allowed=allowed)


_history = History(_timelines, _subjects)
_with_company = Related([to_one("company", "company")], _read)
_of_deals = Related(
    [to_one("company", "company"), to_many("contacts", "contact_ids", "contact")], _read
)
app = build_app(
    "Reelate CRM",
    resources.routes(
        Resource(
            "contacts",
            Contact,
            ContactFields,
            ContactPatch,
            _contacts,
            _history,
            _with_company,
            keys=("email", "external_id"),
            look=_look,
        )
    ),
    resources.routes(
        Resource(
            "companies",
            Company,
            CompanyFields,
            CompanyPatch,
            _companies,
            _history,
            keys=("domain", "external_id"),
            look=_look,
        )
    ),
    resources.routes(
        Resource("deals", Deal, NewDealFields, DealPatch, _deals, _history, _of_deals)
    ),
    resources.routes(
        Resource(
            "activities",
            Activity,
            ActivityFields,
            ActivityPatch,
            _activities,
            related=Related([links()], _read),
        )
    ),
    activities.routes(_activities),
    staged.routes("deals", Deal, _deals),
    lines.routes(_deals, _priced),
    resources.routes(
        Resource(
            "products",
            Product,
            ProductFields,
            ProductPatch,
            _products,
            keys=("sku", "external_id"),
        )
    ),
    resources.routes(
        leads.LeadResource("leads", Lead, NewLeadFields, LeadPatch, _leads, _history, look=_look)
    ),
    staged.routes("leads", Lead, _leads),
    leads.routes(_leads, _conversions, _look),
    associations.routes(_associations),
    associations.reading("contacts", "contact", _associations),
    associations.reading("companies", "company", _associations),
    associations.reading("deals", "deal", _associations),
    associations.reading("leads", "lead", _associations),
    associations.reading("activities", "activity", _associations),
    associations.reading("products", "product", _associations),
    associations.reading("videos", "video", _associations),
)
handler = lambda_handler(app)
