"""Third-party layers, built from the lock (or a pinned npm package) for one of two targets.

`lambda` is what AWS runs (arm64, python3.13, manylinux wheels); `local` is this machine. A layer's
asset is keyed by what defines it (the locked requirements and the files in layers/<name>), not by
the target's bytes, so the template is the same for both.
"""

import compileall
import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Literal

from infra.npm_package import NpmPackage
from infra.packaging import ROOT

Target = Literal["local", "lambda"]
NAMES = ("runtime", "web", "crypto", "ffmpeg", "logic", "likeness", "docs")
BUILD = ROOT / "build" / "layers"

_PYTHON = "3.13"
_PLATFORM = "aarch64-manylinux_2_34"  # Amazon Linux 2023's glibc
# pydantic/v1: FastAPI asks of every type whether it is one of pydantic 1's, and loads that whole
# library (a tenth of a cold start) to find out. Nothing here is; it takes a missing one for a no.
# dns: email_validator asks no name server here.
_UNUSED = (
    "*.dist-info/RECORD", ".lock", "bin", "dns", "dnspython*", "pydantic/v1", "s3transfer*",
)  # fmt: skip
# botocore describes 400 services; a smaller layer is a quicker cold start.
_SERVICES = frozenset(
    {"bedrock-runtime", "cognito-idp", "dynamodb", "events", "kms", "lambda", "s3",
     "scheduler", "secretsmanager", "sqs", "stepfunctions", "sts", "transcribe"}
)  # fmt: skip


def requirements(name: str) -> str:
    """Return a layer's locked requirements with hashes, without what an earlier layer holds;
    of a layer that comes from npm, none."""
    if _package(name) is not None:
        return ""
    arguments = ["export", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
    mine = _uv(*arguments, "--only-group", name)
    if name in ("runtime", "ffmpeg"):
        return mine
    shared = set(_blocks(_uv(*arguments, "--only-group", "runtime")))
    return "".join(block for block in _blocks(mine) if block not in shared)


def key(name: str) -> str:
    """Return the hash that names the layer's asset: what goes in and what is left out, whatever
    the target."""
    digest = hashlib.sha256("\n".join((requirements(name), *_UNUSED)).encode())
    for path in sorted((ROOT / "layers" / name).rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build(name: str, target: Target) -> Path:
    """Build a layer into build/layers/<target>/<name>, unless it is there; return the folder.

    Raises RuntimeError with the installer's words when a package cannot be had.
    """
    folder = BUILD / target / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # of parallel test processes one builds, the rest wait
        _build(name, target, folder)
    return folder


def _build(name: str, target: Target, folder: Path) -> None:
    mark = folder.with_suffix(".key")
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    runs = running if target == "local" else _PYTHON
    compiled = runs == running  # else its Python could not use the bytecode of this one
    wanted = f"{key(name)} {runs} {'compiled' if compiled else 'source'}"
    if mark.is_file() and mark.read_text() == wanted:
        return
    mark.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    definition = ROOT / "layers" / name
    shutil.copytree(definition, folder / "licenses" / name)
    package = _package(name)
    if package is not None:
        package.unpack(folder / name, folder / "licenses" / name)
    else:
        _install(name, target, folder / "python")
        if name == "ffmpeg":
            _keep_binary(folder, target)
        else:
            _trim(folder / "python")
    if compiled and (folder / "python").exists():
        compileall.compile_dir(
            str(folder / "python"),
            quiet=2,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            workers=0,
        )
    mark.write_text(wanted)


def _package(name: str) -> NpmPackage | None:
    """Return what a layer takes from npm; None for one that is made of the Python lock."""
    definition = ROOT / "layers" / name / "package.toml"
    return NpmPackage.read(definition) if definition.is_file() else None


def _install(name: str, target: Target, destination: Path) -> None:
    listing = BUILD / f"{name}.txt"
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_text(requirements(name))
    arguments = [
        "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:",
        "--target", str(destination), "--requirement", str(listing),
    ]  # fmt: skip
    if target == "lambda":
        arguments += ["--python-platform", _PLATFORM, "--python-version", _PYTHON]
    else:
        arguments += ["--python", sys.executable]
    _uv(*arguments)


def _keep_binary(folder: Path, target: Target) -> None:
    """Of imageio-ffmpeg's wheel keep the executable alone, as bin/ffmpeg, checked by its hash."""
    (binary,) = (folder / "python" / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*")
    known = tomllib.loads((ROOT / "layers" / "ffmpeg" / "binaries.toml").read_text())
    with binary.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != known["sha256"][machine() if target == "local" else "arm64"]:
        raise RuntimeError(f"{binary.name} has the unknown SHA-256 {found}")
    (folder / "bin").mkdir()
    binary.rename(folder / "bin" / "ffmpeg")
    (folder / "bin" / "ffmpeg").chmod(0o755)
    shutil.rmtree(folder / "python")


def _trim(site: Path) -> None:
    for pattern in _UNUSED:
        for path in site.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for service in (site / "botocore" / "data").glob("*/"):
        if service.name not in _SERVICES:
            shutil.rmtree(service)


def _blocks(exported: str) -> list[str]:
    """Split an exported requirements file into one block per package, hashes included."""
    blocks: list[str] = []
    for line in exported.splitlines(keepends=True):
        if line.startswith(" ") and blocks:
            blocks[-1] += line
        elif line.strip():
            blocks.append(line)
    return blocks


def _uv(*arguments: str) -> str:
    done = subprocess.run(
        [_uv_path(), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"uv {arguments[0]} failed: {done.stderr.strip()[-800:]}")
    return done.stdout


def _uv_path() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".venv-uv" / "bin"))
    if found is None:
        raise RuntimeError("uv is not installed; run `make setup`")
    return found


def machine() -> str:
    """Return this machine's architecture as Lambda names it (x86_64, arm64)."""
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
