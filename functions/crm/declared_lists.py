"""The filters and sorts that each type of record has; what they mean stands in
`functions.crm.listing`."""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.crm.folding import ordered
from functions.crm.index import Entry, Indexed, Portion
from functions.crm.lead_fields import source_key
from functions.crm.list_values import anything, boolean, day, id_of, number
from functions.crm.listing import Filter, Listing, Sort, entries, named, times

_BY_UPDATE = times("updated_at", "When it was changed last.")
_TAG = Filter("tag", "tags", anything, "Has this tag.")
_SOURCE = Filter("source", "source", source_key, "Came from this source, by key or name.")
_COMPANY = Filter("company_id", "company_id", id_of("com"), "Belongs to this company.")
_EMAIL = Filter("email", "email", lambda text: text.strip().lower(), "Has this e-mail address.")
_EXTERNAL = Filter("external_id", "external_id", anything, "Has this id in another system.")
_STATUS = Filter("status", "status", anything, "Is in this state.")
_PIPELINE = Filter("pipeline_id", "pipeline_id", id_of("pip"), "Is in this pipeline.")
_STAGE = Filter("stage", "stage", anything, "Is in this stage.")
_CURRENCY = Filter("currency", "amount.currency", str.upper, "Its amount's currency.", False)
_AMOUNT = Sort(
    "amount", "amount.amount_minor", ordered, number,
    "In the currency's minor unit, whatever the currency.", ("amount_min", "amount_max"), True,
)  # fmt: skip
_SCORE = Sort("score", "score", ordered, number, "Its score.", ("score_min", "score_max"), True)
_CLOSING = Sort(
    "close_date", "close_date", str, day, "When it should close.", ("close_since", "close_before")
)

LISTINGS: Mapping[str, Listing] = {
    each.object: each
    for each in (
        Listing(
            "contact",
            [_EXTERNAL, _EMAIL, _COMPANY, _TAG],
            [_BY_UPDATE, named()],
            [("company_id", "name")],
        ),
        Listing(
            "company",
            [_EXTERNAL, Filter("domain", "domain", str.lower, "Has this domain."), _TAG],
            [_BY_UPDATE, named()],
        ),
        Listing(
            "deal",
            [
                _EXTERNAL,
                Filter("contact_id", "contact_ids", id_of("con"), "Concerns this contact."),
                _COMPANY,
                _TAG,
                _STAGE,
                _PIPELINE,
                _STATUS,
                _CURRENCY,
            ],
            [_BY_UPDATE, named(), _AMOUNT, _CLOSING],
            [("status", "close_date")],
        ),
        Listing(
            "lead",
            [_EXTERNAL, _EMAIL, _TAG, _SOURCE, _STAGE, _PIPELINE, _STATUS],
            [_BY_UPDATE, named(), _SCORE],
            [("status", "score")],
        ),
        Listing(
            "activity",
            [
                _EXTERNAL,
                Filter("linked_to", "links.id", anything, "Concerns the record with this id."),
                _TAG,
                _STATUS,
                Filter("type", "type", anything, "A call, meeting, email, note, task, message."),
            ],
            [_BY_UPDATE, times("due_at", "When a task is due."), times("occurred_at", "When.")],
            [("status", "due_at"), ("type", "occurred_at")],
            agenda=True,
        ),
        Listing(
            "product",
            [
                _EXTERNAL,
                Filter("sku", "sku", anything, "Has this stock-keeping unit."),
                _TAG,
                Filter("active", "active", boolean, "Is (or is not) for sale."),
            ],
            [_BY_UPDATE, named()],
            owned=False,
        ),
    )
}


def rows(item: Mapping[str, Any], indexed: Indexed) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """The projection: a live record's rows in every index of its type."""
    listing = LISTINGS.get(item["object"])
    if listing is None or "deleted_at" in item:
        return (), ()
    return entries(item, listing.with_custom(indexed.get(listing.object, {}), indexed=True)), ()
