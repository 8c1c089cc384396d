"""What the state machine hands to each step: one run of one video of one workspace."""

from pydantic import BaseModel, ConfigDict

from functions.video import keys


class Task(BaseModel):
    """A step's input. Steps that are given more extend it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: str
    video: str
    run: int

    @property
    def prefix(self) -> str:
        """The prefix of everything this run makes, in the media bucket."""
        return keys.run_prefix(self.workspace, self.video, self.run)

    @property
    def source(self) -> str:
        """The key of the raw upload, in the uploads bucket."""
        return keys.source(self.workspace, self.video)

    @property
    def request_id(self) -> str:
        """What stands for a request's id in the events of this run."""
        return f"{self.video}-{self.run}"
