"""Where the embedded cloud keeps its files: all in one folder, so that `reset` is one delete."""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STATE_DIR_NAME = ".reelate"


@dataclass(frozen=True)
class Layout:
    """Paths of one embedded cloud; several clouds differ only in `state`."""

    state: Path
    project: Path = PROJECT

    @classmethod
    def at(cls, state: Path | None = None) -> "Layout":
        """Return the layout for `state`, by default the project's own `.reelate/`."""
        return cls((state or PROJECT / STATE_DIR_NAME).resolve())

    @property
    def contract(self) -> Path:
        return self.state / "local.json"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    @property
    def ports(self) -> Path:
        return self.state / "ports.json"

    @property
    def processes(self) -> Path:
        return self.state / "processes.json"

    @property
    def front_target(self) -> Path:
        return self.state / "front.json"

    @property
    def deployed(self) -> Path:
        return self.state / "deployed.json"

    @property
    def assembly(self) -> Path:
        """Return where synthesised templates go: one place for all clouds of this clone."""
        return self.project / "build" / "assembly"

    @property
    def aws_state(self) -> Path:
        return self.state / "aws"

    @property
    def objects(self) -> Path:
        return self.state / "objects"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def temporary(self) -> Path:
        return self.state / "tmp"

    @property
    def uploads(self) -> Path:
        return self.state / "uploads"

    @property
    def weights(self) -> Path:
        """Return where model weights are kept: per person, not per clone, for they are large."""
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(home) / "reelate" / "models"
