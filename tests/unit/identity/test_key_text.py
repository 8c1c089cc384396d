"""The text of a key: what it holds, who recognises it, and what is not one."""

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.key_text import PATTERN, KeyText, Mode, checksum
from functions.shared.ids import new_id

WORKSPACE, KEY, MEMBER = new_id("ws"), new_id("key"), new_id("mem")
modes = st.sampled_from(("live", "test"))
members = st.sampled_from((MEMBER, None))


def fresh(mode: Mode = "live", member: str | None = None) -> KeyText:
    return KeyText.fresh(mode, WORKSPACE, KEY, member)


@given(modes, members)
def test_a_text_is_read_as_it_was_made(mode: Mode, member: str | None) -> None:
    made = fresh(mode, member)

    assert KeyText.read(made.text) == made
    assert made.text.startswith(f"rl_{mode}_{WORKSPACE.removeprefix('ws_')}_")


def test_texts_hold_256_random_bits() -> None:
    secrets = {fresh().text[-49:-6] for _ in range(200)}

    assert len(secrets) == 200
    assert {len(each) for each in secrets} == {43}
    assert 62**43 > 2**256
    assert len(set("".join(secrets))) == 62


@given(modes, members, st.text(max_size=5), st.text(max_size=5))
def test_a_scanner_finds_a_key_in_other_text(
    mode: Mode, member: str | None, before: str, after: str
) -> None:
    text = fresh(mode, member).text

    assert text in re.findall(PATTERN, f"{before} '{text}' {after}")


@given(st.text(max_size=200))
def test_other_text_is_no_key(text: str) -> None:
    assert KeyText.read(text) is None


@given(st.data(), members)
def test_a_text_with_one_character_changed_is_no_key(data: st.DataObject, member: str) -> None:
    """A CRC-32 finds every error of up to 32 bits in a row, so any single character's."""
    text = fresh("live", member).text
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters().filter(lambda each: each != text[at]))

    assert KeyText.read(text[:at] + character + text[at + 1 :]) is None


@given(st.data())
def test_a_part_of_a_key_and_a_key_with_more_are_no_key(data: st.DataObject) -> None:
    text = fresh().text
    kept = data.draw(st.integers(0, len(text) - 1))

    assert KeyText.read(text[:kept]) is None
    assert KeyText.read(text[len(text) - kept :]) is None
    assert KeyText.read(text + data.draw(st.text(min_size=1, max_size=3))) is None
    assert KeyText.read(" " + text) is None


@pytest.mark.parametrize(
    ("ascii_character", "look_alike"),
    [("r", "\u0433"), ("l", "\u04cf"), ("e", "\u0435"), ("_", "\u02cd"), ("0", "\uff10")],
)
def test_a_look_alike_is_no_key(ascii_character: str, look_alike: str) -> None:
    text = fresh().text
    changed = text.replace(ascii_character, look_alike)

    assert changed == text or KeyText.read(changed) is None


def test_the_checksum_is_a_crc_32_in_base62() -> None:
    """Worked out apart: 0x3610a686 of `hello` is 907060870 = 0 62^5 + 61 62^4 + ..."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    assert zlib.crc32(b"hello") == 907060870
    assert sum(digits.index(d) * 62**n for n, d in enumerate(reversed(checksum("hello")))) == (
        907060870
    )
    assert checksum("") == "000000"


def test_a_text_knows_its_digest_and_no_other() -> None:
    one, other = fresh(), fresh()

    assert one.has_digest(one.digest)
    assert not one.has_digest(other.digest)
    assert not one.has_digest("")


def test_a_text_does_not_show_itself() -> None:
    made = fresh()

    assert made.text[-49:] not in repr(made)
