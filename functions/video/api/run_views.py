"""What the video routes show of a run, and of why something did not work."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, Field

from functions.video.advice import Advice, advice_on
from functions.video.media import Choice, Engine
from functions.video.model import From, Job, Reason, Run, RunState, StepState


class ReasonView(BaseModel):
    """Why something did not work, and what can be done about it."""

    code: str
    detail: str
    step: str | None
    advice: Advice | None = Field(description="What may help; null where nothing is wrong.")


def _told(reason: Any) -> Any:
    if reason is None:
        return None
    known = reason.model_dump() if isinstance(reason, Reason) else reason
    return {**known, "advice": advice_on(known["code"])}


Why = Annotated[ReasonView | None, BeforeValidator(_told)]


class StepView(BaseModel):
    name: str
    state: StepState
    percent: int
    started_at: str | None
    ended_at: str | None
    reason: Why


class EngineOfRun(BaseModel):
    """Which engine renders a run's picture, and why."""

    name: Engine
    code: str = Field(description="`cheaper`, `asked_for`, `heavy_chunks`, `long_run`, "
        "`not_offered`, `no_picture`, `unsupported_source`, `sound_first`, `too_small` or "
        "`quota_exceeded`.")  # fmt: skip
    detail: str
    warnings: list[int] = Field(
        description="Codes of MediaConvert's warnings, at most ten (its user guide: Warning codes)."
    )

    @classmethod
    def of(cls, choice: Choice, job: Job | None) -> Self:
        return cls(
            name=choice.engine,
            code=choice.code,
            detail=choice.detail,
            warnings=list(job.warnings) if job else [],
        )


class RunView(BaseModel):
    """One pass of the pipeline, step by step."""

    number: int
    source_number: int = Field(description="Of the file that it reads.")
    start: From = Field(serialization_alias="from")
    resumes: int | None = Field(
        description="Number of the run with whose finished chunks it goes on."
    )
    state: RunState
    percent: int
    started_at: str
    ended_at: str | None
    reason: Why
    steps: list[StepView]
    engine: EngineOfRun | None = Field(description="What renders the picture; from `plan` on.")

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(
            **run.model_dump(exclude={"steps", "source"}, by_alias=False),
            source_number=run.source,
            percent=run.percent,
            engine=EngineOfRun.of(run.choice, run.job) if run.choice else None,
            steps=[
                StepView(
                    name=name,
                    state=run.step_state(name),
                    percent=run.step_percent(name),
                    started_at=step.started_at,
                    ended_at=None if run.step_state(name) == "processing" else step.ended_at,
                    reason=step.reason,
                )
                for name, step in run.steps.items()
            ],
        )
