"""What two records score: the published table, and what holds for any two."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.blocking import MAX_KEYS, blocks, keys_of
from functions.crm.index import MAX_SORT_BYTES
from functions.crm.likeness import (
    LIKELY,
    Traits,
    alike,
    company_words,
    compared,
    mailbox,
    site,
)
from functions.crm.rapidfuzz_texts import similarity
from functions.crm.sounds import sound

_WORDS = [
    "Ada",
    "Lovelace",
    "Lovelase",
    "Jon",
    "John",
    "Smith",
    "Smyth",
    "Müller",
    "東京",
    "O'Brien",
]
NAMES = st.lists(st.sampled_from(_WORDS), max_size=3).map(" ".join)
ADDRESSES = st.sampled_from(
    [None, "ada@harbor.example", "ada+crm@harbor.example", "a.da@gmail.com", "ada@googlemail.com"]
)
NUMBERS = st.sampled_from([None, "+49301", "+49302"])
DOMAINS = st.sampled_from([None, "harbor.example", "www.harbor.co.uk", "gmx.de", "x.example"])
people = st.fixed_dictionaries(
    {
        "object": st.sampled_from(["contact", "lead"]),
        "name": NAMES,
        "email": ADDRESSES,
        "phone": NUMBERS,
        "company_id": st.sampled_from([None, "com_1", "com_2"]),
        "company_domain": DOMAINS,
        "company_name": st.sampled_from([None, "Harbor GmbH", "Harbor", "The Company"]),
        "aliases": st.sampled_from([{}, {"email": ["old@harbor.example"], "phone": ["+49301"]}]),
    }
)
companies = st.fixed_dictionaries(
    {
        "object": st.just("company"),
        "name": st.sampled_from(["Harbor GmbH", "Harbour, Inc.", "Harbor Systems", "S.A.", "X"]),
        "domain": DOMAINS,
    }
)
pairs = st.one_of(st.tuples(people, people), st.tuples(companies, companies))


def contact(**fields: Any) -> Traits:
    return Traits.of({"object": "contact", **fields})


def company(**fields: Any) -> Traits:
    return Traits.of({"object": "company", **fields})


def score(one: Traits, other: Traits) -> int:
    return compared(one, other, similarity)[0]


def reasons(one: Traits, other: Traits) -> dict[str, tuple[str, int]]:
    return {each.field: (each.how, each.points) for each in compared(one, other, similarity)[1]}


ADA = {"name": "Ada Lovelace", "email": "ada@harbor.example", "phone": "+49301"}


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        (ADA, {"name": "Bo", "email": "ADA+x@harbor.example"}, {"email": ("same_address", 60)}),
        (ADA, {"name": "Zoe Xu", "phone": "+49301"}, {"phone": ("same_number", 40)}),
        (ADA, {"name": "LOVELACE, Ada"}, {"name": ("same", 50)}),
        (ADA, {"name": "Ada King Lovelace"}, {"name": ("similar", 40)}),
        ({"name": "Hans Meier"}, {"name": "Mayer Hans"}, {"name": ("similar", 30)}),
        (ADA, {"name": "Zoe Xu", "email": "zoe@harbor.example"}, {}),
        (
            ADA,
            {"name": "Ada Lovelace", "email": "a.lovelace@harbor.example"},
            {"name": ("same", 50), "company_domain": ("same_company", 25)},
        ),
        (
            {"name": "Ada Lovelace", "email": "ada@gmx.de"},
            {"name": "Ada Lovelace", "email": "lovelace@gmx.de"},
            {"name": ("same", 50)},
        ),
        (
            {"name": "Ada", "company_name": "Harbor GmbH"},
            {"name": "ada", "company_name": "HARBOR, Inc.", "phone": "+49301"},
            {"name": ("same", 50), "company_name": ("same_company", 25)},
        ),
        (
            {"name": "Ada"},
            {"name": "Ada"},
            {"name": ("same", 50), "record": ("identical", 50)},
        ),
    ],
)  # fmt: skip
def test_people_score_as_the_table_says(
    one: dict[str, Any], other: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert reasons(contact(**one), contact(**other)) == wanted


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        (
            {"name": "Harbor GmbH", "domain": "harbor.com"},
            {"name": "Harbor Inc.", "domain": "shop.harbor.co.uk"},
            {"name": ("same", 80), "domain": ("same_site", 50)},
        ),
        (
            {"name": "Harbor", "domain": "harbor.com"},
            {"name": "Harbor", "domain": "harbor-films.com"},
            {"name": ("same", 80), "domain": ("other_domain", -20)},
        ),
        (
            {"name": "Harbor Systems", "domain": None},
            {"name": "HS", "domain": "harbor-systems.de"},
            {"domain": ("named_alike", 40)},
        ),
        ({"name": "Deutsche Bank"}, {"name": "Deutsche Telekom"}, {}),
    ],
)
def test_companies_score_as_the_table_says(
    one: dict[str, Any], other: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert reasons(company(**one), company(**other)) == wanted


@given(pairs)
def test_a_score_is_the_bounded_sum_of_its_reasons_whichever_record_comes_first(pair: Any) -> None:
    one, other = map(Traits.of, pair)

    points, evidence = compared(one, other, similarity)

    assert points == max(0, min(100, sum(each.points for each in evidence)))
    assert (points, evidence) == compared(other, one, similarity)
    assert all(0 <= each.similarity <= 1 and each.points for each in evidence)


@given(st.one_of(people, companies))
def test_a_record_is_certainly_itself(record: Any) -> None:
    assert score(Traits.of(record), Traits.of(record)) == 100


@given(pairs)
def test_whatever_two_have_in_common_besides_never_lowers_their_score(pair: Any) -> None:
    one, other = map(Traits.of, pair)
    shared: dict[str, Any] = {"emails": "ada@new.example", "phones": "+1", "domains": "new.example"}

    for field, value in shared.items():
        more = [replace(each, **{field: getattr(each, field) | {value}}) for each in (one, other)]
        assert score(*more) >= score(one, other), field


@given(NAMES, NAMES)
def test_the_more_alike_two_names_are_the_more_points_they_give(one: str, other: str) -> None:
    ours, theirs = contact(name=one), contact(name=other, phone="+49301")
    likeness = alike(ours.words, theirs.words, similarity)
    nearer = alike(ours.words, ours.words, similarity) if ours.words else 0

    assert 0 <= likeness <= 1
    assert likeness == alike(theirs.words, ours.words, similarity)
    assert likeness <= nearer
    assert score(ours, theirs) <= score(ours, contact(name=one, phone="+49301"))


@given(pairs)
def test_two_that_are_likely_one_share_a_key(pair: Any) -> None:
    """Of two that are not compared nobody hears: so what scores high must have a key in common."""
    one, other = map(Traits.of, pair)

    if score(one, other) >= LIKELY and one.words and other.words:
        assert set(keys_of(one)) & set(keys_of(other))


@given(st.one_of(people, companies), st.text(max_size=400))
def test_a_record_stands_once_in_each_of_few_blocks(record: Any, name: str) -> None:
    rows, sums = blocks({**record, "name": name}, {})
    entries = list(rows)

    assert not list(sums)
    assert len({each.partition for each in entries}) == len(entries) <= MAX_KEYS
    assert all(len(each.sort.encode()) <= MAX_SORT_BYTES for each in entries)
    assert "harbor.example" not in repr([each.partition for each in entries])
    assert not list(blocks({**record, "name": name, "deleted_at": "2026"}, {})[0])


def test_other_types_of_records_are_in_no_block() -> None:
    assert not list(blocks({"object": "deal", "name": "Rollout"}, {})[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("meier", "mayr"), ("john", "jon"), ("stephen", "steven"), ("philip", "filip"),
        ("katherine", "catherine"), ("schmidt", "schmitt"), ("thomas", "tomas"),
        ("yusuf", "jusuf"), ("kristian", "christian"), ("harbor", "harbour"),
    ],
)  # fmt: skip
def test_spellings_of_a_name_sound_the_same(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_other_names_sound_otherwise_and_other_scripts_are_what_they_are() -> None:
    names = ["ada", "miller", "smith", "lovelace", "king", "東京", "петр"]

    assert len({sound(each) for each in names}) == len(names)
    assert sound("петр") == "петр"


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1))
def test_every_word_has_a_sound(word: str) -> None:
    assert 0 < len(sound(word)) <= 8


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ada.king+crm@harbor.example", "ada.king@harbor.example"),
        ("A.da+x@googlemail.com", "ada@gmail.com"),
        ("+tag@harbor.example", "+tag@harbor.example"),
    ],
)
def test_a_mailbox_is_told_without_its_tag(text: str, wanted: str) -> None:
    assert mailbox(text) == wanted


def test_names_of_companies_are_compared_without_legal_forms() -> None:
    assert company_words("The Harbor Systems GmbH & Co. KG") == ("harbor", "systems")
    assert company_words("Moulin S.A.") == ("moulin",)
    assert company_words("AG") == ("ag",)
    assert company_words(None) == ()
    assert [site(each) for each in ("www.harbor.com", "harbor.co.uk", "x-y.de", "com")] == [
        "harbor", "harbor", "xy", "",
    ]  # fmt: skip


def test_a_website_that_is_no_address_is_no_trait() -> None:
    assert contact(name="Ada", website="https://[harbor").domains == frozenset()
    assert contact(name="Ada", website="https://localhost/x").domains == frozenset()
    assert contact(name="Ada", website="HTTPS://www.Harbor.example:8/x").domains == {
        "harbor.example"
    }
