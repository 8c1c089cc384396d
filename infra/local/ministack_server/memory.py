"""What MiniStack forgets on a restart: stream records, open uploads, running executions."""

# ruff: noqa: SLF001  (MiniStack offers no public way to what its services keep)
# mypy: disable-error-code=import-not-found

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ministack.core.responses import (
    AccountRegionScopedDict,
    set_request_account_id,
    set_request_region,
)

log = logging.getLogger("reelate.cloud")

UPLOADS_KEPT = 512 * 1024 * 1024  # bytes of uploaded parts
INTERRUPTED = "States.ServiceRestart"


class Memory(ModuleType):
    """A MiniStack service module by shape, holding what MiniStack itself forgets on a restart."""

    def __init__(self, closing: Callable[[], bool]) -> None:
        super().__init__("ministack.services.reelate_memory")
        self._closing = closing

    def get_state(self) -> dict[str, Any]:
        return {"streams": undelivered_streams(), "uploads": self._open_uploads()}

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        restore_streams(data.get("streams", {}))
        restore_uploads(data.get("uploads"))

    def _open_uploads(self) -> Any:
        # Parts are whole bodies: they are written once, when the process stops.
        from ministack.services import s3

        parts = [p for u in s3._multipart_uploads._data.values() for p in u["parts"].values()]
        if not self._closing() or sum(part["size"] for part in parts) > UPLOADS_KEPT:
            return None
        return s3._multipart_uploads


def keep_layers_in(folder: Path) -> None:
    """Let Lambda's state hold the names of layer files instead of hundreds of megabytes."""
    from ministack.services import lambda_svc

    folder.mkdir(parents=True, exist_ok=True)
    plain_state, plain_restore = lambda_svc.get_state, lambda_svc.load_persisted_state

    def get_state() -> dict[str, Any]:
        state: dict[str, Any] = plain_state()
        for version in layer_versions(state["layers"]):
            body = version.get("_zip_data")
            if body:
                name = version["Content"]["CodeSha256"].replace("/", "_")
                if not (folder / name).exists():
                    draft = folder / f"{name}.new"
                    draft.write_bytes(body)
                    draft.replace(folder / name)
                version["_zip_data"] = {"file": name}
        return state

    def load_persisted_state(data: dict[str, Any]) -> None:
        for version in layer_versions(data["layers"]):
            kept = version.get("_zip_data")
            if isinstance(kept, dict):
                version["_zip_data"] = (folder / kept["file"]).read_bytes()
        plain_restore(data)

    lambda_svc.get_state, lambda_svc.load_persisted_state = get_state, load_persisted_state


def layer_versions(layers: Any) -> list[dict[str, Any]]:
    """Return every version of every layer in MiniStack's record of them."""
    return [version for layer in layers._data.values() for version in layer["versions"]]


def undelivered_streams() -> dict[str, Any]:
    """Return, for each table's stream, the records some consumer has not had, and their offset."""
    from ministack.services import dynamodb, lambda_svc

    needed: dict[tuple[str, str, str], int] = {}
    for scoped, esm in list(lambda_svc._esms._data.items()):
        source = esm.get("EventSourceArn", "")
        position = lambda_svc._dynamodb_stream_positions._data.get(scoped)
        if ":dynamodb:" in source and position is not None:
            table = (scoped[0], scoped[1], source.split("/stream/")[0].split("/")[-1])
            needed[table] = min(position, needed.get(table, position))
    records, trimmed = AccountRegionScopedDict(), AccountRegionScopedDict()
    for scoped, log_ in list(dynamodb._stream_records._data.items()):
        dropped = dynamodb._stream_trimmed._data.get(scoped, 0)
        start = max(needed.get(scoped, dropped + len(log_)), dropped)
        records._data[scoped] = list(log_[start - dropped :])
        trimmed._data[scoped] = start
    return {"records": records, "trimmed": trimmed}


def restore_streams(data: dict[str, Any]) -> None:
    """Put undelivered stream records back and keep every consumer's place inside them."""
    from ministack.services import dynamodb, lambda_svc

    if data:
        dynamodb._stream_records._data.update(data["records"]._data)
        dynamodb._stream_trimmed._data.update(data["trimmed"]._data)
    for scoped, esm in lambda_svc._esms._data.items():
        if ":dynamodb:" not in esm.get("EventSourceArn", ""):
            continue
        name = esm["EventSourceArn"].split("/stream/")[0].split("/")[-1]
        table = (scoped[0], scoped[1], name)
        end = dynamodb._stream_trimmed._data.get(table, 0) + len(
            dynamodb._stream_records._data.get(table, [])
        )
        positions = lambda_svc._dynamodb_stream_positions._data
        positions[scoped] = min(positions.get(scoped, end), end)


def restore_uploads(uploads: Any) -> None:
    """Put open multipart uploads back, part numbers as integers again."""
    if uploads is None:
        return
    from ministack.services import s3

    for upload in uploads._data.values():
        upload["parts"] = {int(number): part for number, part in upload["parts"].items()}
    s3._multipart_uploads._data.update(uploads._data)


def resume_interrupted() -> None:
    """Start again, under their own names, the executions that ran when the process stopped.

    On AWS an execution outlives any machine; every step of ours is idempotent, so beginning anew
    repeats nothing that is already there.
    """
    steps = sys.modules.get("ministack.services.stepfunctions")
    if steps is None:
        return
    for scoped, execution in list(steps._executions._data.items()):
        if execution.get("error") != INTERRUPTED:
            continue
        del steps._executions._data[scoped]
        if execution.get("mapRunArn"):
            continue
        set_request_account_id(scoped[0])
        set_request_region(scoped[1])
        log.info("starting %s again", execution["name"])
        fields = ("stateMachineArn", "name", "input")
        steps._start_execution({field: execution[field] for field in fields})
