"""The insight table: which transcript and analysis a video has.

    pattern                        requests                    units (1 KB item)
    latest result of a video       1 GetItem                   0.5 RRU
    result of one run              1 GetItem                   0.5 RRU
    record a result                2 PutItem                   2 WRU
    forget a video, or what was    1 Query (1 MB) and          1 RRU per 4 KB
    made of its replaced files     1 DeleteItem a result       1 WRU each

    latest    pk W#<workspace>#V#<video>   sk TRANSCRIPT | ANALYSIS
    version   pk W#<workspace>#V#<video>   sk TRANSCRIPT#<run:04d> | ANALYSIS#<run:04d>

The version is written first and the latest only moves to an equal or higher run, so events that
come late or twice change nothing, and a crash between the writes is repaired by the retry.
A latest result that is ready stays readable while a newer run is at work, and when it fails.
"""

from typing import Any

from functions.insight.model import Reason, Usage
from functions.insight.ports import Artefact, Result
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Table


class DynamoResults:
    """ResultLog on one workspace's part of the insight table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, result: Result) -> None:
        """Store the result of a run, and make it the video's latest unless a newer one is."""
        item = self._item(result)
        self._table.write(Put({**item, "sk": _version(result.artefact, result.run)}))
        condition = "attribute_not_exists(pk) OR #run <= :run"
        names = {"#run": "run"}
        values: dict[str, Any] = {":run": result.run}
        if result.state != "ready":
            condition = "attribute_not_exists(pk) OR (#run <= :run AND #state <> :ready)"
            names["#state"], values[":ready"] = "state", "ready"
        try:
            self._table.write(
                Put({**item, "sk": result.artefact.upper()}, condition, names, values)
            )
        except ConditionFailedError:
            return  # a newer run has spoken, or a ready result stays readable

    def latest(self, video: str, artefact: Artefact) -> Result | None:
        """The video's current result."""
        return _result(self._table.get(self._key(video), artefact.upper()))

    def of_run(self, video: str, artefact: Artefact, run: int) -> Result | None:
        """The result of one run."""
        return _result(self._table.get(self._key(video), _version(artefact, run)))

    def forget(self, video: str) -> None:
        """Delete all results of a video; said again, it goes on where it broke off."""
        for item in self._table.items(self._key(video), consistent=True):
            self._table.write(Delete({"pk": item["pk"], "sk": item["sk"]}))

    def forget_before(self, video: str, source: int) -> None:
        """Delete what was made of a video's files before one of them."""
        for item in self._table.items(self._key(video), consistent=True):
            if item.get("source", 1) < source:
                self._table.write(Delete({"pk": item["pk"], "sk": item["sk"]}))

    def _key(self, video: str) -> str:
        return self._table.key("V", video)

    def _item(self, result: Result) -> Item:
        item: Item = {
            "pk": self._key(result.video),
            "artefact": result.artefact,
            "video": result.video,
            "run": result.run,
            "source": result.source,
            "state": result.state,
            "size": result.size,
            "updated_at": result.updated_at,
            "summary": dict(result.summary),
            "usage": result.usage.model_dump(),
        }
        optional: dict[str, Any] = {
            "key": result.key,
            "input_hash": result.input_hash,
            "etag": result.etag,
            "reason": result.reason.model_dump() if result.reason else None,
        }
        return item | {name: value for name, value in optional.items() if value is not None}


def _version(artefact: Artefact, run: int) -> str:
    return f"{artefact.upper()}#{run:04d}"


def _result(item: Item | None) -> Result | None:
    if item is None:
        return None
    reason = item.get("reason")
    return Result(
        artefact=item["artefact"],
        video=item["video"],
        run=int(item["run"]),
        source=int(item.get("source", 1)),
        state=item["state"],
        key=item.get("key"),
        input_hash=item.get("input_hash"),
        size=int(item["size"]),
        etag=item.get("etag"),
        reason=Reason.model_validate(reason) if reason else None,
        summary=item.get("summary", {}),
        usage=Usage.model_validate(item.get("usage", {})),
        updated_at=item["updated_at"],
    )
