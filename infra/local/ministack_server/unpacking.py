"""Unpacks a function's code and layers as AWS does, and once for all its workers.

MiniStack writes and extracts every zip for every worker and loses the files' permissions. Here a
zip goes once into a folder named by its contents, and each worker gets links to what is in there;
Python keeps its compiled modules beside them, so only the first cold start of a layer compiles it.
"""

# ruff: noqa: SLF001  (MiniStack offers no public way to how its workers unpack)
# mypy: disable-error-code=import-not-found

import hashlib
import io
import os
import shutil
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

KEEP = 7 * 24 * 3600  # seconds an unused unpacked zip is kept
WORKER = "ministack-lambda-"
NOTE = ".unpacked"  # the one member of a zip that stands for a layer: where that one is unpacked

_plain_extractall = zipfile.ZipFile.extractall
_plain_layer = lambda_svc._resolve_layer_zip


class Store:
    """The folder of unpacked zips."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._turn = threading.Lock()
        root.mkdir(parents=True, exist_ok=True)
        for folder in root.iterdir():
            if time.time() - folder.stat().st_mtime > KEEP:
                shutil.rmtree(folder, ignore_errors=True)

    def unpacked(self, archive: zipfile.ZipFile) -> Path:
        """Return the folder that holds this archive's files, with their permissions."""
        digest = hashlib.sha256()
        for member in archive.infolist():
            digest.update(f"{member.filename} {member.CRC} {member.external_attr}\n".encode())
        folder = self._root / digest.hexdigest()[:32]
        with self._turn:
            if folder.exists():
                os.utime(folder)
            else:
                draft = Path(tempfile.mkdtemp(dir=self._root, prefix="draft-"))
                _plain_extractall(archive, draft)
                for member in archive.infolist():
                    mode = (member.external_attr >> 16) & 0o777
                    if mode and not member.is_dir():
                        (draft / member.filename).chmod(mode)
                draft.rename(folder)
        return folder

    def layer(self, attachment: Any) -> bytes | None:
        """Return, for an attached layer, a tiny zip that says where its files are."""
        body = _plain_layer(attachment)
        if not body:
            return None
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            folder = self.unpacked(archive)
        note = io.BytesIO()
        with zipfile.ZipFile(note, "w") as archive:
            archive.writestr(NOTE, str(folder))
        return note.getvalue()


def install(root: Path) -> None:
    """Make all unpacking for workers go through a store at `root`."""
    store = Store(root)

    def extractall(self: zipfile.ZipFile, path: Any = None, *rest: Any, **named: Any) -> None:
        if path is None or rest or named or WORKER not in str(path):
            _plain_extractall(self, path, *rest, **named)
            return
        noted = self.namelist() == [NOTE]
        folder = Path(self.read(NOTE).decode()) if noted else store.unpacked(self)
        for entry in folder.iterdir():
            (Path(path) / entry.name).symlink_to(entry)

    zipfile.ZipFile.extractall = extractall  # type: ignore[method-assign]
    lambda_svc._resolve_layer_zip = store.layer
