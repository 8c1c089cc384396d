"""Files of captions: what is understood, what is refused and where, and that nothing comes back as
anything but what was understood of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.video import subrip, webvtt
from functions.video.captions import MAX_CUES, CaptionsRefusedError, Cue, checked

GOOD = """\ufeffWEBVTT - made by hand\r
Kind: captions\r
\r
NOTE of nobody's interest\r
\r
intro\r
00:01.000 --> 00:00:03.500 line:0 align:start\r
<v Dana Reed>Hello &amp; <i>welcome</i>.\r
Second line\r
\r
01:02:03.004 --> 01:02:04.000\r
1 > 0 &lt;b&gt;\r
"""


def faults(parse: object, text: str) -> list[tuple[int, str]]:
    with pytest.raises(CaptionsRefusedError) as refused:
        parse(text)  # type: ignore[operator]
    return [(each.at, each.code) for each in refused.value.faults]


def test_a_webvtt_file_is_read() -> None:
    assert webvtt.parse(GOOD) == [
        Cue(
            1_000, 3_500, "<v Dana Reed>Hello &amp; <i>welcome</i>.\nSecond line",
            "line:0 align:start",
        ),
        Cue(3_723_004, 3_724_000, "1 &gt; 0 &lt;b&gt;"),
    ]  # fmt: skip


def test_a_track_is_written_as_either_format() -> None:
    cues = webvtt.parse(GOOD)

    assert webvtt.write(cues).startswith(
        "WEBVTT\n\n00:00:01.000 --> 00:00:03.500 line:0 align:start\n<v Dana Reed>Hello"
    )
    assert subrip.write(cues) == (
        "1\n00:00:01,000 --> 00:00:03,500\nHello & <i>welcome</i>.\nSecond line\n\n"
        "2\n01:02:03,004 --> 01:02:04,000\n1 › 0 ‹b›\n"
    )


def test_a_subrip_file_is_read_without_its_colours() -> None:
    text = (
        '1\n00:00:01,000 --> 00:00:02,000\n<font color="#fff"><I>Hi</I></font> {\\an8}you & me\n'
        "\n2\n00:00:02.000 --> 00:00:03.000\nx < y\n"
    )

    assert subrip.parse(text) == [
        Cue(1_000, 2_000, "<i>Hi</i> you &amp; me"),
        Cue(2_000, 3_000, "x &lt; y"),
    ]


def vtt(*lines: str) -> str:
    return "\n".join(["WEBVTT", "", *lines])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "no_cues")]),
        ("WEBVTT", [(0, "no_cues")]),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nx", [(1, "not_webvtt")]),
        ("\n\nWEBVTT\n\n00:01.000 --> 00:02.000\nx", [(1, "not_webvtt")]),
        ("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:0,MPEGTS:9\n\n00:01.000 --> 00:02.000\nx",
         [(2, "bad_header")]),
        ("WEBVTT\n00:01.000 --> 00:02.000\nx", [(2, "bad_header")]),
        (vtt("STYLE", "::cue { background: url(https://x.example) }"), [(3, "bad_block")]),
        (vtt("REGION", "id:a"), [(3, "bad_block")]),
        (vtt("00:01.00 --> 00:02.000", "x"), [(3, "bad_time")]),
        (vtt("00:61.000 --> 00:62.000", "x"), [(3, "bad_time")]),
        (vtt("٠٠:٠١.٠٠٠ --> 00:02.000", "x"), [(3, "bad_time")]),
        (vtt("00:01.000-->00:02.000", "x"), [(3, "bad_time")]),
        (vtt("00:02.000 --> 00:02.000", "x"), [(3, "bad_times")]),
        (vtt("999:00:00.000 --> 999:00:01.000", "x"), [(3, "bad_times")]),
        (vtt("00:03.000 --> 00:04.000", "x", "", "00:01.000 --> 00:02.000", "y"),
         [(6, "out_of_order")]),
        (vtt("00:01.000 --> 00:02.000"), [(3, "blank_line")]),
        (vtt("00:01.000 --> 00:02.000", "<i> </i>"), [(3, "blank_line")]),
        (vtt("00:01.000 --> 00:02.000", "x", "00:02.000 --> 00:03.000", "y"),
         [(3, "blank_line_missing")]),
        (vtt("00:01.000 --> 00:02.000 region:a", "x"), [(3, "bad_setting")]),
        (vtt("00:01.000 --> 00:02.000 line:0 line:1", "x"), [(3, "bad_setting")]),
        (vtt("00:01.000 --> 00:02.000 position:900%", "x"), [(3, "bad_setting")]),
        (vtt("00:01.000 --> 00:02.000", "<script>x</script>"), [(3, "bad_tag")]),
        (vtt("00:01.000 --> 00:02.000", "<i onclick=x>x</i>"), [(3, "bad_tag")]),
        (vtt("00:01.000 --> 00:02.000", "<b><i>x</b></i>"), [(3, "bad_tag")]),
        (vtt("00:01.000 --> 00:02.000", "a < b"), [(3, "bad_tag")]),
        (vtt("00:01.000 --> 00:02.000", "<rt>x</rt>"), [(3, "bad_tag")]),
        (vtt("00:01.000 --> 00:02.000", "<v>x</v>"), [(3, "bad_tag")]),
        (vtt("00:01.000 --> 00:02.000", "<i>x"), [(3, "unclosed_tag")]),
        (vtt("00:01.000 --> 00:02.000", "a <00:03.000>b"), [(3, "bad_times")]),
        (vtt("00:01.000 --> 00:02.000", "&#0;"), [(3, "not_utf8")]),
        (vtt("00:01.000 --> 00:02.000", "&#10;"), [(3, "control_character")]),
        (vtt("00:01.000 --> 00:02.000", "a\x07b"), [(4, "control_character")]),
        (vtt("00:01.000 --> 00:02.000", "Gr\ufffd\ufffde"), [(4, "not_utf8")]),
        ("W\x00E\x00B\x00V\x00T\x00T\x00", [(1, "not_utf8")]),  # UTF-16, read as UTF-8
        (vtt("00:01.000 --> 00:02.000", "\ud800"), [(4, "control_character")]),
        (vtt("00:01.000 --> 00:02.000", "x" * 1_001), [(3, "cue_too_long")]),
        (vtt("00:01.000 --> 00:02.000", *["x"] * 9), [(3, "cue_too_long")]),
    ],
)  # fmt: skip
def test_what_is_no_webvtt_is_refused_where_it_is_none(
    text: str, expected: list[tuple[int, str]]
) -> None:
    assert faults(webvtt.parse, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", [(1, "bad_block")]),
        ("1\n00:00:01,000 --> 00:00:02,000", [(1, "bad_block")]),
        ("1\nx --> y\nz", [(1, "bad_time")]),
        ("1\n00:00:61,000 --> 00:00:62,000\nz", [(1, "bad_time")]),
        ("1\n00:00:01,000 --> 00:00:02,000\n<script>x</script>", [(1, "bad_tag")]),
        ("1\n00:00:02,000 --> 00:00:01,000\nz", [(1, "bad_times")]),
        ("1\n00:00:01,000 --> 00:00:02,000\n<i>z", [(1, "unclosed_tag")]),
    ],
)
def test_what_is_no_subrip_is_refused(text: str, expected: list[tuple[int, str]]) -> None:
    assert faults(subrip.parse, text) == expected


def test_only_some_of_many_faults_are_told() -> None:
    lines = [line for n in range(99) for line in (f"00:{n % 60:02d}.000 --> bad", "x", "")]

    assert len(faults(webvtt.parse, vtt(*lines))) == 20


def test_a_track_has_no_more_cues_than_may_be() -> None:
    cues = [(n, Cue(n, n + 1, "x")) for n in range(MAX_CUES + 1)]

    assert len(checked(cues[:-1])) == MAX_CUES
    with pytest.raises(CaptionsRefusedError, match="20,000"):
        checked(cues)


_TEXTS = st.text(
    st.one_of(st.sampled_from("<>&/;-.:ivb \n"), st.characters(codec="utf-8")), max_size=60
)


@given(st.one_of(_TEXTS, _TEXTS.map(lambda text: vtt("00:01.000 --> 00:02.000", text))))
def test_whatever_comes_is_understood_or_refused(text: str) -> None:
    for parse in (webvtt.parse, subrip.parse):
        try:
            cues = parse(text)
        except CaptionsRefusedError:
            continue
        assert webvtt.parse(webvtt.write(cues)) == cues


@given(_TEXTS, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_cue_that_is_kept_comes_back_from_its_file_as_it_is(
    text: str, start: int, length: int
) -> None:
    try:
        kept = checked([(0, Cue(start, start + length, text))])
    except CaptionsRefusedError:
        return
    assert webvtt.parse(webvtt.write(kept)) == kept
    again = subrip.parse(subrip.write(kept))
    assert (again[0].start_ms, again[0].end_ms) == (start, start + length)
