"""Makes the plan of an import's act."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from typing import Any, Literal, Protocol

from functions.crm import plan
from functions.crm.csv_format import WIDE
from functions.crm.csv_records import Record, narrowed, read
from functions.crm.duplicates import RESOURCES
from functions.crm.exchange_keys import plan_key, readable_key, source_key
from functions.crm.file_doubles import Doubles
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Import
from functions.crm.likeness import Similarity
from functions.crm.matching import Matcher
from functions.crm.phone_numbers import e164
from functions.crm.plan import TooManyRowsError
from functions.crm.reception import CustomTargets, targets
from functions.crm.row_mapping import Mapper, RowRefusedError
from functions.shared import natural_keys

Outcome = Literal["ok", "too_many_rows", "stopped"]


class Files(Protocol):
    """The exchange bucket."""

    def size(self, key: str) -> int | None: ...
    def blocks(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]: ...
    def put_blocks(self, key: str, blocks: Iterable[bytes], content_type: str) -> int: ...
    def put_json(self, key: str, value: Any) -> None: ...


def split(
    job: Import,
    workspace: str,
    files: Files,
    custom: CustomTargets,
    similar: Similarity,
    region: Callable[[], str | None],
) -> Outcome:
    """Write the plan of the current act, unless it is there: of a run that is resumed. `region` is
    where phone numbers without a country code are dialled."""
    if job.state not in ("previewing", "running"):
        return "stopped"
    if files.size(plan_key(job, workspace)) is not None:
        return "ok"
    readable = readable_key(job, workspace)
    if job.format is not None and job.format.encoding in WIDE and files.size(readable) is None:
        _narrow(job, workspace, files, readable)
    shape = job.reading
    records = rows_of(job, read(files.blocks(readable, shape.bom), shape, offset=shape.bom))
    try:
        looked = _doubles(job, custom, similar, region)
        made = plan.make(records, _key_of(job, custom), doubles=looked)
    except TooManyRowsError:
        return "too_many_rows"
    files.put_json(plan_key(job, workspace), made.as_json())
    return "ok"


def rows_of(job: Import, records: Iterator[Record]) -> Iterator[Record]:
    """Return the records that are rows: without the header."""
    header = job.format is not None and job.format.header
    return islice(records, 1, None) if header else records


def _narrow(job: Import, workspace: str, files: Files, readable: str) -> None:
    assert job.format is not None  # noqa: S101 - narrows the type
    blocks = files.blocks(source_key(workspace, job.id))
    first = next(blocks, b"")
    if job.format.byte_order_mark:
        first = first[2:]
    files.put_blocks(readable, narrowed(chain([first], blocks), job.format.encoding), "text/csv")


def _key_of(job: Import, custom: CustomTargets) -> Any:
    choice = job.choice
    match = choice and choice.match_on
    mapped = [(each.column, each.field) for each in choice.mapping] if choice else []
    if match is None or match not in {field for _, field in mapped}:
        return None
    mapper = Mapper(targets(job, custom), mapped, len(job.columns), job.reading)
    matcher = Matcher(IMPORTABLES[job.record_type], match, custom)

    def key(record: Record) -> str | None:
        text = mapper.key_of(record, match)
        form = None if text is None else matcher.of_text(text)
        return None if form is None else str(form)

    return key


def _doubles(
    job: Import, custom: CustomTargets, similar: Similarity, region: Callable[[], str | None]
) -> Doubles | None:
    choice = job.choice
    if choice is None or choice.duplicates == "ignore" or job.record_type not in RESOURCES:
        return None
    mapped = [(each.column, each.field) for each in choice.mapping]
    mapper = Mapper(
        targets(job, custom), mapped, len(job.columns), job.reading, choice.fallback_encoding
    )
    forms: Mapping[str, Callable[[str], str]] = {
        "email": natural_keys.email,
        "domain": natural_keys.domain,
        "company_domain": natural_keys.domain,
        "phone": partial(e164, region=region()),
    }

    def fields(record: Record) -> Mapping[str, Any] | None:
        try:
            values = mapper.values(record)
        except RowRefusedError:
            return None
        told = dict(values.fields)
        for each in values.named:  # a contact's company, as far as the row says which
            if each.refers.record_type == "company" and each.refers.by == "domain":
                told["company_domain"] = each.texts[0]
        for name, form in forms.items():
            if name in told:
                text = told.pop(name)
                with suppress(ValueError):  # its row is refused for it, by whoever writes rows
                    told[name] = form(text)
        return told

    return Doubles(job.record_type, fields, similar)


__all__ = ["Outcome", "rows_of", "split"]
