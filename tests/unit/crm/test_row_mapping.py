"""Rows as values and back: what an export writes an import reads as it was, whatever the type, the
encoding, the delimiter; and every row is values or says what is wrong with it."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.crm import export_columns, spreadsheet_cells
from functions.crm.cell_values import day, duration, instant, number
from functions.crm.csv_records import Format, Record, read
from functions.crm.import_targets import suggest, targets_of
from functions.crm.importables import IMPORTABLES
from functions.crm.row_mapping import Fault, Mapper, RowRefusedError, Values
from functions.crm.spreadsheet_cells import joined, parted
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.validation import validated

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req")
_SIGNS = "ab Zé李ß;,\"'\n=+-@|\t"
TEXT = st.text(alphabet=list(_SIGNS), min_size=1, max_size=20).map(str.strip).filter(bool)
WORD = st.text(alphabet=list("abcdefg"), min_size=1, max_size=8)
LIST = st.lists(TEXT.map(lambda text: " ".join(text.split())), max_size=3, unique_by=str.casefold)
MONEY = st.builds(
    lambda minor, currency: {"amount_minor": minor, "currency": currency},
    st.integers(0, 2**53 - 1),
    st.sampled_from(["EUR", "JPY", "KWD", "USD"]),
)
DAY = st.dates().filter(lambda each: each.year >= 1970).map(str)
INSTANT = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy wants naive ones
    max_value=datetime(2199, 1, 1),  # noqa: DTZ001 - as above
).map(lambda each: each.isoformat(timespec="milliseconds") + "Z")
CUSTOM = st.fixed_dictionaries(
    {},
    optional={
        "size": st.one_of(st.integers(-(2**53) + 1, 2**53 - 1),
                          st.floats(1e-90, 1e90).filter(lambda each: each != int(each))),
        "good": st.booleans(),
        "many": LIST.filter(bool),
        "text": TEXT,
    },
)  # fmt: skip
KINDS: Any = {"size": "number", "good": "boolean", "many": "list", "text": "text"}


def maybe(**fields: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return fields


_COMMON = maybe(external_id=TEXT, tags=LIST, custom=CUSTOM)
_PERSON = maybe(email=st.builds("{}@{}.example".format, WORD, WORD), title=TEXT)
_CALL = st.fixed_dictionaries(
    {"direction": st.sampled_from(["inbound", "outbound"])},
    optional=maybe(duration_ms=st.integers(0, 86_400_000), phone=st.just("+49 30 5550142"),
                   outcome=st.sampled_from(["connected", "left_voicemail"])),
)  # fmt: skip
_LINKS = st.lists(
    st.sampled_from(["contact", "company", "deal", "lead"]).map(
        lambda kind: {"type": kind, "id": new_id(IMPORTABLES[kind].kind.PREFIX)}
    ),
    max_size=3,
)
FIELDS: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "contact": st.fixed_dictionaries(
        {"name": TEXT},
        optional=_COMMON | _PERSON | maybe(company_id=st.builds(new_id, st.just("com"))),
    ),
    "company": st.fixed_dictionaries(
        {"name": TEXT}, optional=_COMMON | maybe(domain=WORD.map("{}.example".format))
    ),
    "lead": st.fixed_dictionaries(
        {"name": TEXT},
        optional=_COMMON | _PERSON
        | maybe(company_name=TEXT, source=WORD, source_detail=TEXT, stage=WORD,
                website=WORD.map("https://{}.example/a?b=c,d".format)),
    ),
    "deal": st.fixed_dictionaries(
        {"name": TEXT},
        optional=_COMMON
        | maybe(amount=MONEY, close_date=DAY, probability=st.integers(0, 100), stage=WORD,
                contact_ids=st.lists(st.builds(new_id, st.just("con")), max_size=3)),
    ),
    "activity": st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("call"), "call": _CALL, "occurred_at": INSTANT},
            optional=_COMMON | maybe(subject=TEXT, body=TEXT, links=_LINKS),
        ),
        st.fixed_dictionaries(
            {"type": st.just("task"), "subject": TEXT, "occurred_at": INSTANT,
             "task": st.fixed_dictionaries({}, optional=maybe(
                 due_at=INSTANT, priority=st.sampled_from(["low", "high"])))},
            optional=_COMMON,
        ),
    ),
    "product": st.fixed_dictionaries(
        {"name": TEXT},
        optional=_COMMON | maybe(price=MONEY, active=st.booleans(), sku=WORD, description=TEXT,
                                 billing=st.sampled_from(["once", "yearly"])),
    ),
}  # fmt: skip
FORMATS = [
    (encoding, delimiter)
    for encoding in ("utf-8", "utf-8-sig", "gb18030")
    for delimiter in (",", ";", "\t")
]


def mapped(record_type: str, head: list[str], shape: Format) -> Mapper:
    """Return a mapper by the suggestions for a header."""
    targets = targets_of(record_type, KINDS)
    found = suggest(head, [[] for _ in head], targets, {})
    mapping = [(each.column, each.field) for each in found if each.field != "id"]
    return Mapper(targets, mapping, len(head), shape)


def outcome(mapper: Mapper, row: Record) -> tuple[Values | None, tuple[Fault, ...]]:
    try:
        return mapper.values(row), ()
    except RowRefusedError as error:
        return None, error.faults


@pytest.mark.parametrize("record_type", IMPORTABLES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), form=st.sampled_from(FORMATS))
def test_what_an_export_writes_an_import_reads_as_it_was(
    record_type: str, data: st.DataObject, form: tuple[str, str]
) -> None:
    what, (encoding, delimiter) = IMPORTABLES[record_type], form
    told = validated(what.new, data.draw(FIELDS[record_type]))
    record = what.kind.of(told, CALLER)
    columns = export_columns.columns_of(what.kind, KINDS)
    written = spreadsheet_cells.lines([columns]) + export_columns.csv_line(
        record.model_dump(mode="json"), columns
    )
    raw = _redelimited(written, delimiter).encode(encoding)
    shape = Format(encoding.removesuffix("-sig"), 3 if encoding == "utf-8-sig" else 0, delimiter)

    head, row = read([raw[shape.bom :]], shape, offset=shape.bom)
    values = mapped(record_type, head.cells, shape).values(row)

    again = what.kind.of(validated(what.new, values.fields), CALLER)
    assert _own(again) == _own(record)


@given(
    st.lists(st.text(alphabet=list(_SIGNS + "\0\x0b\udc80"), max_size=12), min_size=1, max_size=14)
)
def test_every_row_is_values_or_says_what_is_wrong_with_it(cells: list[str]) -> None:
    head = ["Deal name", "Value", "Currency", "Close date", "Stage", "Company domain",
            "Contact email", "Tags", "Probability", "size", "good"]  # fmt: skip
    raw = _redelimited(spreadsheet_cells.lines([cells]), ",").encode("utf-8", "surrogateescape")
    rows = list(read([raw], Format()))
    mapper = mapped("deal", head, Format())
    for row in rows:
        values, faults = outcome(mapper, row)
        assert (values is None) == bool(faults)
        for fault in faults:
            assert fault.code
            assert fault.message.endswith(".")
            assert fault.column is None or 1 <= fault.column <= len(head)
            assert all(each.isprintable() for each in fault.value)


@given(st.lists(TEXT, max_size=5))
def test_lists_in_a_cell_come_back(values: list[str]) -> None:
    assert parted(joined(values)) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("vip; new,  old\nlast", ["vip", "new", "old", "last"]),
        ('"a, b"; c', ["a, b", "c"]),
        (' ;, "" ; x', ["x"]),
        ('say "hi"; x', ['say "hi"', "x"]),
    ],
)
def test_lists_are_read_as_people_write_them(text: str, values: list[str]) -> None:
    assert parted(text) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-12-31", "2026-12-31"),
        ("2026/1/2", "2026-01-02"),
        ("31.12.2026", "2026-12-31"),
        ("2026-12-31T23:00:00Z", "2026-12-31"),
    ],
)
def test_days_are_read_as_people_write_them(text: str, said: str) -> None:
    assert day(text) == said


@pytest.mark.parametrize("text", ["12/31/2026", "31/12/2026", "Dec 31", "1.2", ""])
def test_a_day_that_could_be_another_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="Write a date"):
        day(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-02 9:30", "2026-11-02T09:30:00Z"),
        ("2026-11-02T09:30:00+0100", "2026-11-02T09:30:00+01:00"),
        ("2026-11-02 09:30:01.5 UTC", "2026-11-02T09:30:01.5Z"),
    ],
)
def test_times_are_read_as_programs_write_them(text: str, said: str) -> None:
    assert instant(text) == said


def test_durations_are_milliseconds_or_clocks() -> None:
    assert [duration(each) for each in ("750000", "12:30", "01:12:30")] == [
        750_000, 750_000, 4_350_000,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="duration"):
        duration("half an hour")


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_numbers_mean_the_same_in_every_country(whole: int, cents: int) -> None:
    english, german = f"{whole:,}.{cents:02}", f"{whole:_}".replace("_", ".") + f",{cents:02}"

    assert number(english) == number(german) == number(f"{whole}.{cents:02}")


def _redelimited(text: str, delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(text, newline="")))
    return out.getvalue()


def _own(record: Any) -> dict[str, Any]:
    """Return what a record says of itself."""
    own: dict[str, Any] = record.model_dump(
        mode="json", exclude={"id", "created_at", "updated_at", "stage_entered_at", "rank"}
    )
    return own
