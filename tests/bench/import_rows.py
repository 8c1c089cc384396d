"""Rows of an import: our own CPU for each, against a DynamoDB that answers at once.

`python -m tests.bench.import_rows` prints rows a second of one worker's own CPU: reading, mapping,
validating, building the transactions and their wire form, everything but waiting; the same with
`duplicates: deny`, where the table answers that nobody is like a row; and rows a second of the scan
before it, which then looks for doubles within the file.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from functions.crm.bulk import Importable
from functions.crm.csv_records import Format, cut, read
from functions.crm.dynamodb_bulk_types import Lookups, opened
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_duplicates import DynamoDuplicates
from functions.crm.dynamodb_jobs import Ledger
from functions.crm.import_rows.likenesses import BLOCK, COMPARED, Likenesses
from functions.crm.import_rows.logic import Rows
from functions.crm.import_targets import targets_of
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Choice, Column, FileFormat, Import, Mapped, OnDuplicates
from functions.crm.matching import Matcher
from functions.crm.piecework import Lane
from functions.crm.rapidfuzz_texts import similarity
from functions.crm.reception import CustomTargets
from functions.crm.row_mapping import Mapper
from functions.crm.split_import.logic import split
from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.table import Table
from tests.bench.dynamodb_stub import WORKSPACE, running
from tests.integration.cloud import environment

BUDGET = 5_000  # rows a second
ROWS = 6_000
_READS = frozenset({"contacts:read"})
_MAPPED = ("name", "email", "title", "external_id")


class _Nobody:
    def missing(self, records: Any, **_: Any) -> list[Any]:
        return []

    def shown(self, records: Any) -> dict[str, Any]:
        return {}


def measure(rows: int = ROWS) -> dict[str, float]:
    """Return the budget and the rows a second of CPU, with and without botocore's share."""
    with running() as url, environment(AWS_ENDPOINT_URL=url):
        table = Table(aws.client("dynamodb"), "reelate-local-crm", WORKSPACE)
        whole = _seconds(table, rows)
        ours = _seconds(Table(_Silent(), "reelate-local-crm", WORKSPACE), rows)
        looking = _seconds(Table(_Silent(), "reelate-local-crm", WORKSPACE), rows, looks=True)
    return {
        "budget": BUDGET,
        "rows_per_s": rows / ours,
        "with_botocore_per_s": rows / whole,
        "with_duplicates_per_s": rows / looking,
        "split_per_s": rows / _splitting(rows, "ignore"),
        "split_with_duplicates_per_s": rows / _splitting(rows, "deny"),
    }


class _Silent:
    """A client that takes what it is given and says yes."""

    def transact_write_items(self, **_: Any) -> Any:
        return {}

    def get_item(self, **_: Any) -> Any:
        return {}

    def query(self, **_: Any) -> Any:
        return {"Items": []}


def _file(rows: int) -> bytes:
    text = "name,email,title,external_id\n" + "".join(
        f'"Lovelace, Ada {n}",ada{n}@example.com,"Head of ""Ops""",row-{n}\n' for n in range(rows)
    )
    return text.encode()


class _Files:
    """The exchange bucket with one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def size(self, _key: str) -> None:
        return None

    def blocks(self, _key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        yield self._data[start:end]

    def put_json(self, _key: str, value: Any) -> None:
        json.dumps(value)

    def put_blocks(self, *_: Any) -> int:
        raise NotImplementedError


def _splitting(rows: int, duplicates: OnDuplicates) -> float:
    data = _file(rows)
    job = _job(len(data), duplicates).model_copy(
        update={"columns": [Column(column=n, name=name) for n, name in enumerate(_MAPPED, 1)],
                "format": FileFormat(encoding="utf-8", delimiter=",", quote='"', header=True)}
    )  # fmt: skip
    similarity("a", "b")  # is loaded
    started = time.process_time()
    split(job, WORKSPACE, _Files(data), CustomTargets({}, {}), similarity, lambda: None)
    return time.process_time() - started


def _job(size: int, duplicates: OnDuplicates) -> Import:
    caller = Caller(WORKSPACE, "key_bench", "admin", _READS, "job_bench")
    mapped = [Mapped(column=n, field=name) for n, name in enumerate(_MAPPED, start=1)]
    choice = Choice(mapping=mapped, mode="create", match_on="email", duplicates=duplicates)
    return Import.born(
        caller, record_type="contact", state="running", mode="create", filename="a.csv",
        size_bytes=size, choice=choice.model_dump(), act="run",
    )  # fmt: skip


def _seconds(table: Table, rows: int, *, looks: bool = False) -> float:
    data, shape = _file(rows), Format()
    records = list(read([data], shape))[1:]
    pieces = list(cut(records, 2_000))
    what: Importable = IMPORTABLES["contact"]
    caller = Caller(WORKSPACE, "key_bench", "admin", _READS, "job_bench")
    job = _job(len(data), "deny" if looks else "ignore")
    choice = Choice.model_validate(job.choice)
    finder = DynamoDuplicates(table, caller, similarity, block=BLOCK, compared=COMPARED)
    known, custom = targets_of("contact", {}), CustomTargets({}, {})
    store, _ = opened(table, "contact", caller, people=_Nobody(), staff=_Nobody())
    task = Rows(
        job=job,
        choice=choice,
        what=what,
        mapper=Mapper(known, [(each.column, each.field) for each in choice.mapping], 4, shape),
        store=store,
        named=Lookups(table, caller).ids,
        form=Matcher(what, "email", custom).of_value,
        blocks=lambda start, end: [data[start:end]],
        twins={},
        likenesses=Likenesses(finder.matches, {}, deny=True) if looks else None,
    )
    lane = Lane(_Quick(table, job.id, "1"), task, pieces, lambda: False, lambda: True, _at_once)
    definitions_of(Table(_Silent(), table.name, WORKSPACE))  # none; the stub would say a contact
    started = time.process_time()
    lane.work(0, 1)
    return time.process_time() - started


class _Quick(Ledger):
    """A ledger without its reads: the stub answers them with a contact."""

    def cursors(self) -> dict[int, Any]:
        return {}

    def cursor(self, piece: int) -> None:
        return None


def _at_once(_rows: int) -> None:
    return


if __name__ == "__main__":
    found = measure()
    sys.stdout.write(json.dumps({name: round(value) for name, value in found.items()}) + "\n")
    sys.exit(found["rows_per_s"] < BUDGET)
