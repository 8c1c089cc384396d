"""All projections: what of a record is in the index (`functions.crm.index`).

A new projection is one more name in PROJECTIONS. Records that are there already get its rows when
they change next, or when λ reindex goes through their type.
"""

from functions.crm import board
from functions.crm.declared_lists import rows
from functions.crm.index import Projection
from functions.crm.search import postings

PROJECTIONS: tuple[Projection, ...] = (rows, postings, board.project)
