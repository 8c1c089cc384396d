"""/v1/health, /v1/me."""

from fastapi import APIRouter, Response

from functions.identity.api.schemas import Health, Me
from functions.shared.exchange import Ask
from functions.shared.openapi import operation, problems
from functions.shared.web import router


def routes() -> APIRouter:
    """Return the routes that need no record."""
    api = router(tags=["identity"])

    @api.get(
        "/v1/health", response_model=Health, name="get_health", summary="Is the API up?",
        description="Answers without looking at any data; needs no credential.",
        openapi_extra={"security": []},
    )  # fmt: skip
    async def health() -> Response:
        return Response('{"status":"ok"}', media_type="application/json")

    @api.get(
        "/v1/me", response_model=Me, name="get_me", summary="Who am I?",
        description="The workspace, role and scopes of the credential.",
        responses=problems(), openapi_extra=operation(),
    )  # fmt: skip
    async def me(ask: Ask) -> Response:
        caller = ask.caller
        shown = Me(
            workspace=caller.workspace,
            actor=caller.actor,
            role=caller.role,
            scopes=sorted(caller.scopes),
        )
        return Response(shown.model_dump_json(), media_type="application/json")

    return api
