"""What imports and exports are told."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from functions.crm.fields import Fields
from functions.crm.jobs import Mode, OnDuplicates
from functions.crm.views import Filters

MAX_BYTES = 2 << 30
Encoding = Annotated[
    Literal[
        "utf-8", "utf-16-le", "utf-16-be", "cp1252", "iso8859-15", "cp1250", "iso8859-2",
        "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "mac-roman",
        "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
    ],
    Field(description="Told when detection is wrong."),
]  # fmt: skip
Filename = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
]
RecordType = Annotated[
    Literal["contact", "company", "lead", "deal", "activity", "product"],
    Field(description="What each row becomes, or each record is."),
]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=80)]
SizeBytes = Annotated[
    int, Field(ge=1, le=MAX_BYTES, description="Of the whole file; the address takes just that.")
]


class FileOptions(Fields):
    """How the file is written; what is left out is detected."""

    encoding: Encoding | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    quote: Literal['"', "'", ""] | None = None
    header: bool | None = None


class NewImport(Fields):
    record_type: RecordType
    mode: Mode = "create"
    match_on: FieldName | None = Field(
        default=None,
        description="The field by which a row of `update` and `upsert` finds its record.",
    )
    filename: Filename
    size_bytes: SizeBytes
    options: FileOptions = FileOptions()


class MappedColumn(Fields):
    """A column of the file, from 1, and the field that it becomes."""

    column: Annotated[int, Field(ge=1, le=500)]
    field: FieldName


class ImportChoice(Fields):
    """How rows become records; what is left out is as the import was opened, or suggested."""

    mapping: Annotated[list[MappedColumn], Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="Left out: the suggestions."
    )
    mode: Mode | None = None
    match_on: FieldName | None = None
    defaults: Annotated[
        dict[FieldName, Annotated[str, StringConstraints(min_length=1, max_length=500)]],
        Field(max_length=50),
    ] = Field(
        default_factory=dict,
        description="What a new record gets for a field that its row leaves empty, or that no "
        "column is; written as in a cell.",
    )
    empty_cells: Literal["keep", "clear"] = Field(
        default="keep", description="What an empty cell does to the record's value."
    )
    fallback_encoding: Encoding | None = Field(
        default=None,
        description="For cells that are not in the file's encoding; without it their rows are "
        "refused.",
    )
    duplicates: OnDuplicates | None = Field(
        default=None,
        description="What is done with a row that would make a contact, company or lead that may "
        "be there already, or in an earlier row: `ignore` nothing, `warn` it is made and the "
        "report names the candidates, `deny` it is refused when one is likely "
        "(`possible_duplicate`). Left out: the workspace's policy "
        "(`/v1/record-settings`). You need `merges:write` to do less than a policy of `deny`.",
    )
    new_sources: Literal["refuse", "create"] = Field(
        default="refuse",
        description="What is done with a lead whose `source` nobody has declared "
        "(`/v1/lead-sources`): its row is refused (`unknown_source`), or the source is made. You "
        "need `lead_rules:write` for that.",
    )


class ArrivedPart(Fields):
    part_number: Annotated[int, Field(ge=1, le=10_000)]
    etag: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ImportUpload(Fields):
    parts: Annotated[list[ArrivedPart], Field(min_length=1, max_length=1_000)]


class NewExport(Fields):
    record_type: RecordType
    format: Literal["csv", "jsonl"] = "csv"
    fields: Annotated[list[FieldName], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="In this order; left out: all. Custom ones as `custom.<name>`."
    )
    filters: Filters = Field(default_factory=dict)
    sort: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        default=None, description="As the list's `sort`; left out: the list's own order."
    )


__all__ = ["ImportChoice", "ImportUpload", "NewExport", "NewImport"]
