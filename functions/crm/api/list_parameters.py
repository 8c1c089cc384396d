"""The query parameters of lists: read from the request as they are, described in the document.

They are not FastAPI's own, which would look for each of a type's twenty at every request.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import Request

from functions.crm import due
from functions.crm.list_reading import MAX_VALUE
from functions.crm.listing import CREATED, Listing

_ELSEWHERE = frozenset({"limit", "cursor", "fields", "expand", "deleted"})
CUSTOM = ("custom.", "custom_min.", "custom_max.")


def asked(request: Request) -> dict[str, str]:
    """Return what a request asks of a list, but for its page and its form."""
    if not request.scope["query_string"]:
        return {}
    return {name: value for name, value in request.query_params.items() if name not in _ELSEWHERE}


def added(extra: dict[str, Any], listing: Listing) -> dict[str, Any]:
    """Return an operation's `openapi_extra` with a list's parameters."""
    return {**extra, "parameters": [*extra.get("parameters", ()), *_parameters(listing)]}


def _parameters(listing: Listing) -> Iterator[dict[str, Any]]:
    names = [CREATED, *(each.name for each in listing.sorts)]
    yield _parameter(
        "sort",
        "The order; `-` in front: downwards. Also `custom.<name>` of an indexed number, date or "
        "datetime.",
        pattern=rf"^-?({'|'.join(names)}|custom\.[a-z][a-z0-9_]{{0,63}})$",
        examples=["-updated_at"],
    )
    if listing.owned:
        yield _parameter("owner", "Belongs to this member; `me`: to you.", examples=["me"])
        yield _parameter("team", "Belongs to this team.")
    if listing.agenda:
        yield _parameter(
            "due",
            "Open tasks, the next one first: overdue by now, due today (late already or not), or "
            "due on a later day.",
            type="string",
            enum=list(due.AGENDA),
        )
        yield _parameter(
            "tz",
            "The time zone (IANA) whose day is meant by `due`; left out: UTC.",
            examples=["Europe/Berlin"],
        )
    for each in listing.filters:
        yield _parameter(each.name, each.about)
    for sort in (listing.sort(CREATED), *listing.sorts):
        if sort is not None and sort.bounds is not None:
            low, high = sort.bounds
            end = "to here, included" if sort.closed else "before this"
            yield _parameter(low, f"{sort.about} From here, included.")
            yield _parameter(high, f"{sort.about} Only {end}.")
    yield {
        "name": "custom",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": True,
        "description": "Custom fields: `custom.<name>=<value>`; of numbers, dates and datetimes "
        "also `custom_min.<name>` and `custom_max.<name>`, both ends included.",
        "x-prefixes": list(CUSTOM),
        "schema": {
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": MAX_VALUE},
            "propertyNames": {"pattern": r"^custom(_min|_max)?\.[a-z][a-z0-9_]{0,63}$"},
        },
    }


def _parameter(name: str, about: str, **schema: Any) -> dict[str, Any]:
    limits: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_VALUE}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": about,
        "schema": schema if "enum" in schema else {**limits, **schema},
    }
