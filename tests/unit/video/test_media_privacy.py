"""Where, with what and by whom it was recorded stays in the source."""

import struct
from pathlib import Path

import pytest

from tests.media import private
from tests.media.odd_inputs import ffmpeg
from tests.media.pipeline import render

pytestmark = pytest.mark.media
PLACES = tuple(struct.pack(order + "I", private.PLACE) for order in "<>")


def found(file: Path) -> set[bytes]:
    data = file.read_bytes()
    return {secret for secret in (*private.SECRETS, *PLACES, b"Exif\0\0") if secret in data}


@pytest.mark.parametrize("kind", private.RECORDINGS)
def test_nothing_of_it_is_in_any_rendition_picture_or_download(kind: str, tmp_path: Path) -> None:
    name, make = private.RECORDINGS[kind]
    source = tmp_path / "source" / name
    source.parent.mkdir()
    make(source)
    assert len(found(source)) >= 5, "it says nothing, so nothing was shown"

    made = render(source, tmp_path / "out")

    files = [each for each in made.root.rglob("*") if each.is_file()]
    names = {str(each.relative_to(made.root)) for each in files}
    wanted = {"audio.m4a", "speech.flac", "waveform.json", "a/init.mp4", "a/00000.m4s"}
    if made.plan.video is not None:
        wanted |= {"poster.jpg", "storyboard.jpg", "video.mp4", "v/180p/init.mp4"}
    assert wanted <= names
    assert {each.name: found(each) for each in files if found(each)} == {}


@pytest.mark.parametrize("kind", ["a phone", "a cover", "words between the pictures"])
def test_a_plain_command_would_have_carried_it_on(kind: str, tmp_path: Path) -> None:
    name, make = private.RECORDINGS[kind]
    source = tmp_path / name
    make(source)

    ffmpeg("-i", str(source), "-c", "copy", str(tmp_path / f"plain-{name}"))

    assert len(found(tmp_path / f"plain-{name}")) >= 2
