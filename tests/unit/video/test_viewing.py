"""Viewing: what is believed of a player, and that sums are those of what was believed."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from functions.shared.clock import iso
from functions.video.viewing import (
    MAX_BUCKETS,
    Beat,
    Growth,
    Session,
    Span,
    Viewer,
    bucket_count,
    bucket_edges,
)
from tests.unit.video.control_fakes import NOON

DANA = Viewer(type="share_link", id="shr_one")
MINUTE = 60_000


def beat(sequence: int, *spans: tuple[int, int], seconds: int = 86_400) -> Beat:
    return Beat(
        workspace="wsp_one",
        video="vid_one",
        session="pse_one",
        viewer=DANA,
        since=iso(NOON),
        at=iso(NOON + timedelta(seconds=seconds)),
        sequence=sequence,
        spans=tuple(Span(from_ms=start, to_ms=end) for start, end in spans),
    )


def begun(duration_ms: int = 10 * MINUTE) -> Session:
    return Session.begun(beat(1, (0, 1)), duration_ms)


@given(st.integers(0, 10**8))
def test_buckets_are_few_and_cover_the_video_without_a_gap(duration_ms: int) -> None:
    count = bucket_count(duration_ms)
    edges = bucket_edges(duration_ms, count)

    assert 1 <= count <= MAX_BUCKETS
    assert (edges[0], edges[-1], len(edges)) == (0, duration_ms, count + 1)
    assert edges == sorted(edges)
    assert duration_ms < 1_000 or min(b - a for a, b in pairwise(edges)) >= 1_000


SPANS = st.lists(
    st.tuples(st.integers(0, 700_000), st.integers(1, 30_000)).map(lambda s: (s[0], s[0] + s[1])),
    min_size=1, max_size=8,
)  # fmt: skip


@given(st.lists(SPANS, min_size=1, max_size=12), st.randoms())
def test_what_is_told_twice_or_in_another_order_counts_once(
    told: list[list[tuple[int, int]]], chance: object
) -> None:
    beats = [beat(number, *spans) for number, spans in enumerate(told, 1)]
    shuffled = beats * 3
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    straight, bent = begun(), begun()
    for each in beats:
        straight = straight.after(each)
    for each in shuffled:
        bent = bent.after(each)

    assert bent.watched == straight.watched
    assert (bent.percent, bent.quartile) == (straight.percent, straight.quartile)


@given(st.lists(SPANS, min_size=1, max_size=12))
def test_growths_add_up_to_the_session(told: list[list[tuple[int, int]]]) -> None:
    old = first = begun()
    growths = []
    for number, spans in enumerate(told, 1):
        new = old.after(beat(number, *spans))
        growths.append(Growth.between(old, new))
        old = new

    count = len(first.watched)
    assert [sum(g.watched[b] for g in growths) for b in range(count)] == list(old.watched)
    assert [sum(g.seen[b] for g in growths) for b in range(count)] == [int(b) for b in old.seen]
    assert sum(g.sessions for g in growths) == 1
    reached = [q for g in growths for q in g.quartiles]
    assert reached == sorted(set(reached)), "each quartile once"
    assert all(amount >= 0 for g in growths for amount in g.watched)


def test_small_pieces_make_a_bucket_seen_and_playing_it_again_does_not_twice() -> None:
    session = begun()  # buckets of six seconds
    for number in range(1, 7):
        session = session.after(beat(number, ((number - 1) * 1_000, number * 1_000)))
        assert session.seen[0] is (number >= 3)

    again = session.after(beat(7, (0, 6_000)))

    assert (session.percent, again.percent) == (1, 1)
    assert again.watched[0] == 12_000


def test_quartiles_are_of_what_was_seen_not_of_where_somebody_jumped_to() -> None:
    jumped = begun().after(beat(1, (590_000, 600_000)))
    quarter = begun().after(beat(1, (0, 150_000)))
    nearly = begun().after(beat(1, (0, 571_000)))

    assert (jumped.percent, jumped.quartile) == (2, 0)
    assert (quarter.percent, quarter.quartile) == (25, 25)
    assert (nearly.percent, nearly.quartile) == (95, 100)


def test_nobody_watches_more_than_time_allows() -> None:
    session = begun(60 * MINUTE)

    too_much = session.after(beat(1, (0, 60 * MINUTE), seconds=60))
    enough = session.after(beat(1, (0, 5 * MINUTE), seconds=60))

    assert too_much is session
    assert enough.watched_ms == 5 * MINUTE
    assert enough.after(beat(2, (0, 5 * MINUTE), seconds=61)) is enough


def test_one_bucket_counts_ten_times_at_most() -> None:
    session = begun()
    for number in range(1, 40):
        session = session.after(beat(number, *[(0, 6_000)] * 50))

    assert session.watched[0] == 60_000


def test_what_lies_beyond_the_end_is_nothing() -> None:
    assert begun().after(beat(1, (600_000, 86_400_000))).watched_ms == 0


def test_numbers_may_overtake_each_other_by_64_and_no_more() -> None:
    ahead = begun().after(beat(100, (0, 6_000)))

    assert ahead.after(beat(100, (0, 6_000))) is ahead
    assert ahead.after(beat(36, (0, 6_000))).watched_ms == 12_000
    assert ahead.after(beat(35, (0, 6_000))) is ahead
    far = ahead.after(beat(1_000_000, (0, 6_000)))
    assert far.others == 0
    assert far.after(beat(100, (0, 6_000))) is far


def test_a_very_short_video_has_one_bucket() -> None:
    blink = begun(40).after(beat(1, (0, 40)))

    assert (len(blink.watched), blink.percent, blink.quartile) == (1, 100, 100)
