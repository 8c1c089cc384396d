"""What activities have besides the common routes: a task is done, given up, or open again."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Response

from functions.crm.api.resources import CHANGE, Id
from functions.crm.model import Activity, TaskStatus
from functions.crm.ports import Store
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation
from functions.shared.web import router

_WRITE = "activities:write"
# act: (the state it leads to, the event it makes, what it does)
_ACTS: dict[str, tuple[TaskStatus, str, str]] = {
    "complete": ("done", "completed", "The task is done, now."),
    "cancel": ("cancelled", "cancelled", "The task will not be done."),
    "reopen": ("open", "reopened", "The task, done or cancelled, is to be done again."),
}


def routes(store: Callable[[Exchange], Store[Activity]]) -> APIRouter:
    """Return the routes `POST /v1/activities/{id}/complete`, `…/cancel` and `…/reopen`."""
    api = router(tags=["activities"])
    for name, (status, event, meaning) in _ACTS.items():
        _add(api, store, name, status, event, meaning)
    return api


def _add(
    api: APIRouter,
    store: Callable[[Exchange], Store[Activity]],
    name: str,
    status: TaskStatus,
    event: str,
    meaning: str,
) -> None:
    async def act(ask: Annotated[Exchange, asks(_WRITE)], record_id: Id) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                record_id,
                lambda activity: activity.in_state(status),
                event=event,
                if_match=ask.if_match,
                also=also,
            )
        )

    api.add_api_route(
        f"/v1/activities/{{id}}/{name}", act, methods=["POST"], response_model=Activity,
        name=f"{name}_activity", summary=f"{name.capitalize()} a task",
        description=f"{meaning} What is so already stays as it is; 409 `not_a_task` for another "
        f"type of activity. Event: `activity.{event}`.",
        responses=CHANGE, openapi_extra=operation(_WRITE, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
