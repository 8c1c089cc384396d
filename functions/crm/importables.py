"""The types of record that imports and exports know."""

from collections.abc import Mapping

from functions.crm.bulk import Importable
from functions.crm.fields import CompanyFields, CompanyPatch, ContactFields, ContactPatch
from functions.crm.model import Activity, Company, Contact, Deal, Lead
from functions.crm.product import Product, ProductFields, ProductPatch
from functions.crm.row_fields import (
    ActivityRow,
    ActivityRowPatch,
    DealRow,
    DealRowPatch,
    LeadRow,
    LeadRowPatch,
)

_KEY = "external_id"
IMPORTABLES: Mapping[str, Importable] = {
    each.kind.OBJECT: each
    for each in (
        Importable("contacts", Contact, ContactFields, ContactPatch, ("email", _KEY)),
        Importable("companies", Company, CompanyFields, CompanyPatch, ("domain", _KEY)),
        Importable("leads", Lead, LeadRow, LeadRowPatch, (_KEY,)),
        Importable("deals", Deal, DealRow, DealRowPatch, (_KEY,)),
        Importable("activities", Activity, ActivityRow, ActivityRowPatch, (_KEY,), needs="type"),
        Importable("products", Product, ProductFields, ProductPatch, ("sku", _KEY)),
    )
}
