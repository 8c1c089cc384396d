"""By which words a record is found, and what a query asks for."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.crm.words import MAX_WORD, MAX_WORDS, bucket, found_by, query_words, words_of


@pytest.mark.parametrize(
    ("record", "query"),
    [
        ({"name": "Ada Lovelace"}, "love ada"),
        ({"name": "José Müller-Ångström"}, "MULLER jose angst"),
        ({"name": "Seán O'Brien"}, "obrien"),
        ({"name": "Seán O’Brien"}, "o'brien"),
        ({"name": "Straße 7"}, "STRASSE 7"),
        ({"name": "J.R.R. Tolkien"}, "j.r.r tol"),
        ({"name": "Version 2.0"}, "2.0"),
        ({"name": "Ada", "email": "ada.king@harbor.example.com"}, "king harbor"),
        ({"name": "Ada", "email": "ada.king@harbor.example.com"}, "ada.king@har"),
        ({"name": "Ada", "email": "ada.king@harbor.example.com"}, "harbor.example.com"),
        ({"name": "Ada", "email": "ada.king@harbor.example.com"}, "@harbor.exam"),
        ({"name": "Harbor", "domain": "harbor.example"}, "harbor.example"),
        ({"name": "Ada", "phone": "+49 151 12345678"}, "0151 1234"),
        ({"name": "Ada", "phone": "+4915112345678"}, "+49 (151) 123"),
        ({"name": "Ada", "phone": "+4915112345678"}, "0049 151 12345678"),
        ({"name": "Ada", "phone": "+4915112345678"}, "5678"),
        ({"name": "Ada", "phone": "+4915112345678"}, "ada 2345678"),
        ({"name": "東京タワー株式会社"}, "タワー"),
        ({"name": "東京タワー株式会社"}, "会社 東京"),
        ({"name": "東京タワー株式会社"}, "社"),
        ({"name": "김철수"}, "김철"),
        ({"name": "हिन्दी लेखक"}, "हिन्"),
        ({"name": "Пётр Чайковский"}, "петр чай"),
        ({"name": "Ada", "external_id": "SAP-00017"}, "sap-00017"),
        ({"subject": "Call about March"}, "march call"),
    ],
)  # fmt: skip
def test_a_record_is_found_by_the_beginnings_of_its_words(
    record: dict[str, Any], query: str
) -> None:
    asked = query_words(query)

    assert asked
    assert found_by(words_of(record), asked)


@pytest.mark.parametrize(
    ("record", "query"),
    [
        ({"name": "Ada Lovelace"}, "ada byron"),
        ({"name": "Ada Lovelace"}, "velace"),
        ({"name": "Ada", "email": "ada@example.com"}, "com"),
        ({"name": "Ada", "phone": "+4915112345678"}, "3456"),
        ({"name": "東京タワー"}, "京東"),
        ({"name": "Ada", "title": "Director"}, "director"),
    ],
)
def test_a_record_is_not_found_by_other_words(record: dict[str, Any], query: str) -> None:
    assert not found_by(words_of(record), query_words(query))


@example("\ufdfa")  # one letter that is a phrase
@given(st.text(max_size=200))
def test_no_query_is_too_odd_and_a_name_is_found_by_itself(text: str) -> None:
    asked = query_words(text)

    assert len(asked) <= MAX_WORDS + 1
    assert all(0 < len(each) <= MAX_WORD and bucket(each) for each in asked)
    words = words_of({"name": text})
    assert all(0 < len(each) <= MAX_WORD and " " not in each for each in words)


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyzäöüéñß-", min_size=1), min_size=1, max_size=5))
def test_a_name_of_letters_is_found_by_each_of_its_words_whole_and_begun(names: list[str]) -> None:
    words = words_of({"name": " ".join(names)})
    for name in names:
        for cut in range(1, len(name) + 1):
            asked = query_words(name[:cut])
            assert found_by(words, asked)


def test_a_query_s_word_lies_in_the_partition_of_the_words_that_it_begins() -> None:
    for record in ({"name": "Ada Lovelace 東京タワー"}, {"phone": "+4915112345678"}):
        for word in words_of(record):
            assert bucket(word[:2]) == bucket(word)
