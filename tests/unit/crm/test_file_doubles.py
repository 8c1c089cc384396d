"""Rows of a file that are like earlier ones: found as if every two had been compared."""

import json
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.crm import plan
from functions.crm.blocking import keys_of
from functions.crm.csv_records import Format, read
from functions.crm.file_doubles import BLOCK, Doubles
from functions.crm.likeness import POSSIBLE, Traits, compared
from functions.crm.rapidfuzz_texts import similarity

people = st.fixed_dictionaries(
    {"name": st.sampled_from(["Ada Smith", "Smith, Ada", "Ada Smyth", "John Meier", "Jon Meyer"])},
    optional={
        "email": st.sampled_from(["ada@harbor.example", "ada+x@harbor.example", "j@quay.example"]),
        "phone": st.sampled_from(["+4930555", "+4930556"]),
    },
)


def looked(rows: list[Any], **bounds: int) -> Doubles:
    doubles = Doubles("contact", lambda record: record.fields, similarity, **bounds)
    for row, fields in enumerate(rows, start=1):
        doubles.see(row, SimpleNamespace(line=row + 1, fields=fields))
    return doubles


@given(st.lists(people, max_size=BLOCK // 2))
def test_of_earlier_rows_that_share_a_key_the_likest_is_found(rows: list[Any]) -> None:
    traits = [Traits.of({**each, "object": "contact"}) for each in rows]
    best = {}
    for later, mine in enumerate(traits):
        scores = {
            earlier: compared(mine, other, similarity)[0]
            for earlier, other in enumerate(traits[:later])
            if {*keys_of(mine)} & {*keys_of(other)}
        }
        if scores and max(scores.values()) >= POSSIBLE:
            best[later + 1] = max(scores.values())

    found = looked(rows).found

    assert {row: double.score for row, double in found.items()} == best
    for row, double in found.items():
        assert double.line == double.row + 1 <= row
        mine, other = traits[row - 1], traits[double.row - 1]
        assert compared(mine, other, similarity)[0] == double.score


def test_at_least_as_many_rows_as_are_said_are_remembered_and_not_all() -> None:
    ada = {"name": "Ada Smith", "email": "ada@harbor.example"}
    others = [{"name": f"{chr(97 + n)}q{chr(97 + n)} w{n}"} for n in range(10)]

    near = looked([ada, *others[:5], ada], window=5)
    far = looked([ada, *others, ada], window=5)

    assert near.found[7].line == 2
    assert far.found == {}


def test_rows_that_say_nothing_and_rows_beyond_the_last_are_not_looked_at() -> None:
    ada = {"name": "Ada Smith", "email": "ada@harbor.example"}

    assert looked([None, ada, None, ada]).found.keys() == {4}
    assert looked([ada, ada, ada], most=2).found.keys() == {2}


def test_a_plan_says_the_same_of_a_file_whatever_pieces_it_is_cut_into() -> None:
    text = b"Ada Smith\nJohn Meier\nSmith Ada\nada smith\nJon Meier\n"

    def made(rows: int) -> plan.Plan:
        doubles = Doubles("contact", lambda record: {"name": record.cells[0]}, similarity)
        return plan.make(read([text], Format()), None, doubles=doubles, piece_rows=rows)

    small, whole = made(1), made(100)

    assert small.doubles == whole.doubles
    assert {row: double.line for row, double in whole.doubles.items()} == {3: 1, 4: 1}
    assert plan.Plan.of_json(json.loads(json.dumps(small.as_json()))) == small
