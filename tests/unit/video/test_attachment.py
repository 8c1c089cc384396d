"""Names of saved files: whatever a title says, the header stays one header of one plain name."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from functions.video.attachment import attachment


def saved_as(title: str) -> str:
    """Return the name that another reader of such headers (Werkzeug's) finds."""
    kind, options = parse_options_header(attachment(title, "mp4"))
    assert kind == "attachment"
    assert options.keys() == {"filename"}
    return options["filename"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Discovery call", "Discovery call.mp4"),
        ("Gespräch mit Zoë – 東京", "Gespräch mit Zoë – 東京.mp4"),
        ("../../etc/passwd", "etc passwd.mp4"),
        ("..\\..\\boot.ini", "boot.ini.mp4"),
        ("-rf ~", "rf ~.mp4"),
        ('a"; filename="evil.exe', "a ; filename= evil.exe.mp4"),
        ("a\r\nSet-Cookie: x=1", "a Set-Cookie x=1.mp4"),
        ("a\0b", "a b.mp4"),
        ("invoice\u202egpj.exe", "invoice gpj.exe.mp4"),
        ("...", "video.mp4"),
        ("\u200b", "video.mp4"),
        ("$(touch x);`id`", "$(touch x);`id`.mp4"),
        ("x" * 4_096, "x" * 100 + ".mp4"),
    ],
)
def test_a_file_is_saved_under_its_title(title: str, name: str) -> None:
    assert saved_as(title) == name


@given(st.text(max_size=300))
@example("%22%0d%0a")
@example("\\")
@example("\U0001f3a5" * 200)
def test_no_title_gets_out_of_the_header(title: str) -> None:
    header = attachment(title, "mp4")

    assert header.isascii()
    assert header.isprintable()
    name = saved_as(title)
    assert name.endswith(".mp4")
    assert not set(name) & set('/\\:*?"<>|')
    assert name[0] not in ".- "
    assert len(name) <= 104
    assert all(unicodedata.category(char)[0] != "C" for char in name)
