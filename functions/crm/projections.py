"""All projections: what of a record is in the index (`functions.crm.index`).

A new projection is one more name in PROJECTIONS. Records that are there already get its rows when
they change next, or when λ reindex goes through their type.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.crm import board, lead_sources
from functions.crm.blocking import blocks
from functions.crm.declared_lists import rows
from functions.crm.employers import waiting
from functions.crm.index import Entry, Indexed, Portion, Projection
from functions.crm.references import named
from functions.crm.search import postings


def references(
    item: Mapping[str, Any], _indexed: Indexed
) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """Who names a record, deleted ones too: partition `REFERENCES#<record id>`, by type."""
    return [Entry(("REFERENCES", each), item["object"]) for each in sorted(named(item))], ()


PROJECTIONS: tuple[Projection, ...] = (
    rows, postings, references, board.project, lead_sources.project, blocks, waiting,
)  # fmt: skip
