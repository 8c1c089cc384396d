"""Valid bodies of new records."""

from typing import Any

from tests.integration.gateway import Api

RESOURCES = ["contacts", "companies", "deals", "leads", "activities", "products"]
EVERY_ROUTE = [
    *[
        (method, path.format(resource=resource))
        for resource in RESOURCES
        for method, path in (
            ("GET", "/v1/{resource}"),
            ("POST", "/v1/{resource}"),
            ("GET", "/v1/{resource}/ID"),
            ("PATCH", "/v1/{resource}/ID"),
            ("DELETE", "/v1/{resource}/ID"),
            ("POST", "/v1/{resource}/batch"),
        )
    ],
    *[
        ("GET", f"/v1/{resource}/ID/timeline")
        for resource in ("contacts", "companies", "deals", "leads")
    ],
    ("POST", "/v1/deals/ID/move"),
    *[("POST", f"/v1/activities/ID/{act}") for act in ("complete", "cancel", "reopen")],
    ("GET", "/v1/deals/ID/stage-history"),
    ("POST", "/v1/leads/ID/move"),
    ("GET", "/v1/leads/ID/stage-history"),
    ("POST", "/v1/leads/ID/assign"),
    ("POST", "/v1/leads/ID/convert"),
    ("POST", "/v1/leads/ID/unconvert"),
    ("GET", "/v1/deals/ID/line-items"),
    ("POST", "/v1/deals/ID/line-items"),
    ("PATCH", "/v1/deals/ID/line-items/LINE"),
    ("DELETE", "/v1/deals/ID/line-items/LINE"),
]


def body_for(api: Api, resource: str, **more: Any) -> dict[str, Any]:
    """Return a valid body of a new record; an activity's contact is created for it."""
    if resource == "activities":
        contact = api.make("/v1/contacts", {"name": "Concerned"})
        links = [{"type": "contact", "id": contact["id"]}]
        return {"type": "task", "subject": "Call back.", "links": links, **more}
    return {"name": "Ada Lovelace", **more}


def sendable(api: Api, method: str, path: str) -> dict[str, Any] | None:
    """Return a body that a route takes."""
    if path.endswith(("/complete", "/cancel", "/reopen", "/assign", "/unconvert")):
        return None
    if path.endswith("/move"):
        return {"stage": "converted" if "leads" in path else "won"}
    if path.endswith("/convert"):
        return {}
    if "/line-items" in path:
        line = {"description": "Seat", "unit_price": {"amount_minor": 5, "currency": "EUR"}}
        return {"POST": line, "PATCH": {"quantity": "2"}}.get(method)
    if path.endswith("/batch"):
        resource = path.split("/")[2]
        return {"operations": [{"op": "create", "body": body_for(api, resource)}]}
    if method == "POST":
        return body_for(api, path.removeprefix("/v1/"))
    if method == "PATCH":
        return {"subject": "New"} if "activities" in path else {"name": "New"}
    return None


def target(api: Api, path: str, record: str) -> str:
    """Return a route's path with a record's id, and with that of a line item made for it."""
    if path.endswith("/LINE"):
        lines = path.replace("ID", record).removesuffix("/LINE")
        return f"{lines}/{api.make(lines, sendable(api, 'POST', lines))['id']}"
    return path.replace("ID", record)
