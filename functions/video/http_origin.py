"""Files of the public internet, over HTTP: byte ranges of a file that stays the same meanwhile."""

import base64
import hashlib
import http.client
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from functions.shared.errors import UnavailableError
from functions.shared.pinned_http import ForbiddenAddressError, PinnedHttp, UnreachableError
from functions.video.intake import Intake
from functions.video.model import MAX_SOURCE_BYTES, SourceFile
from functions.video.origin import Described, SourceRefusedError, TooLateError

_BLOCK = 1 << 20
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Reelate"}
_ANY_TYPE = "application/octet-stream"
# What a status says about the file; any other is taken for a fault that may pass.
_REFUSED: Mapping[int, str] = {
    HTTPStatus.OK: "source_without_ranges",
    HTTPStatus.UNAUTHORIZED: "source_forbidden",
    HTTPStatus.FORBIDDEN: "source_forbidden",
    HTTPStatus.NOT_FOUND: "source_not_found",
    HTTPStatus.GONE: "source_not_found",
}


class HttpOrigin:
    """Origin over HTTPS."""

    def __init__(self, web: PinnedHttp) -> None:
        self._web = web

    def describe(self, url: str) -> Described:
        """Say what there is at an address: 1 request, for its first byte."""
        with self._get(url, {**_HEADERS, "Range": "bytes=0-0"}) as reply:
            if reply.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise SourceRefusedError("source_empty")
            _, size = _part(reply)
            kind, etag = reply.headers.get("Content-Type", ""), reply.headers.get("ETag")
        if size > MAX_SOURCE_BYTES:
            raise SourceRefusedError("source_too_large")
        strong = etag if etag and not etag.startswith("W/") else None
        return Described(_source(url, kind, size), strong)

    def read(
        self, file: Intake, first: int, count: int, into: Path, in_time: Callable[[], bool]
    ) -> str:
        """Write bytes of a file; returns their SHA-256 (base64)."""
        headers = {**_HEADERS, "Range": f"bytes={first}-{first + count - 1}"}
        if file.upload.source_etag is not None:
            headers["If-Range"] = file.upload.source_etag
        digest, left = hashlib.sha256(), count
        url = file.upload.source_url or ""
        with self._get(url, headers) as reply, into.open("wb") as target:
            if reply.status == HTTPStatus.OK and "If-Range" in headers:
                raise SourceRefusedError("source_changed")
            if _part(reply) != (first, file.source.size_bytes):
                raise SourceRefusedError("source_changed")
            while left and (block := reply.read(min(_BLOCK, left))):
                if not in_time():
                    raise TooLateError
                target.write(block)
                digest.update(block)
                left -= len(block)
        if left:
            raise UnavailableError("The address broke off.")
        return base64.b64encode(digest.digest()).decode()

    @contextmanager
    def _get(self, url: str, headers: Mapping[str, str]) -> Iterator[http.client.HTTPResponse]:
        """As `PinnedHttp.get`, in an origin's words also while the reply is read."""
        try:
            with self._web.get(url, headers) as reply:
                yield reply
        except ForbiddenAddressError as error:
            raise SourceRefusedError("source_not_public", str(error)) from error
        except UnreachableError as error:
            raise UnavailableError("The address does not answer.") from error


def _part(reply: http.client.HTTPResponse) -> tuple[int, int]:
    """Return where a reply's bytes begin, and how many there are in all."""
    if reply.status != HTTPStatus.PARTIAL_CONTENT:
        code = _REFUSED.get(reply.status)
        if code is None:
            raise UnavailableError(f"The address answers {reply.status}.")
        raise SourceRefusedError(code)
    found = _RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    if found is None or reply.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceRefusedError("source_without_ranges")
    return int(found[1]), int(found[3])


def _source(url: str, kind: str, size: int) -> SourceFile:
    """Return the file as its address describes it: a name and a type are shown, nothing more."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name[:255] or "download"
    for named, typed in ((name, kind.partition(";")[0].strip()), (name, _ANY_TYPE)):
        try:
            return SourceFile(filename=named, content_type=typed, size_bytes=size)
        except ValidationError:
            continue
    return SourceFile(filename="download", content_type=_ANY_TYPE, size_bytes=size)
