"""How a workspace writes its records: where phone numbers without a country code are dialled, and
what happens to a new record that may be there already."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints

from functions.crm.fields import Fields
from functions.crm.phone_numbers import known_region
from functions.shared.ids import derived_id
from functions.shared.merge_patch import merge
from functions.shared.record import Record

_BORN = "2026-11-24T00:00:00.000Z"

Region = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}$"),
    AfterValidator(known_region),
    Field(
        description="Where a phone number without a country code is dialled (ISO 3166-1 alpha-2); "
        "null: such numbers are refused.",
        examples=["DE"],
    ),
]


Policy = Literal["off", "warn", "deny"]


class DuplicatePolicies(Fields):
    """What happens when a record is made that may be there already, by type of record."""

    contact: Policy = "off"
    company: Policy = "off"
    lead: Policy = "off"


class DuplicatePoliciesPatch(Fields):
    """What changes of the policies; null: as from the start."""

    contact: Policy | None = None
    company: Policy | None = None
    lead: Policy | None = None


LinkPolicy = Annotated[
    Literal["off", "link", "create"],
    Field(
        description="What becomes of a contact without a company whose e-mail address is at a "
        "domain of its own (not one of free mail): `link` it gets the company that owns the "
        "domain, also when that comes later; `create` where there is none it is made. A lead gets "
        "the association `works_at`. Within a minute, as a change with `source` `automatic`. What "
        "somebody has set stays."
    ),
]


class RecordSettingsPatch(Fields):
    """What changes of the settings."""

    phone_region: Region | None = None
    duplicates: DuplicatePoliciesPatch | None = Field(
        default=None,
        description="By type, what happens when a record is made that may be there already: `off` "
        "nothing, `warn` it is made and its reply names the candidates, `deny` it is refused when "
        "one is likely (409 `possible_duplicate`).",
    )
    link_companies_by_domain: LinkPolicy | None = Field(default=None, description="null: `off`.")


class RecordSettings(Record):
    """A workspace's settings of its records; there is one such record from the start."""

    PREFIX: ClassVar[str] = "rst"
    OBJECT: ClassVar[str] = "record_settings"

    phone_region: str | None = None
    duplicates: DuplicatePolicies = DuplicatePolicies()
    link_companies_by_domain: LinkPolicy = "off"

    def patched(self, patch: RecordSettingsPatch) -> Self:
        """Return the next version, or this very one when nothing changes."""
        own = self.model_dump(include=set(RecordSettingsPatch.model_fields))
        wanted = merge(own, patch.model_dump(exclude_unset=True))
        policies = DuplicatePolicies(**wanted.get("duplicates") or {}).model_dump()
        told = {
            "phone_region": wanted.get("phone_region"),
            "duplicates": policies,
            "link_companies_by_domain": wanted.get("link_companies_by_domain") or "off",
        }
        return self if told == own else self.changed(**told)


def settings_id(workspace: str) -> str:
    """Return the id of a workspace's settings."""
    return derived_id(RecordSettings.PREFIX, f"record_settings:{workspace}")


def first_settings(workspace: str) -> RecordSettings:
    """Return a workspace's settings as they are until changed."""
    return RecordSettings(
        id=settings_id(workspace),
        object=RecordSettings.OBJECT,
        created_at=_BORN,
        updated_at=_BORN,
        created_by={"type": "system", "id": "reelate"},
        version=1,
    )
