"""Unpacks a function's code and layers as AWS does, and once for all its workers.

MiniStack extracts every zip for every worker and loses the files' permissions. Here a zip goes once
into a folder named by its contents, and each worker gets links to what is in there; Python keeps
its compiled modules beside them, so only the first cold start of a layer compiles it.
"""

import hashlib
import os
import shutil
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

KEEP = 7 * 24 * 3600  # seconds an unused unpacked zip is kept
WORKER = "ministack-lambda-"


def install(store: Path) -> None:
    """Make extraction into a worker's folder go through `store`, and drop what is old in there."""
    store.mkdir(parents=True, exist_ok=True)
    for folder in store.iterdir():
        if time.time() - folder.stat().st_mtime > KEEP:
            shutil.rmtree(folder, ignore_errors=True)
    plain = zipfile.ZipFile.extractall

    def extractall(self: zipfile.ZipFile, path: Any = None, *rest: Any, **named: Any) -> None:
        if path is None or rest or named or WORKER not in str(path):
            plain(self, path, *rest, **named)
            return
        for entry in unpacked(self, store, plain).iterdir():
            (Path(path) / entry.name).symlink_to(entry)
        if self.filename:  # MiniStack would keep a copy of the zip in every worker's folder
            Path(self.filename).unlink(missing_ok=True)

    zipfile.ZipFile.extractall = extractall  # type: ignore[method-assign]


def unpacked(archive: zipfile.ZipFile, store: Path, extract: Any) -> Path:
    """Return the folder in `store` that holds this archive's files, with their permissions."""
    digest = hashlib.sha256()
    for member in archive.infolist():
        digest.update(f"{member.filename} {member.CRC} {member.file_size}\n".encode())
    folder = store / digest.hexdigest()[:32]
    if folder.exists():
        os.utime(folder)
        return folder
    draft = Path(tempfile.mkdtemp(dir=store, prefix="draft-"))
    extract(archive, draft)
    for member in archive.infolist():
        mode = (member.external_attr >> 16) & 0o777
        if mode and not member.is_dir():
            (draft / member.filename).chmod(mode)
    try:
        draft.rename(folder)
    except OSError:  # another worker was first
        shutil.rmtree(draft)
    return folder
