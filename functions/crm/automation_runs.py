"""Running automations: what an event sets off, each action once, and the log of it.

Whether an automation runs on an event is decided once and written down first, since the record
changes as it runs. An action and the note that it was done are one transaction, under the event,
the automation and the action's position. So what is delivered twice does nothing twice, and what
broke off goes on. What cannot be done (a value
that the record does not take, a member who is gone) is written into the log and not tried again;
what may be done later (a table that does not answer) is raised, and the message comes again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from functions.crm import elapsed
from functions.crm.automation import Automation, Cause
from functions.crm.conditions import facts_of, holds, read_by
from functions.shared.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    ReelateError,
    TooLargeError,
)

# Refusals that another try would meet again.
_FINAL = (ConflictError, InvalidError, NotFoundError, TooLargeError)


class ActionResult(BaseModel):
    """What became of one action."""

    model_config = ConfigDict(frozen=True)

    type: str
    outcome: Literal["done", "failed"]
    reason: str | None = None  # the refusal's code


class Run(BaseModel):
    """What an automation did on one event, or why it did nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    object: str = "automation_run"
    automation_id: str
    event_id: str
    event_type: str
    record: Mapping[str, str]
    occurred_at: str
    outcome: Literal["running", "done", "failed", "skipped"]
    reason: str | None = None  # of one that was skipped: condition, loop, too_deep, hourly_limit
    actions: Sequence[ActionResult] = ()
    chain: Sequence[str] = ()  # the automations that led to the event, the latest last


class Hands(Protocol):
    """What actions are done with, in one workspace."""

    def record(self, kind: str, record_id: str) -> Mapping[str, Any] | None:
        """Return a live record as it is stored now."""

    def within_limit(self) -> bool:
        """Count one more run; say whether this hour has room for it."""

    def act(self, automation: Automation, position: int, event: Mapping[str, Any]) -> None:
        """Do an action once. Raises a ReelateError when it is refused."""

    def last_activity(self, record_id: str) -> str | None:
        """Return when the newest activity about a record was made."""

    def decide(self, run: Run) -> Run:
        """Write down what was decided on an event, before anything is done; returns what was
        decided before, where that is so: the record has changed since, by this very run."""

    def log(self, run: Run) -> None:
        """Write down what became of a run."""


def run_all(
    event: Mapping[str, Any], automations: Sequence[Automation], hands: Hands, moment: datetime
) -> int:
    """Run what an event (the bus's `detail`) sets off; returns how many automations ran. `moment`
    is when: what conditions read of time follows from it."""
    wanted = [each for each in automations if each.enabled and event["type"] in each.when]
    if not wanted:
        return 0
    subject = event["subject"]
    record = hands.record(subject["type"], subject["id"])
    if record is None:
        return 0  # gone meanwhile: there is nothing to act on
    done = 0
    for each in wanted:
        reason = _why_not(each, event, record, hands, moment)
        run = hands.decide(
            Run(
                automation_id=each.id,
                event_id=event["id"],
                event_type=event["type"],
                record={"type": subject["type"], "id": subject["id"]},
                occurred_at=event["occurred_at"],
                outcome="skipped" if reason else "running",
                reason=reason,
                chain=Cause.of(event).chain,
            )
        )
        if run.outcome != "running":
            continue
        results = [_act(hands, each, position, event) for position in range(len(each.actions))]
        failed = any(result.outcome == "failed" for result in results)
        outcome = {"outcome": "failed" if failed else "done", "actions": results}
        hands.log(run.model_copy(update=outcome))
        done += 1
    return done


def _why_not(
    automation: Automation,
    event: Mapping[str, Any],
    record: Mapping[str, Any],
    hands: Hands,
    moment: datetime,
) -> str | None:
    stopped = Cause.of(event).stops(automation.id)
    if stopped:
        return stopped
    if automation.condition is not None:
        known = facts_for(automation.condition, record, moment, hands.last_activity)
        if not holds(automation.condition, known):
            return "condition"
    return None if hands.within_limit() else "hourly_limit"


def facts_for(
    condition: Mapping[str, Any],
    record: Mapping[str, Any],
    moment: datetime,
    last_activity: Callable[[str], str | None],
) -> dict[str, Any]:
    """Return the facts that a condition reads of a record (as JSON) at a moment."""
    wanted = read_by(condition)
    known = {**facts_of(record), **elapsed.facts(record, wanted, moment, last_activity)}
    return {name: known[name] for name in sorted(wanted) if name in known}


def _act(
    hands: Hands, automation: Automation, position: int, event: Mapping[str, Any]
) -> ActionResult:
    action = automation.actions[position]
    try:
        hands.act(automation, position, event)
    except ReelateError as error:
        if not isinstance(error, _FINAL):
            raise
        return ActionResult(type=action.type, outcome="failed", reason=error.code)
    return ActionResult(type=action.type, outcome="done")
