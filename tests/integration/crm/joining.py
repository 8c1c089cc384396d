"""Associations as tests make and read them."""

from typing import Any

from tests.integration.gateway import Api


def body(from_: tuple[str, str], to: tuple[str, str], label: str = "related") -> dict[str, Any]:
    ends = [{"type": kind, "id": record_id} for kind, record_id in (from_, to)]
    return {"from": ends[0], "to": ends[1], "label": label}


def people_and_company(api: Api) -> tuple[str, str]:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    return contact, api.make("/v1/companies", {"name": "Harbor"})["id"]


def join(api: Api, from_: tuple[str, str], to: tuple[str, str], label: str = "related") -> Any:
    return api.make("/v1/associations", body(from_, to, label))


def listed(api: Api, path: str) -> list[tuple[str, str]]:
    return [(each["label"], each["to"]["id"]) for each in api.get(path).json["data"]]
