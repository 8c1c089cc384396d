"""How the deletion of a record is undone, and how it is made final."""

from typing import Annotated

from fastapi import APIRouter, Response

from functions.crm.api.resource import Id, Resource
from functions.crm.model import CrmRecord
from functions.crm.ports import R
from functions.shared.errors import PreconditionRequiredError
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems


def names_of(record: CrmRecord) -> list[str]:
    """Return the ids under which a record has been known: its own, and those of what was merged
    into it."""
    return [record.id, *getattr(record, "merged_ids", ())]


def add(api: APIRouter, resource: Resource[R]) -> None:
    """Add `POST …/{id}/restore` and `POST …/{id}/purge` to a resource's routes."""
    one, path = resource.kind.OBJECT, f"{resource.path}/{{id}}"
    write, purges = f"{resource.name}:write", f"{resource.name}:purge"

    async def restore(ask: Annotated[Exchange, asks(write)], record_id: Id) -> Response:
        return ask.changed(
            lambda also: resource.store(ask).restore(record_id, if_match=ask.if_match, also=also)
        )

    async def purge(ask: Annotated[Exchange, asks(purges)], record_id: Id) -> Response:
        if ask.if_match is None:
            raise PreconditionRequiredError("Send `If-Match`: the version that is to be purged.")
        return ask.deleted(
            lambda also: resource.store(ask).purge(
                record_id,
                if_match=ask.if_match,
                also=lambda gone: [*map(ask.forgets, names_of(gone)), *also(gone)],
            )
        )

    api.add_api_route(
        f"{path}/restore", restore, methods=["POST"], response_model=resource.kind,
        name=f"restore_{one}", summary=f"Restore a {one}",
        description=f"Undoes a deletion of the last 30 days: the {one} is back in lists, its "
        "timeline goes on and its unique values are its own again; 409 when one of them is taken "
        f"by now. One that is not deleted stays as it is. Event: `{one}.restored`.",
        responses=problems(400, 404, 409, 412), openapi_extra=operation(
            write, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    api.add_api_route(
        f"{path}/purge", purge, methods=["POST"], status_code=204, response_class=Response,
        name=f"purge_{one}", summary=f"Purge a {one}",
        description=f"Makes a {one}, deleted or not, irrecoverable at once: its fields, its unique "
        "values and what the audit log knows of them; its timeline, its associations and what was "
        "merged into it follow within minutes. "
        f"`If-Match` says what you mean. Event: `{one}.purged`, which names it and no more.",
        responses=problems(400, 404, 409, 412, 428), openapi_extra=operation(
            purges, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
