"""/v1/record-settings."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Response

from functions.crm.record_settings import RecordSettings, RecordSettingsPatch, settings_id
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.shared.writes import Also


class SettingsStore(Protocol):
    """The settings of the caller's workspace."""

    def get(self, record_id: str) -> RecordSettings: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[RecordSettings], RecordSettings],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[RecordSettings],
    ) -> RecordSettings: ...


def routes(store: Callable[[Exchange], SettingsStore]) -> APIRouter:
    """Return the routes of the caller's workspace's settings of records."""
    api = router(tags=["fields"])

    @api.get(
        "/v1/record-settings", response_model=RecordSettings,
        name="get_record_settings", summary="Get the settings of records",
        description="How the workspace writes its records.",
        responses={**problems(), 304: {"description": "You have this version."}},
        openapi_extra=operation("fields:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Annotated[Exchange, asks("fields:read")]) -> Response:
        return ask.show(store(ask).get(settings_id(ask.caller.workspace)))

    @api.patch(
        "/v1/record-settings", response_model=RecordSettings,
        name="update_record_settings", summary="Change the settings of records",
        description="JSON Merge Patch (RFC 7396). Writers of records hold to it within 30 "
        "seconds; what is written already stays. Event: `record_settings.updated`.",
        responses=problems(400, 409, 412, 413, 415, 422),
        openapi_extra=operation("fields:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(
        ask: Annotated[Exchange, asks("fields:write")], body: RecordSettingsPatch
    ) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                settings_id(ask.caller.workspace),
                lambda old: old.patched(body),
                if_match=ask.if_match,
                also=also,
            )
        )

    return api
