"""λ crm/api: contacts, companies, deals, notes, pipelines and timelines over HTTP."""

from functools import partial

from functions.crm import dynamodb
from functions.crm.api import deals, resources
from functions.crm.api.resources import History, Resource
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
from functions.crm.model import Company, Contact, Deal, Note
from functions.crm.ports import Store
from functions.crm.service import KnownSubjects
from functions.crm.settings import ApiSettings
from functions.shared.check import Door
from functions.shared.door import LambdaDoor
from functions.shared.exchange import Exchange
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


def _deals(ask: Exchange) -> Store[Deal]:
    return dynamodb.deals(_table(ask), ask.caller, _people(ask))


def _notes(ask: Exchange) -> Store[Note]:
    return dynamodb.notes(_table(ask), ask.caller, _people(ask))


def _subjects(ask: Exchange) -> KnownSubjects:
    videos = LambdaDoor(ApiSettings.from_env().video_check_function, ask.caller)
    return KnownSubjects(ask.caller, partial(dynamodb.visible, _table(ask)), videos)


def _timelines(ask: Exchange) -> dynamodb.Timelines:
    return dynamodb.Timelines(_table(ask))


_history = History(_timelines, _subjects)
app = build_app(
    "Reelate CRM",
    resources.routes(
        Resource("contacts", Contact, ContactFields, ContactPatch, _contacts, _history)
    ),
    resources.routes(
        Resource("companies", Company, CompanyFields, CompanyPatch, _companies, _history)
    ),
    resources.routes(Resource("deals", Deal, NewDealFields, DealPatch, _deals, _history)),
    resources.routes(Resource("notes", Note, NoteFields, NotePatch, _notes)),
    deals.routes(_deals),
)
handler = lambda_handler(app)
