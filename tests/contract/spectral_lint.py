"""Spectral, the OpenAPI linter, over functions/openapi.json: its own rules and ours.

    python -m tests.contract.spectral_lint

It is installed by npm from `spectral/package-lock.json` (every package by its SHA-512) into
build/spectral, once, and again when the lock changes.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.npm_package import on_node_path, run_npm
from infra.packaging import ROOT
from tests.contract.openapi import PATH

HOME = Path(__file__).parent / "spectral"
RULES = HOME / "rules.yaml"
BUILD = ROOT / "build" / "spectral"
_LOCKED = ("package.json", "package-lock.json")


@dataclass(frozen=True)
class Finding:
    """What a rule says against a place of a document."""

    file: Path
    rule: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message} ({self.place})"


def lint(*documents: Path) -> list[Finding]:
    """Return what the rules find in OpenAPI documents, warnings included.

    Raises RuntimeError when Spectral cannot be installed or cannot read a document.
    """
    arguments = ["lint", *map(str, documents), "--ruleset", str(RULES), "--format", "json"]
    done = _run([str(_installed()), *arguments, "--quiet", "--fail-severity", "hint"])
    if done.returncode not in (0, 1) or not done.stdout.lstrip().startswith("["):
        raise RuntimeError(f"Spectral failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return [
        Finding(
            file=Path(each["source"]),
            rule=str(each["code"]),
            place=" > ".join(map(str, each["path"])),
            message=each["message"],
        )
        for each in json.loads(done.stdout)
    ]


def _installed() -> Path:
    """Return Spectral's program, installed first if need be."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with BUILD.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(b"".join((HOME / name).read_bytes() for name in _LOCKED))
        mark = BUILD / ".key"
        if not (mark.is_file() and mark.read_text() == wanted.hexdigest()):
            mark.unlink(missing_ok=True)
            for name in _LOCKED:
                shutil.copyfile(HOME / name, BUILD / name)
            done = run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=BUILD)
            if done.returncode:
                raise RuntimeError(f"npm could not install Spectral: {done.stderr.strip()[-800:]}")
            mark.write_text(wanted.hexdigest())
    return BUILD / "node_modules" / ".bin" / "spectral"


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=on_node_path(), cwd=ROOT, capture_output=True, text=True, check=False
    )


def main() -> int:
    """Print what is found; 1 when there is anything."""
    found = lint(PATH)
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
