"""All projections: what of a record is in the index (`functions.crm.index`).

A new projection is one more name in PROJECTIONS. What is in the table already gets its rows when
it changes next, or at once by `reelate reindex`.
"""

from functions.crm import board
from functions.crm.declared_lists import rows
from functions.crm.index import Projection
from functions.crm.search import postings

PROJECTIONS: tuple[Projection, ...] = (rows, postings, board.project)
