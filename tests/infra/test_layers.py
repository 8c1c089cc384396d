"""Layers: third-party code out of the lock, small enough, with their licences; a safe FFmpeg."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from infra import layers, packaging
from infra.layers import ROOT, Target
from infra.npm_package import NpmPackage

LIMIT = 250 * 1024 * 1024  # what Lambda unzips: code and layers together
SHELVES = {"api": ("runtime", "web"), "media": ("runtime", "ffmpeg")}

every_target = pytest.mark.parametrize("target", get_args(Target))


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@every_target
@pytest.mark.parametrize("shelf", SHELVES)
def test_a_function_with_its_layers_fits(target: Target, shelf: str, tmp_path: Path) -> None:
    code = max(size(packaging.stage(*each, tmp_path)) for each in packaging.handlers())

    held = sum(size(layers.build(name, target)) for name in SHELVES[shelf])

    assert code + held < LIMIT


@every_target
def test_a_layer_holds_no_code_of_ours(target: Target) -> None:
    for name in layers.NAMES:
        folder = layers.build(name, target)
        assert not (folder / "python" / "functions").exists()
        assert {path.name for path in folder.iterdir()} <= {"python", "bin", "docs", "licenses"}


@every_target
def test_a_layer_carries_the_licence_of_what_it_holds(target: Target) -> None:
    for name in ("runtime", "web"):
        for info in (layers.build(name, target) / "python").glob("*.dist-info"):
            metadata = (info / "METADATA").read_text()
            assert re.search(r"^License|^Classifier: License", metadata, re.MULTILINE), info.name
    ffmpeg = layers.build("ffmpeg", target) / "licenses" / "ffmpeg"
    assert "GNU GENERAL PUBLIC LICENSE" in (ffmpeg / "COPYING.GPLv3").read_text()
    assert (ffmpeg / "README.md").is_file()


@every_target
def test_the_web_layer_repeats_nothing_of_the_runtime_layer(target: Target) -> None:
    names = [
        {path.name for path in (layers.build(name, target) / "python").glob("[!.]*")}
        for name in ("runtime", "web")
    ]

    assert names[0] & names[1] == set()


def test_a_layer_is_named_by_what_defines_it_not_by_its_target() -> None:
    """So that the template is the same for the embedded cloud and for AWS."""
    for name in layers.NAMES:
        assert re.fullmatch(r"[0-9a-f]{64}", layers.key(name))
        if name != "docs":  # which comes from npm
            assert layers.requirements(name).count("--hash=sha256:") >= 1


def test_the_runtime_s_versions_are_the_lock_s() -> None:
    locked = {
        package["name"]: package["version"]
        for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    }
    listed = re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", layers.requirements("runtime"), re.MULTILINE)

    assert {"boto3", "pydantic", "aws-lambda-powertools"} <= {name for name, _ in listed}
    assert all(locked[name] == version for name, version in listed)


def test_the_lambda_s_wheels_are_for_its_processor() -> None:
    compiled = list((layers.build("runtime", "lambda") / "python").rglob("*.so"))

    assert compiled
    assert all("aarch64" in path.name for path in compiled)


@pytest.mark.media
def test_ffmpeg_is_not_one_that_follows_child_playlists() -> None:
    """CVE-2026-107697: fixed in 8.1.3."""
    binary = layers.build("ffmpeg", "local") / "bin" / "ffmpeg"

    said = subprocess.run([binary, "-version"], capture_output=True, text=True, check=True).stdout

    version = re.match(r"ffmpeg version n?(\d+)\.(\d+)(?:\.(\d+))?", said)
    assert version, said[:80]
    assert tuple(int(part or 0) for part in version.groups()) >= (8, 1, 3)
    known = tomllib.loads((ROOT / "layers" / "ffmpeg" / "binaries.toml").read_text())
    assert str(known["version"]) in said.splitlines()[0]


@every_target
def test_the_binary_is_the_one_whose_checksum_is_committed(target: Target) -> None:
    import hashlib

    binary = layers.build("ffmpeg", target) / "bin" / "ffmpeg"
    known = tomllib.loads((ROOT / "layers" / "ffmpeg" / "binaries.toml").read_text())["sha256"]

    with binary.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()

    assert found == known[layers.machine() if target == "local" else "arm64"]


@every_target
def test_what_the_documentation_loads_is_there_with_its_licences(target: Target) -> None:
    package = NpmPackage.read(ROOT / "layers" / "docs" / "package.toml")
    folder = layers.build("docs", target)

    assert {path.name for path in (folder / "docs").iterdir()} == set(package.serves)
    assert "Apache License" in (folder / "licenses" / "docs" / "LICENSE").read_text()
    # a reply of a function has at most 6 MB, and JSON makes of some characters two
    assert max(path.stat().st_size for path in (folder / "docs").iterdir()) < 3_000_000


def test_a_package_that_is_not_the_pinned_one_is_refused() -> None:
    package = NpmPackage.read(ROOT / "layers" / "docs" / "package.toml")

    with pytest.raises(RuntimeError, match="unknown hash sha512-"):
        package.check(b"another archive")
