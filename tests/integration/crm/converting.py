"""Leads, and what is done with them in tests of conversions."""

from typing import Any

from tests.integration.gateway import Api

ADA = {
    "name": "Ada Lovelace", "email": "ada@big.example", "phone": "+49 30 5550142", "title": "CTO",
    "company_name": "Big", "company_domain": "big.example", "tags": ["fair"],
}  # fmt: skip
PASSING = ("version", "updated_at")


def lead(api: Api, **fields: Any) -> str:
    made: str = api.make("/v1/leads", {**ADA, **fields})["id"]
    return made


def convert(api: Api, lead_id: str, body: Any = None, **headers: str) -> Any:
    return api.post(f"/v1/leads/{lead_id}/convert", body or {}, **headers)


def unconvert(api: Api, lead_id: str, **headers: str) -> Any:
    return api.post(f"/v1/leads/{lead_id}/unconvert", **headers)


def counts(api: Api) -> tuple[int, ...]:
    names = ("contacts", "companies", "deals")
    return tuple(len(api.get(f"/v1/{name}").json["data"]) for name in names)


def steady(record: Any) -> Any:
    return {name: value for name, value in record.items() if name not in PASSING}
