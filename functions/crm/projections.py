"""All projections: what of a record is in the index (`functions.crm.index`).

A new projection is one more name in PROJECTIONS. What is in the table already gets its rows when
it changes next, or at once by `reelate reindex`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.crm.index import Entry, Indexed, Portion, Projection


def deleted(
    item: Mapping[str, Any], _indexed: Indexed
) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """Deleted records, by the time of their deletion: partition `<object>#DELETED`."""
    if "deleted_at" not in item:
        return (), ()
    return [Entry((item["object"], "DELETED"), item["deleted_at"], strands=True)], ()


PROJECTIONS: tuple[Projection, ...] = (deleted,)
