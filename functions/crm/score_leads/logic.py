"""A changed scoring rule reaches the leads that nobody writes: each is scored anew, and written
where its score is another.

One run goes through all leads of a workspace, page by page; after
each page it notes how far it is, so that the next attempt goes on from there. Writes are paced, so
that a large workspace's leads leave room for its callers. A run that begins after a change has
regarded it: the messages of many changes cause few runs.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.crm.lead_rules import ScoringRule
from functions.crm.model import Lead
from functions.crm.scoring import Run
from functions.shared.clock import iso, now
from functions.shared.errors import NotFoundError
from functions.shared.paging import MAX_LIMIT, Page

# How long after its write a rule may still be missing from the list of them.
LAG = timedelta(seconds=10)


class UnfinishedError(Exception):
    """The time was over before the last lead; the same message goes on from there."""


class Runs(Protocol):
    """The last run of one workspace."""

    def last(self) -> Run | None: ...
    def note(self, run: Run) -> None: ...


class LeadStore(Protocol):
    """The leads of one workspace, as the system sees them."""

    def page(self, *, limit: int, start: Mapping[str, Any] | None) -> Page[Lead]: ...
    def change(self, record_id: str, edit: Callable[[Lead], Lead], *, event: str) -> Lead: ...


def score_all(
    changed_at: str,
    rules: Sequence[ScoringRule],
    leads: LeadStore,
    runs: Runs,
    in_time: Callable[[], bool],
    pace: Callable[[], None],
) -> int | None:
    """Score all leads by rules that were changed at a moment; return how many were written now,
    None when a run that began later has done so. `pace` is called before each write.

    Raises UnfinishedError when `in_time` says that the time is over.
    """
    run = runs.last()
    since = datetime.fromisoformat(changed_at) + LAG
    if run is None or datetime.fromisoformat(run.began_at) < since:
        run = Run(began_at=iso(now()))
    elif run.done:
        return None
    written = 0
    while True:
        page = leads.page(limit=MAX_LIMIT, start=run.position)
        for lead in page.items:
            if not in_time():
                raise UnfinishedError
            if lead.rescored(rules) is not lead:
                pace()
                written += _write(lead, rules, leads)
        run = run.model_copy(update={"position": page.position, "done": page.position is None})
        runs.note(run)
        if run.done:
            return written


def _write(lead: Lead, rules: Sequence[ScoringRule], leads: LeadStore) -> int:
    try:
        leads.change(lead.id, lambda old: old.rescored(rules), event="scored")
    except NotFoundError:  # deleted meanwhile
        return 0
    return 1
