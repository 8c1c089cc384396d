"""λ crm/api: contacts, companies, deals, notes and timelines over HTTP."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from functions.crm import dynamodb
from functions.crm.api import lines, resources, staged
from functions.crm.api.resources import History, Resource
from functions.crm.check.logic import shown
from functions.crm.dynamodb_deals import Deals, Products
from functions.crm.fields import (
    CompanyFields,
    CompanyPatch,
    ContactFields,
    ContactPatch,
    DealPatch,
    NewDealFields,
    NoteFields,
    NotePatch,
)
from functions.crm.lines import Priced, on_sale
from functions.crm.model import Company, Contact, Deal, Note
from functions.crm.ports import Store
from functions.crm.product import Product, ProductFields, ProductPatch
from functions.crm.service import KnownSubjects
from functions.crm.settings import ApiSettings
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


def _products(ask: Exchange) -> Store[Product]:
    return Products(_table(ask), ask.caller)


def _priced(ask: Exchange, product_id: str) -> Priced:
    return on_sale(Products(_table(ask), ask.caller).get, product_id)


def _notes(ask: Exchange) -> Store[Note]:
    return dynamodb.notes(_table(ask), ask.caller, _people(ask))


def _subjects(ask: Exchange) -> KnownSubjects:
    videos = LambdaDoor(ApiSettings.from_env().video_check_function, ask.caller)
    return KnownSubjects(ask.caller, partial(dynamodb.visible, _table(ask)), videos)


def _timelines(ask: Exchange) -> dynamodb.Timelines:
    return dynamodb.Timelines(_table(ask))


def _read(ask: Exchange, names: Sequence[RecordName]) -> Mapping[str, dict[str, Any]]:
    question = Question.model_construct(caller=ask.caller, records=list(names))
    return shown(question, partial(dynamodb.shown, _table(ask)))


_history = History(_timelines, _subjects)
_with_company = Related([to_one("company", "company")], _read)
_of_deals = Related(
    [to_one("company", "company"), to_many("contacts", "contact_ids", "contact")], _read
)
app = build_app(
    "Reelate CRM",
    resources.routes(
        Resource(
            "contacts", Contact, ContactFields, ContactPatch, _contacts, _history, _with_company
        )
    ),
    resources.routes(
        Resource("companies", Company, CompanyFields, CompanyPatch, _companies, _history)
    ),
    resources.routes(
        Resource("deals", Deal, NewDealFields, DealPatch, _deals, _history, _of_deals)
    ),
    resources.routes(
        Resource("notes", Note, NoteFields, NotePatch, _notes, related=Related([links()], _read))
    ),
    staged.routes("deals", Deal, _deals),
    lines.routes(_deals, _priced),
    resources.routes(Resource("products", Product, ProductFields, ProductPatch, _products)),
)
handler = lambda_handler(app)
