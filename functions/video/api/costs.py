"""What a video has cost, and what it will."""

from collections.abc import Iterable, Mapping
from typing import Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.video import prices
from functions.video.api.desk import OpenDesk
from functions.video.api.videos import Id, Reads
from functions.video.costs import (
    Amounts,
    EngineEstimate,
    Line,
    StepCosts,
    billed,
    engines,
    estimate,
    storage_month,
)
from functions.video.media import Engine
from functions.video.model import Video


class StepCostsView(BaseModel):
    """One step's units. A model's whole price stands beside the first of its units."""

    step: str = Field(description="A step of the run; `finish_…` for what follows a step of "
        "the insight, `workflow` for the run as a whole.")  # fmt: skip
    usd: float
    lines: list[Line]

    @classmethod
    def of(cls, costs: StepCosts) -> Self:
        lines = [
            line.model_copy(update={"count": round(line.count, 3), "usd": _dollars(line.usd)})
            for line in costs.lines
        ]
        return cls(step=costs.step, usd=round(costs.usd, 8), lines=lines)


class RunCostsView(BaseModel):
    number: int
    usd: float
    steps: list[StepCostsView]


class StorageView(BaseModel):
    """What lies in S3: the source, one that shall take its place, and what the run made that is
    played."""

    stored_bytes: int
    usd_per_month: float

    @classmethod
    def of(cls, stored_bytes: int) -> Self:
        return cls(stored_bytes=stored_bytes, usd_per_month=round(storage_month(stored_bytes), 8))


class EstimateView(BaseModel):
    """What a first run will take."""

    basis: str = Field(description="`media`: what was inspected. `size`: the file's size, at 2 "
        "Mbit/s.")  # fmt: skip
    duration_ms: int
    usd: float
    steps: list[StepCostsView]
    storage: StorageView


class EngineView(BaseModel):
    """What one engine takes for the picture, encoding alone."""

    engine: Engine
    offered: bool = Field(description="Whether this deployment has it.")
    usd: float
    seconds: float = Field(description="Until it is there, when nothing else is at work. AWS "
        "promises no time for MediaConvert: half the recording's length is assumed.")  # fmt: skip

    @classmethod
    def of(cls, told: EngineEstimate, *, offered: bool) -> Self:
        return cls(
            engine=told.engine,
            offered=offered,
            usd=round(told.usd, 8),
            seconds=round(told.seconds, 1),
        )


class CostsView(BaseModel):
    """What a video's runs have taken, priced as published on a day."""

    video_id: str
    currency: str = "USD"
    region: str = prices.REGION
    prices_as_of: str = prices.AS_OF
    usd: float = Field(description="Of all runs, as far as prices are known.")
    unpriced: list[str] = Field(description="Steps with a model whose price nobody has stated.")
    runs: list[RunCostsView]
    storage: StorageView
    estimate: EstimateView | None = Field(description="Until there are renditions.")
    engines: list[EngineView] = Field(description="What each engine would take for a run from "
        "`inspect` on; none for sound alone. The run says which one it has, and why.")  # fmt: skip

    @classmethod
    def of(
        cls,
        video: Video,
        ledger: Mapping[int, Mapping[str, Amounts]],
        *,
        lanes: int,
        mediaconvert: bool,
    ) -> Self:
        bills = {number: billed(steps) for number, steps in sorted(ledger.items(), reverse=True)}
        unpriced = {each.step for bill in bills.values() for each in bill if None in each.prices}
        return cls(
            video_id=video.id,
            usd=_total(each for bill in bills.values() for each in bill),
            unpriced=sorted(unpriced),
            runs=[
                RunCostsView(
                    number=number,
                    usd=_total(bill),
                    steps=[StepCostsView.of(each) for each in bill],
                )
                for number, bill in bills.items()
            ],
            storage=StorageView.of(_stored(video, ledger)),
            estimate=None if video.artefacts.renditions.state == "ready" else _ahead(video),
            engines=[
                EngineView.of(each, offered=mediaconvert or each.engine == "ffmpeg")
                for each in engines(video, lanes)
            ],
        )


def routes(desk: OpenDesk) -> APIRouter:
    """Return the route of a video's costs."""
    api = router(tags=["videos"])

    @api.get(
        "/v1/videos/{video_id}/costs", response_model=CostsView, name="get_video_costs",
        summary="What a video costs",
        description="Units of AWS that each step of each run took, newest run first, priced from a "
        "dated list of public prices (no free tier, no discount). An invocation counts from its "
        "handler's beginning to its end, repeats too; one that is cut off does not. DynamoDB, "
        "events, logs and reads are left out: together below a tenth. Until there are renditions "
        "`estimate` says what a first run will take. `engines` sets FFmpeg beside MediaConvert.",
        responses=problems(404), openapi_extra=operation("videos:read"),
    )  # fmt: skip
    async def costs(ask: Reads, video_id: Id) -> Response:
        at = desk(ask)
        video = at.videos.get(video_id)
        shown = CostsView.of(
            video,
            at.costs.of_video(video_id),
            lanes=at.encoders,
            mediaconvert=at.mediaconvert,
        )
        return Response(shown.model_dump_json(), media_type="application/json")

    return api


def _ahead(video: Video) -> EstimateView:
    told = estimate(video)
    return EstimateView(
        basis=told.basis,
        duration_ms=told.duration_ms,
        usd=_total(told.steps),
        steps=[StepCostsView.of(each) for each in told.steps],
        storage=StorageView.of(told.stored_bytes),
    )


def _stored(video: Video, ledger: Mapping[int, Mapping[str, Amounts]]) -> int:
    """Return how many bytes are there: none of a file before its upload is complete."""
    new = (
        video.replacement if video.replacement and video.replacement.state == "completed" else None
    )
    files = sum(
        file.source.size_bytes
        for file in (video, new)
        if file is not None
        and file.upload.completed_at is not None
        and not (file is video and video.source_deleted_at)
    )
    run = ledger.get(video.artefacts.renditions.run or 0, {})
    made = run.get("package") or run.get("reuse", {})
    return files + made.get("stored_bytes", 0)


def _total(steps: Iterable[StepCosts]) -> float:
    return round(sum(each.usd for each in steps), 8)


def _dollars(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 8)
