"""The types of record that imports and exports know."""

from collections.abc import Mapping

from functions.crm.bulk import Importable
from functions.crm.fields import CompanyFields, CompanyPatch, ContactFields, ContactPatch
from functions.crm.model import Company, Contact

IMPORTABLES: Mapping[str, Importable] = {
    "contact": Importable("contacts", Contact, ContactFields, ContactPatch, ("email",)),
    "company": Importable("companies", Company, CompanyFields, CompanyPatch, ("domain",)),
}
