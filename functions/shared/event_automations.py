"""The events of automations, which the crm context publishes."""

from pydantic import Field

from functions.shared.event_payloads import Link, Payload, Published, entries


class AutomationPayload(Payload):
    name: str
    record_type: str
    when: list[str] = Field(default_factory=list)
    enabled: bool = True


class EmittedPayload(Payload):
    """What an automation says; `id` and `version` are its own."""

    name: str
    payload: dict[str, str | bool | int | float | None] = Field(default_factory=dict)
    record: Link


EVENTS: dict[str, Published] = {
    **entries(
        "crm",
        AutomationPayload,
        {
            "automation.created": "An automation was made.",
            "automation.updated": "An automation was changed, turned on or off.",
            "automation.deleted": "An automation was deleted.",
        },
    ),
    **entries(
        "crm",
        EmittedPayload,
        {"automation.emitted": "An automation emitted an event of the workspace's own."},
    ),
}
