"""The only reader of the environment: each Lambda declares its variables as a frozen model."""

import os
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Base of every function's settings: field `crm_table` is read from `CRM_TABLE`.

    Infra sets a function's environment from these same field names, so a missing variable is
    found by a template test, and at the latest when the function starts.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str

    @classmethod
    @cache
    def from_env(cls) -> Self:
        """Read the settings once per process; raises pydantic.ValidationError at start-up."""
        values = {
            name: os.environ[name.upper()]
            for name in cls.model_fields
            if name.upper() in os.environ
        }
        return cls.model_validate(values)

    @classmethod
    def variables(cls) -> list[str]:
        """Return the names of the environment variables that have no default."""
        return [name.upper() for name, field in cls.model_fields.items() if field.is_required()]


def shipped(path: str) -> Path:
    """Return a file of ours that is no code, by its path from the project's root, such as
    `functions/openapi.json`. The packager reads the literal and puts the file into the zip."""
    return Path(__file__).resolve().parents[2] / path


def layer_folder(name: str) -> Path:
    """Find a layer's folder, of which Lambda makes /opt/<name> and an emulator one of its own.
    Raises FileNotFoundError."""
    for layer in (*_layers(), "/opt"):
        folder = Path(layer) / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no layer holds the folder {name}")


def _layers() -> list[str]:
    return list(filter(None, os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)))


def find_binary(name: str) -> Path:
    """Find a layer's executable: in the folders where an emulator unpacked the layers,
    in /opt/bin, on PATH. Raises FileNotFoundError."""
    # The layers before PATH: a laptop's own, possibly older, program must not shadow the one
    # whose version and checksum we ship.
    folders = [
        *(f"{layer}/bin" for layer in _layers()),
        "/opt/bin",
        *os.environ.get("PATH", "").split(os.pathsep),
    ]
    for folder in filter(None, folders):
        candidate = Path(folder) / name
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise FileNotFoundError(f"{name} is in no layer and not on PATH")


def region() -> str:
    """Return the AWS region this process runs in."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def function_name() -> str:
    """Return the Lambda function's name, or `local` outside Lambda."""
    return os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")
