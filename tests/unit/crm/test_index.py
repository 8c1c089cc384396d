"""What projections say becomes rows and shares of counters."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.index import MAX_SORT_BYTES, Entry, Portion, clipped, image

ITEM = {"id": "con_1", "object": "contact", "version": 1}


def saying(*entries: Entry, portions: tuple[Portion, ...] = ()) -> Any:
    def projection(_item: Mapping[str, Any], _indexed: Any) -> Any:
        return entries, portions

    return projection


def test_a_row_lies_in_its_partition_behind_its_sort_text_and_the_record_s_id() -> None:
    entry = Entry(("contact", "name"), "ada")

    assert image(ITEM, {}, [saying(entry)]).rows == {("contact#name", "ada#con_1"): entry}


def test_amounts_for_one_counter_are_one_sum_and_nothing_is_no_amount() -> None:
    parts = (
        Portion(("TALLY",), "open", {"count": 1, "sum": 5}),
        Portion(("TALLY",), "open", {"count": 1, "sum": -5}),
    )

    assert image(ITEM, {}, [saying(portions=parts)]).portions == {("TALLY", "open"): {"count": 2}}


def test_a_counter_of_several_shards_gets_a_record_s_amounts_always_in_the_same() -> None:
    part = Portion(("TALLY",), "open", {"count": 1}, shards=8)
    places = {
        key
        for record in range(200)
        for key in image({**ITEM, "id": f"dea_{record}"}, {}, [saying(portions=(part,))]).portions
    }

    assert places == {("TALLY", f"open#{shard}") for shard in range(8)}


def test_two_projections_cannot_claim_one_row_for_different_things() -> None:
    one, two = (Entry(("a",), "b", carried=(("word", each),)) for each in ("x", "y"))

    with pytest.raises(ValueError, match="two different rows"):
        image(ITEM, {}, [saying(one), saying(two)])


def test_a_sort_text_beyond_what_a_key_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        image(ITEM, {}, [saying(Entry(("a",), "é" * MAX_SORT_BYTES))])


@given(st.text())
def test_a_clipped_text_is_a_beginning_of_it_that_fits(text: str) -> None:
    cut = clipped(text * 20)

    assert (text * 20).startswith(cut)
    assert len(cut.encode()) <= MAX_SORT_BYTES
    assert cut == text * 20 or len(cut.encode()) > MAX_SORT_BYTES - 4
