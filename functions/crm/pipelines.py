"""The one pipeline that every workspace has: ordered stages, each with its odds of winning."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

StageName = Literal["qualification", "discovery", "proposal", "negotiation", "won", "lost"]
Status = Literal["open", "won", "lost"]


class Stage(BaseModel):
    """A step of a pipeline; `probability` is that of winning, in percent."""

    model_config = ConfigDict(frozen=True)

    name: StageName
    kind: Status
    probability: int


class Pipeline(BaseModel):
    """An ordered list of stages."""

    model_config = ConfigDict(frozen=True)

    id: str
    object: str = "pipeline"
    name: str
    stages: tuple[Stage, ...]

    def status(self, stage: str) -> Status:
        """Return what a deal in this stage is: open, won or lost."""
        return next(each.kind for each in self.stages if each.name == stage)


DEFAULT = Pipeline(
    id="pip_default",
    name="Sales",
    stages=(
        Stage(name="qualification", kind="open", probability=10),
        Stage(name="discovery", kind="open", probability=25),
        Stage(name="proposal", kind="open", probability=50),
        Stage(name="negotiation", kind="open", probability=75),
        Stage(name="won", kind="won", probability=100),
        Stage(name="lost", kind="lost", probability=0),
    ),
)
