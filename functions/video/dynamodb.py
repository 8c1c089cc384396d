"""The run's progress in the video table, written by every step of the pipeline.

    pattern                     index  requests                       units (1 KB items)
    step started, done, ...     table  1 UpdateItem                   1 WRU
    a job's progress, warning   table  1 UpdateItem                   1 WRU
    chunk done                  table  1 TransactWriteItems           4 WRU
    chunks still wanted         table  1 BatchGetItem (strong)        1 RRU, and 1 a chunk
    batch given up              table  1 UpdateItem                   1 WRU
    finished chunks             table  1 Query (strong) per 1 MB      1 RRU per 4 KB
    outputs of a step, a job    table  1 GetItem (strong)             1 RRU

    run      pk W#<workspace>#<video>                sk RUN#<9999 - number>   newest first
    chunk    pk W#<workspace>#<video>#CHUNKS#<run>   sk CHUNK#<index>         kept 30 days

Everything here is conditional: on the run being open, so that a worker that outlived its run
changes nothing, and on the step or chunk not being done, so that a repeat changes nothing.
The patterns of the records themselves stand in dynamodb_videos.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.shared.clock import iso, now
from functions.shared.table import ConditionFailedError, DynamoClient, Item, Put, Table, Update
from functions.video.media import Choice, SegmentInfo
from functions.video.model import Job, Reason
from functions.video.run_items import chunk_key, chunk_partition, run_key, run_of

CHUNK_DAYS = 30
_OPEN = "#state = :processing"
_STATE: Mapping[str, str] = {"#state": "state"}
_AT_WORK: Mapping[str, Any] = {":one": 1, ":processing": "processing"}
MAX_WARNINGS = 10  # of one job
# A segment's values in a chunk's item, by place; chunks written before a place was added lack it.
_SEGMENT = ("index", "bytes", "duration_ticks", "intra_bytes")


class DynamoRunLog:
    """RunLog of one run of one video."""

    def __init__(
        self,
        client: DynamoClient,
        table: str,
        workspace: str,
        video: str,
        run: int,
        folder: int | None = None,  # of the chunks, when the run goes on with another's
    ) -> None:
        self._table = Table(client, table, workspace)
        self._key: Item = {"pk": self._table.key(video), "sk": run_key(run)}
        self._chunks = self._table.key(video, *chunk_partition(folder or run))

    def step_started(self, step: str) -> None:
        """Record that a step has begun; a repeat keeps the first time."""
        self._step(
            step,
            "SET steps.#step.#state = :processing, "
            "steps.#step.started_at = if_not_exists(steps.#step.started_at, :at) ADD rev :one",
            "steps.#step.#state <> :done AND steps.#step.#state <> :processing",
            {":done": "done"},
        )

    def step_done(self, step: str, outputs: Mapping[str, Any] | None = None) -> None:
        """Record that a step is done, with small JSON for later steps."""
        self._end(step, "done", "outputs", dict(outputs or {}))

    def step_skipped(self, step: str, reason: Reason) -> None:
        """Record that there is nothing for a step to do."""
        self._end(step, "skipped", "reason", _stored(reason))

    def step_failed(self, step: str, reason: Reason) -> None:
        """Record that a step cannot be done."""
        self._end(step, "failed", "reason", _stored(reason))

    def chunks_planned(self, total: int, choice: Choice | None = None) -> None:
        """Record how many chunks `encode` has, and which engine does it."""
        sets, values = "SET chunks_total = :total", {":total": total, **_AT_WORK}
        if choice is not None:
            sets, values = f"{sets}, choice = :choice", {**values, ":choice": choice.model_dump()}
            if choice.engine == "mediaconvert":
                sets = f"{sets}, job = if_not_exists(job, :job)"
                values[":job"] = Job().model_dump(mode="json", exclude_none=True)
        self._update(Update(self._key, f"{sets} ADD rev :one", _OPEN, _STATE, values))

    def job_progressed(self, job: str, percent: int) -> None:
        """Record how much of a job is done; what is less than was told before changes nothing."""
        self._job(job, "percent", "{} = :told", "{} < :told", percent)

    def job_warned(self, job: str, code: int) -> None:
        """Record a job's warning, each once and at most ten."""
        self._job(
            job,
            "warnings",
            "{0} = list_append({0}, :listed)",
            "NOT contains({0}, :told) AND size({0}) < :most",
            code,
            {":listed": [code], ":most": MAX_WARNINGS},
        )

    def job_failed(self, job: str, code: int) -> None:
        """Record why a job failed, as it was told first."""
        self._job(job, "error_code", "{} = :told", "attribute_not_exists({})", code)

    def job(self) -> Job | None:
        """Return what was told of the run's job; None when MediaConvert does not render it."""
        item = self._table.get(self._key["pk"], self._key["sk"], consistent=True)
        return run_of(item).job if item else None

    def _job(
        self,
        job: str,
        field: str,
        sets: str,
        condition: str,
        told: int,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Write what a job tells, when it is the open run's own job; `{}` stands for the field."""
        own = "attribute_exists(job) AND (attribute_not_exists(job.id) OR job.id = :job)"
        place = "job.#field"
        self._update(
            Update(
                self._key,
                f"SET {sets.format(place)}, job.id = :job ADD rev :one",
                f"{_OPEN} AND {own} AND {condition.format(place)}",
                {**_STATE, "#field": field},
                {":told": told, ":job": job, **_AT_WORK, **(more or {})},
            )
        )

    def chunk_done(self, index: int, segments: Mapping[str, Sequence[SegmentInfo]]) -> bool:
        """Record a finished chunk; False when it was recorded before or the run is closed."""
        moment = now()
        chunk: Item = {
            "pk": self._chunks,
            "sk": chunk_key(index),
            "segments": {
                rung: [[getattr(each, name) for name in _SEGMENT] for each in made]
                for rung, made in segments.items()
            },
            "expires_at_epoch": int(moment.timestamp()) + CHUNK_DAYS * 86_400,
        }
        count = Update(
            self._key,
            "SET steps.#step.ended_at = :at ADD chunks_done :one, rev :one",
            _OPEN,
            {**_STATE, "#step": "encode"},
            {":at": iso(moment), **_AT_WORK},
        )
        try:
            self._table.transact([Put(chunk, "attribute_not_exists(pk)"), count])
        except ConditionFailedError:
            return False
        return True

    def wanted(self, chunks: Sequence[int]) -> list[int]:
        """Return which of some (99 at most) chunks are still to be encoded: those not recorded,
        and none when the run is over."""
        run, keys = (self._key["pk"], self._key["sk"]), {n: chunk_key(n) for n in chunks}
        lines = [(self._chunks, key) for key in keys.values()]
        found = self._table.get_many([run, *lines], consistent=True)
        if found.get(run, {}).get("state") != "processing":
            return []
        return [index for index, key in keys.items() if (self._chunks, key) not in found]

    def batch_failed(self, reason: Reason) -> None:
        """Record why a batch of chunks was given up, for now; the last word counts."""
        self._update(
            Update(
                self._key,
                "SET trouble = :reason ADD rev :one",
                _OPEN,
                _STATE,
                {":reason": _stored(reason), **_AT_WORK},
            )
        )

    def chunks(self) -> dict[int, dict[str, list[SegmentInfo]]]:
        """Return the finished chunks: index -> rung -> segments."""
        found: dict[int, dict[str, list[SegmentInfo]]] = {}
        for item in self._table.items(self._chunks, consistent=True):
            found[int(item["sk"].removeprefix("CHUNK#"))] = {
                rung: [
                    SegmentInfo.model_validate(dict(zip(_SEGMENT, values, strict=False)))
                    for values in made
                ]
                for rung, made in item["segments"].items()
            }
        return found

    def outputs(self, step: str) -> dict[str, Any]:
        """Return what `step_done` kept for a step, empty when it is not done."""
        item = self._table.get(self._key["pk"], self._key["sk"], consistent=True)
        kept = item["steps"].get(step, {}).get("outputs", {}) if item else {}
        return dict(kept)

    def _end(self, step: str, state: str, field: str, value: Any) -> None:
        self._step(
            step,
            "SET steps.#step.#state = :ended, steps.#step.ended_at = :at, "
            "steps.#step.#field = :value ADD rev :one",
            "steps.#step.#state <> :done",
            {":ended": state, ":value": value, ":done": "done"},
            field=field,
        )

    def _step(
        self,
        step: str,
        expression: str,
        condition: str,
        values: Mapping[str, Any],
        field: str | None = None,
    ) -> None:
        self._update(
            Update(
                self._key,
                expression,
                f"{_OPEN} AND attribute_exists(steps.#step) AND {condition}",
                {**_STATE, "#step": step, **({"#field": field} if field else {})},
                {":at": iso(now()), **_AT_WORK, **values},
            )
        )

    def _update(self, update: Update) -> None:
        try:
            self._table.write(update)
        except ConditionFailedError:
            return  # done before, or the run is over: a repeat has no effect


def _stored(reason: Reason) -> Item:
    return reason.model_dump(exclude_none=True)
