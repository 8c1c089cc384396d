"""Which videos of a workspace are of the same bytes, by size and composite SHA-256.

    pattern                        index  requests                    units (4 KB record)
    a change of the checksum       table  none of its own             2 WRU a row
    finished video of equal bytes  table  1 Query, 1 Query a          0.5 RRU + 1 RRU a candidate
                                          candidate (10 at most)

    row   pk W#<workspace>#BYTES#<size>#<sha256>   sk <video>   written with the video's checksum

The row is written in the transaction that writes the checksum down, and goes with the video. The
checksum is S3's own: it was held against the bytes of every part, so whoever has named it has sent
the bytes, or will be refused.
"""

from functions.shared.errors import NotFoundError
from functions.shared.table import Delete, Put, Table, Write
from functions.video.intake import intake_of
from functions.video.model import SourceFile, Upload, Video
from functions.video.ports import Videos

_CANDIDATES = 10


def equal_rows(table: Table, video_id: str, old: Video | None, new: Video | None) -> list[Write]:
    """Return the writes that keep the row of a video's bytes, as its checksum becomes known (old
    None: a new video) and when it is deleted (new None)."""
    before, after = (_partition(table, each) if each else None for each in (old, new))
    if before == after:
        return []
    return [
        *([Put({"pk": after, "sk": video_id})] if after else ()),
        *([Delete({"pk": before, "sk": video_id})] if before else ()),
    ]


class DynamoEquals:
    """Looks for finished work on the bytes of a video, as its uploader sees the workspace."""

    def __init__(self, table: Table, seen: Videos) -> None:
        self._table = table
        self._seen = seen

    def twin(self, video: Video) -> Video | None:
        """Return the newest other video of the same bytes as the file that came last, which the
        uploader may read, was to be encoded in the same way, and whose renditions are finished;
        None when there is none."""
        file = intake_of(video)
        partition = _of_bytes(self._table, file.source, file.upload)
        if partition is None:
            return None
        found = self._table.query(partition, limit=_CANDIDATES, newest_first=True, consistent=True)
        for each in found.items:
            if each["sk"] == video.id:
                continue
            try:
                other = self._seen.get(each["sk"])
            except NotFoundError:
                continue  # not for the uploader to see
            finished = other.artefacts.renditions.state == "ready" and other.media is not None
            if finished and other.content == video.content:
                return other
        return None


def _partition(table: Table, video: Video) -> str | None:
    return _of_bytes(table, video.source, video.upload)


def _of_bytes(table: Table, source: SourceFile, upload: Upload) -> str | None:
    if upload.sha256 is None:
        return None
    return table.key("BYTES", str(source.size_bytes), upload.sha256)
