"""The contract file `.reelate/local.json`: all that a program needs to drive a local cloud."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.local.failure import CloudError


@dataclass(frozen=True)
class Contract:
    """What is where in one running cloud; names are maps by short word (`crm`, `uploads`)."""

    api_url: str
    api_key: str
    workspace: str
    aws_endpoint: str
    region: str
    event_bus: str
    tables: Mapping[str, str] = field(default_factory=dict)
    buckets: Mapping[str, str] = field(default_factory=dict)
    state_machines: Mapping[str, str] = field(default_factory=dict)
    user_pool: str = ""
    sign_in_client: str = ""  # the hosted sign-in is at <aws_endpoint>/oauth2/authorize
    pid: int = 0


def read(path: Path) -> Contract | None:
    """Return the contract, or None when there is none (yet)."""
    try:
        return Contract(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CloudError(f"{path} cannot be read ({error}).", "Run `make up` again.") from error


def write(path: Path, contract: Contract) -> None:
    """Write the contract, readable by its owner alone: it holds an admin's key."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(contract), file, indent=2)
        file.write("\n")
    draft.replace(path)
