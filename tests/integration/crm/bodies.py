"""Valid bodies of new records."""

from typing import Any

from tests.integration.gateway import Api

RESOURCES = ["contacts", "companies", "deals", "notes"]
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
    *[("GET", f"/v1/{resource}/ID/timeline") for resource in ("contacts", "companies", "deals")],
    ("POST", "/v1/deals/ID/move"),
    ("GET", "/v1/deals/ID/stage-history"),
]


def body_for(api: Api, resource: str, **more: Any) -> dict[str, Any]:
    """Return a valid body of a new record; a note's contact is created for it."""
    if resource == "notes":
        contact = api.make("/v1/contacts", {"name": "Concerned"})
        return {"body": "Called back.", "links": [{"type": "contact", "id": contact["id"]}], **more}
    return {"name": "Ada Lovelace", **more}


def sendable(api: Api, method: str, path: str) -> dict[str, Any] | None:
    """Return a body that a route takes."""
    if path.endswith("/move"):
        return {"stage": "won"}
    if path.endswith("/batch"):
        resource = path.split("/")[2]
        return {"operations": [{"op": "create", "body": body_for(api, resource)}]}
    if method == "POST":
        return body_for(api, path.removeprefix("/v1/"))
    if method == "PATCH":
        return {"body": "New"} if "notes" in path else {"name": "New"}
    return None
